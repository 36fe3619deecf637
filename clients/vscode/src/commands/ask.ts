// Ask about the selection, or the document: the answer streams into a page beside the editor.

import * as vscode from "vscode";

import { ask } from "../chat/answer.js";
import { summary } from "../chat/fallback.js";
import { DaemonError, messageOf } from "../client/errors.js";
import type { Fields } from "../client/values.js";
import { maxReplyCharacters, ownModel } from "../settings.js";
import type { Page } from "../view/pages.js";
import { say, sayWarning } from "../view/say.js";
import { wholeRefusal } from "./privateFile.js";
import type { Services } from "./services.js";

const SYSTEM =
  "You answer questions about a text of the user's editor. " +
  "Answer in Markdown, as short as the question allows.";

export async function askAboutSelection(services: Services): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    say("Open a file first: the question is about its text.");
    return;
  }
  const { document, selection } = editor;
  const refusal = selection.isEmpty ? wholeRefusal(document.uri.path) : undefined;
  if (refusal !== undefined) {
    sayWarning(refusal);
    return;
  }
  const text = document.getText(selection.isEmpty ? undefined : selection);
  const what = selection.isEmpty ? "the document" : "the selection";
  const question = await vscode.window.showInputBox({
    title: `Ask about ${what}`,
    prompt: "The question, the text and its language are sent, and nothing else",
    placeHolder: "What does this do?",
    ignoreFocusOut: true,
  });
  if (question === undefined || question.trim() === "") {
    return;
  }
  const stop = new AbortController();
  const page = await services.pages.open("answer", () => stop.abort());
  page.add(`**${question.trim()}**\n\n`);
  await running(stop, "Asking aircher", (token) =>
    stream(services, page, askRequest(question, text, document.languageId), stop.signal, token),
  );
}

function askRequest(question: string, text: string, language: string): Fields {
  const model = ownModel();
  const content = `${question.trim()}\n\n${fenced(text, language)}`;
  return {
    ...(model === undefined ? {} : { model }),
    system: SYSTEM,
    messages: [{ role: "user", content }],
  };
}

/** Return a text in a fence that is longer than any in it. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`{3,}/g), (found) => found[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

async function stream(
  services: Services,
  page: Page,
  request: Fields,
  signal: AbortSignal,
  token: vscode.CancellationToken,
): Promise<void> {
  try {
    const answer = await services.offer.during(request, token, (asked) =>
      ask(services.client, asked, signal, maxReplyCharacters(), {
        onText: (text) => page.add(text),
        onFallback: (line) => page.add(`*${line}*\n\n`),
      }),
    );
    page.add(`\n\n---\n${summary(answer)}\n`);
    services.onAnswer(answer);
  } catch (error) {
    const isStopped = error instanceof DaemonError && error.code === "cancelled";
    page.add(isStopped ? "\n\n---\nstopped\n" : `\n\n---\n${messageOf(error)}\n`);
    if (!isStopped) {
      services.log.warn(`ask: ${messageOf(error)}`);
    }
  }
}

/** Run with a notification that can be cancelled; it aborts `stop`. */
export function running<T>(
  stop: AbortController,
  title: string,
  run: (token: vscode.CancellationToken) => Promise<T>,
): Thenable<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, async (_progress, token) => {
    const listener = token.onCancellationRequested(() => stop.abort());
    try {
      return await run(token);
    } finally {
      listener.dispose();
    }
  });
}
