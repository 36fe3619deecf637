// Documents, tabs and edits of the stub, as far as the extension sees them.

import type * as vscode from "vscode";

import { EventEmitter, Position, Range, TabInputText, TabInputTextDiff, Uri, type WorkspaceEdit } from "./classes.js";

type Used = "languageId" | "isClosed" | "getText" | "offsetAt" | "positionAt" | "save" | "isDirty";

export class Document implements Pick<vscode.TextDocument, Used> {
  isClosed = false;
  isDirty = false;
  languageId: string;
  /** The texts before each step that can be undone. */
  readonly undo: string[] = [];

  constructor(
    readonly uri: Uri,
    public text: string,
    languageId = "plaintext",
    private readonly write: (text: string) => void = () => undefined,
  ) {
    this.languageId = languageId;
  }

  getText(range?: Pick<vscode.Range, "start" | "end">): string {
    return range === undefined
      ? this.text
      : this.text.slice(this.offsetAt(range.start), this.offsetAt(range.end));
  }

  offsetAt(position: Pick<vscode.Position, "line" | "character">): number {
    let offset = 0;
    for (let line = 0; line < position.line; line += 1) {
      const end = this.text.indexOf("\n", offset);
      if (end === -1) {
        return this.text.length;
      }
      offset = end + 1;
    }
    const end = this.text.indexOf("\n", offset);
    return Math.min(offset + position.character, end === -1 ? this.text.length : end);
  }

  positionAt(offset: number): vscode.Position {
    const before = this.text.slice(0, offset);
    const lineStart = before.lastIndexOf("\n") + 1;
    const line = before.split("\n").length - 1;
    return new Position(line, before.length - lineStart) as vscode.Position;
  }

  save(): Promise<boolean> {
    this.write(this.text);
    this.isDirty = false;
    return Promise.resolve(true);
  }
}

export interface Editor {
  readonly document: Document;
  selection: Range;
}

export interface Tab {
  readonly input: TabInputText | TabInputTextDiff;
}

/** The documents and tabs that are open. */
export class Desk {
  readonly documents = new Map<string, Document>();
  readonly contents = new Map<string, vscode.TextDocumentContentProvider>();
  readonly files = new Map<string, vscode.FileSystemProvider>();
  readonly changedTabs = new EventEmitter<vscode.TabChangeEvent>();
  readonly changedDocument = new EventEmitter<vscode.TextDocumentChangeEvent>();
  tabs: Tab[] = [];
  active: Editor | undefined;

  /** Open a file in the editor, with a part of it selected. */
  edit(text: string, selected?: readonly [start: number, end: number], path = "/home/me/notes.ts"): Document {
    const document = new Document(Uri.file(path), text, path.endsWith(".ts") ? "typescript" : "plaintext");
    this.documents.set(document.uri.toString(), document);
    const [start, end] = selected ?? [0, 0];
    const range = new Range(document.positionAt(start) as Position, document.positionAt(end) as Position);
    this.active = { document, selection: range };
    return document;
  }

  /** Change a document as the user does by typing. */
  type(document: Document, at: number, remove: number, text: string): void {
    document.undo.push(document.text);
    document.text = document.text.slice(0, at) + text + document.text.slice(at + remove);
    document.isDirty = true;
    const change = { rangeOffset: at, rangeLength: remove, text };
    this.changedDocument.fire({ document, contentChanges: [change] } as unknown as vscode.TextDocumentChangeEvent);
  }

  apply(edit: WorkspaceEdit): boolean {
    for (const { uri, range, text } of edit.replacements) {
      const document = this.documents.get(uri.toString());
      if (document === undefined) {
        return false;
      }
      const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
      this.type(document, start, end - start, text);
    }
    return true;
  }

  async open(uri: Uri): Promise<Document> {
    const found = this.documents.get(uri.toString());
    if (found !== undefined) {
      return found;
    }
    const document = new Document(uri, await this.read(uri), "plaintext", (text) => {
      void this.files.get(uri.scheme)?.writeFile(uri as unknown as vscode.Uri, Buffer.from(text), OVER);
    });
    this.documents.set(uri.toString(), document);
    return document;
  }

  /** Read again what a content provider has by now. */
  async update(uri: Uri): Promise<void> {
    const document = this.documents.get(uri.toString());
    if (document !== undefined) {
      document.text = await this.read(uri);
    }
  }

  show(input: Tab["input"]): void {
    this.tabs.push({ input });
  }

  close(tabs: readonly Tab[]): void {
    this.tabs = this.tabs.filter((tab) => !tabs.includes(tab));
    tabs.flatMap(({ input }) => urisOf(input)).forEach((uri) => this.forget(uri));
    this.changedTabs.fire({ opened: [], changed: [], closed: tabs as unknown as vscode.Tab[] });
  }

  /** Move the last tab to another group, as by dragging it: VS Code opens it there, and closes it here. */
  move(): void {
    const closed = this.tabs.splice(-1);
    closed.forEach(({ input }) => this.show(input));
    this.changedTabs.fire({ opened: [], changed: [], closed: closed as unknown as vscode.Tab[] });
  }

  private forget(uri: Uri): void {
    const document = this.documents.get(uri.toString());
    if (document !== undefined) {
      document.isClosed = true;
      this.documents.delete(uri.toString());
    }
  }

  private async read(uri: Uri): Promise<string> {
    const asked = uri as unknown as vscode.Uri;
    const content = this.contents.get(uri.scheme);
    if (content !== undefined) {
      return (await content.provideTextDocumentContent(asked, NEVER)) ?? "";
    }
    const bytes = await this.files.get(uri.scheme)?.readFile(asked);
    return Buffer.from(bytes ?? []).toString("utf8");
  }
}

function urisOf(input: Tab["input"]): Uri[] {
  return input instanceof TabInputText ? [input.uri] : [input.original, input.modified];
}

const OVER = { create: false, overwrite: true };
const NEVER: vscode.CancellationToken = {
  isCancellationRequested: false,
  onCancellationRequested: new EventEmitter<unknown>().event,
};
