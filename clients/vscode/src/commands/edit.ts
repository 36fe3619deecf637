// Edit the selection by an instruction: VS Code's own diff editor shows the proposal, which the user
// can change, accept or reject. What is accepted is one edit, and so one step to undo.

import * as vscode from "vscode";

import { ask } from "../chat/answer.js";
import { summary } from "../chat/fallback.js";
import { DaemonError } from "../client/errors.js";
import type { Fields } from "../client/values.js";
import { contextLines, maxReplyCharacters, ownModel } from "../settings.js";
import { ProposalFiles, SCHEME } from "../view/proposals.js";
import { say, sayError, sayWarning } from "../view/say.js";
import { fenced, running } from "./ask.js";
import { follow, readReplacement, type Range } from "./editRange.js";
import { wholeRefusal } from "./privateFile.js";
import type { Services } from "./services.js";

const SYSTEM =
  "You edit a part of a text in the user's editor. Answer with the new text of that part alone, in full: " +
  "no explanation, no fence around it, the same indentation.";

interface Proposal {
  readonly original: vscode.Uri;
  readonly proposed: vscode.Uri;
  readonly uri: vscode.Uri;
  readonly languageId: string;
  readonly text: string;
  /** Undefined once the user changed the text that is being edited. */
  range: Range | undefined;
}

export class Edits implements vscode.Disposable {
  private readonly files = new ProposalFiles();
  private readonly proposals = new Map<string, Proposal>(); // by the path of the proposed text
  private readonly subscriptions: vscode.Disposable[];
  private count = 0;

  constructor(private readonly services: Services) {
    this.subscriptions = [
      this.files,
      vscode.workspace.registerFileSystemProvider(SCHEME, this.files, { isCaseSensitive: true }),
      vscode.workspace.onDidChangeTextDocument((event) => this.followChanges(event)),
      vscode.window.tabGroups.onDidChangeTabs((event) => event.closed.forEach((tab) => this.forget(tab))),
    ];
  }

  dispose(): void {
    this.subscriptions.forEach((each) => each.dispose());
    this.proposals.clear();
  }

  /** The command: ask for an instruction, and show what the model makes of the selection. */
  async editSelection(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) {
      say("Open a file first: its text is what is edited.");
      return;
    }
    const { document } = editor;
    const refusal = editor.selection.isEmpty ? wholeRefusal(document.uri.path) : undefined;
    if (refusal !== undefined) {
      sayWarning(refusal);
      return;
    }
    const range = selectedRange(editor);
    const instruction = await vscode.window.showInputBox({
      title: editor.selection.isEmpty ? "Edit the document" : "Edit the selection",
      prompt: "The instruction, the text and its language are sent, and nothing else",
      placeHolder: "Name the variables after what they hold",
      ignoreFocusOut: true,
    });
    if (instruction === undefined || instruction.trim() === "") {
      return;
    }
    const proposal = this.begin(document, range);
    const request = editRequest(document, range, instruction);
    const text = await this.propose(proposal, request);
    if (text === undefined) {
      this.end(proposal);
    } else if (text === proposal.text) {
      this.end(proposal);
      say("The model would change nothing.");
    } else {
      await this.show(proposal, text);
    }
  }

  /** The command: put the proposal, as it is in the diff editor now, into the document. */
  async accept(): Promise<void> {
    const proposal = this.active();
    if (proposal === undefined) {
      say("Open the diff of an edit first.");
      return;
    }
    const { uri, range, text } = proposal;
    const document = await vscode.workspace.openTextDocument(uri); // it may have been closed
    const place = range === undefined ? undefined : toRange(document, range);
    if (place === undefined || document.getText(place) !== text) {
      sayError(
        "The text was changed meanwhile, so the edit does not fit any more: nothing was changed. " +
          "Ask for it again.",
      );
      return;
    }
    const edit = new vscode.WorkspaceEdit();
    edit.replace(uri, place, await this.proposedText(proposal));
    if (!(await vscode.workspace.applyEdit(edit))) {
      sayError("VS Code refused the edit: nothing was changed.");
      return;
    }
    await this.close(proposal);
  }

  /** The command: leave the document as it is. */
  async reject(): Promise<void> {
    const proposal = this.active();
    if (proposal !== undefined) {
      await this.close(proposal);
    }
  }

  // ------------------------------------------------------------ asking

  private begin(document: vscode.TextDocument, range: Range): Proposal {
    this.count += 1;
    const { uri, languageId } = document;
    const place = (side: string): vscode.Uri =>
      vscode.Uri.from({ scheme: SCHEME, path: `/${this.count}/${side}/${nameOf(uri)}` });
    const text = document.getText(toRange(document, range));
    const sides = { original: place("before"), proposed: place("after") };
    const proposal = { ...sides, uri, languageId, text, range };
    this.proposals.set(proposal.proposed.path, proposal);
    return proposal;
  }

  /** Return the new text; undefined if the user stopped it. */
  private async propose(proposal: Proposal, request: Fields): Promise<string | undefined> {
    const stop = new AbortController();
    const { services } = this;
    try {
      return await running(stop, "aircher edits", async (token) => {
        let text = "";
        const answer = await services.offer.during(request, token, (asked) => {
          text = "";
          return ask(services.client, asked, stop.signal, maxReplyCharacters(), {
            onText: (more) => {
              text += more;
            },
            onFallback: services.onFallback,
          });
        });
        if (answer.finish !== "stop") {
          throw new Error(`the answer is not complete (${answer.finish}): nothing was changed`);
        }
        services.onAnswer(answer);
        services.log.info(`edit: ${summary(answer)}`);
        return readReplacement(text, proposal.text);
      });
    } catch (error) {
      if (error instanceof DaemonError && error.code === "cancelled") {
        return undefined;
      }
      this.end(proposal);
      throw error;
    }
  }

  // ------------------------------------------------------------ the diff

  private async show(proposal: Proposal, text: string): Promise<void> {
    this.files.add(proposal.original, proposal.text, false);
    this.files.add(proposal.proposed, text, true);
    await this.setLanguage(proposal);
    await vscode.commands.executeCommand(
      "vscode.diff",
      proposal.original,
      proposal.proposed,
      `${nameOf(proposal.uri)}: proposed by aircher`,
      { preview: false },
    );
  }

  /** The file's name decides in most cases; what the user chose for the document comes first. */
  private async setLanguage({ original, proposed, languageId }: Proposal): Promise<void> {
    for (const uri of [original, proposed]) {
      const document = await vscode.workspace.openTextDocument(uri);
      if (document.languageId !== languageId) {
        await vscode.languages.setTextDocumentLanguage(document, languageId);
      }
    }
  }

  private async proposedText(proposal: Proposal): Promise<string> {
    const document = await vscode.workspace.openTextDocument(proposal.proposed);
    return document.getText();
  }

  private active(): Proposal | undefined {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    return input instanceof vscode.TabInputTextDiff ? this.proposals.get(input.modified.path) : undefined;
  }

  private async close(proposal: Proposal): Promise<void> {
    const document = await vscode.workspace.openTextDocument(proposal.proposed);
    await document.save(); // into memory: closing it asks no question then
    await vscode.window.tabGroups.close(tabsOf(proposal));
    this.end(proposal);
  }

  private forget(tab: vscode.Tab): void {
    for (const proposal of [...this.proposals.values()].filter((each) => isOf(tab, each))) {
      if (tabsOf(proposal).length === 0) {
        this.end(proposal); // a tab that was moved to another group shows it still
      }
    }
  }

  private end(proposal: Proposal): void {
    this.proposals.delete(proposal.proposed.path);
    this.files.remove(proposal.original);
    this.files.remove(proposal.proposed);
  }

  private followChanges(event: vscode.TextDocumentChangeEvent): void {
    for (const proposal of this.proposals.values()) {
      if (proposal.uri.toString() === event.document.uri.toString()) {
        // VS Code lists the changes of one event from the last to the first: offsets stay valid.
        proposal.range = event.contentChanges.reduce<Range | undefined>(
          (range, change) => (range === undefined ? undefined : follow(range, change)),
          proposal.range,
        );
      }
    }
  }
}

function selectedRange({ document, selection }: vscode.TextEditor): Range {
  return selection.isEmpty
    ? { start: 0, end: document.getText().length }
    : { start: document.offsetAt(selection.start), end: document.offsetAt(selection.end) };
}

function toRange(document: vscode.TextDocument, range: Range): vscode.Range {
  return new vscode.Range(document.positionAt(range.start), document.positionAt(range.end));
}

function isOf(tab: vscode.Tab, proposal: Proposal): boolean {
  return tab.input instanceof vscode.TabInputTextDiff && tab.input.modified.path === proposal.proposed.path;
}

function tabsOf(proposal: Proposal): vscode.Tab[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.filter((tab) => isOf(tab, proposal));
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.split("/").at(-1) || "text";
}

function editRequest(document: vscode.TextDocument, range: Range, instruction: string): Fields {
  const model = ownModel();
  const place = toRange(document, range);
  const [before, after] = around(document, place);
  const parts = [
    instruction.trim(),
    titled("Before it, unchanged", before, document.languageId),
    titled("The text to edit", document.getText(place), document.languageId),
    titled("After it, unchanged", after, document.languageId),
  ];
  return {
    ...(model === undefined ? {} : { model }),
    system: SYSTEM,
    messages: [{ role: "user", content: parts.filter((part) => part !== "").join("\n\n") }],
  };
}

function titled(title: string, text: string, language: string): string {
  return text === "" ? "" : `${title}:\n${fenced(text, language)}`;
}

/** Return the lines around the range that are sent along; by default none. */
function around(document: vscode.TextDocument, { start, end }: vscode.Range): readonly [string, string] {
  const lines = contextLines();
  if (lines === 0) {
    return ["", ""];
  }
  const first = new vscode.Position(Math.max(0, start.line - lines), 0);
  const last = new vscode.Position(end.line + lines + 1, 0);
  return [document.getText(new vscode.Range(first, start)), document.getText(new vscode.Range(end, last))];
}
