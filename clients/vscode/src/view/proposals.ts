// Both sides of a proposed edit, for VS Code's own diff editor: the text as it is, and the proposal.
//
// The proposal is a file in memory, so that it can be changed in the diff editor: its arrows take
// single changes back. Only what is accepted reaches the user's file.

import * as vscode from "vscode";

export const SCHEME = "aircher-edit";

interface Entry {
  text: Uint8Array;
  readonly isProposal: boolean;
  changedAt: number;
}

export class ProposalFiles implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  private readonly files = new Map<string, Entry>();

  readonly onDidChangeFile = this.changed.event;

  add(uri: vscode.Uri, text: string, isProposal: boolean): void {
    this.files.set(uri.path, { text: Buffer.from(text), isProposal, changedAt: Date.now() });
  }

  remove(uri: vscode.Uri): void {
    this.files.delete(uri.path);
  }

  dispose(): void {
    this.files.clear();
    this.changed.dispose();
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { text, isProposal, changedAt } = this.find(uri);
    const common = { type: vscode.FileType.File, ctime: 0, mtime: changedAt, size: text.length };
    return isProposal ? common : { ...common, permissions: vscode.FilePermission.Readonly };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return this.find(uri).text;
  }

  writeFile(uri: vscode.Uri, text: Uint8Array): void {
    const entry = this.find(uri);
    if (!entry.isProposal) {
      throw vscode.FileSystemError.NoPermissions(uri);
    }
    entry.text = text;
    entry.changedAt = Date.now();
    this.changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  private find(uri: vscode.Uri): Entry {
    const entry = this.files.get(uri.path);
    if (entry === undefined) {
      throw vscode.FileSystemError.FileNotFound(uri);
    }
    return entry;
  }
}
