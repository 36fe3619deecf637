// Notifications. Their text may come from a provider or another server, as that of an error does, and
// VS Code makes links of `[label](address)` in them: one whose address is `command:...` runs it.

import * as vscode from "vscode";

/** Return the text so that VS Code makes no link of any part of it. */
export function withoutLinks(text: string): string {
  return text.replaceAll("](", "] (");
}

export function sayError(text: string): void {
  void vscode.window.showErrorMessage(withoutLinks(text));
}

export function sayWarning(text: string): void {
  void vscode.window.showWarningMessage(withoutLinks(text));
}

export function say(text: string): void {
  void vscode.window.showInformationMessage(withoutLinks(text));
}
