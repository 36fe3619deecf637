// The settings `aircher.*`; package.json describes each of them.

import * as vscode from "vscode";

const MIN_REPLY = 1000;

function read<T>(name: string, fallback: T): T {
  return vscode.workspace.getConfiguration("aircher").get<T>(name, fallback);
}

/** The command that starts a daemon; undefined if none may be started. */
export function startCommand(): string | undefined {
  return read("autostart", true) ? read("command", "aircher-cli") || "aircher-cli" : undefined;
}

/** The model of Ask and Edit; undefined is the default model. */
export function ownModel(): string | undefined {
  return read("model", "").trim() || undefined;
}

export function setOwnModel(model: string | undefined): Thenable<void> {
  const settings = vscode.workspace.getConfiguration("aircher");
  return settings.update("model", model, vscode.ConfigurationTarget.Global);
}

/** How much models think in VS Code's chat; undefined leaves it to them. */
export function reasoning(): string | undefined {
  return read("reasoning", "") || undefined;
}

export function maxReplyCharacters(): number {
  return Math.max(MIN_REPLY, read("maxReplyCharacters", 8_000_000));
}

/** Lines before and after the range that an edit sends along. */
export function contextLines(): number {
  return Math.max(0, Math.floor(read("edit.contextLines", 0)));
}

export function showsStatusBar(): boolean {
  return read("statusBar", true);
}
