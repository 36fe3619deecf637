// Read-only documents: answers as they come, and the status. They are not files, so nothing asks to
// save them, and closing one ends what writes it.

import * as vscode from "vscode";

export const SCHEME = "aircher";

/** Characters that VS Code shows again in a millisecond or less: longer texts are shown less often. */
const CHARACTERS_PER_MS = 2000;
const SHORTEST_PAUSE_MS = 30;

export class Pages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly pages = new Map<string, Page>();
  private readonly listener: vscode.Disposable;
  private count = 0;

  readonly onDidChange = this.changed.event;

  constructor() {
    this.listener = vscode.window.tabGroups.onDidChangeTabs((event) => {
      event.closed.map(uriOf).forEach((uri) => this.close(uri));
    });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.pages.get(uri.toString())?.text() ?? "";
  }

  /** Make a page of its own, and show it beside the editor. `onClosed` is called when it is closed. */
  async open(name: string, onClosed: () => void): Promise<Page> {
    this.count += 1;
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${this.count}/${name}.md` });
    const page = new Page(() => this.changed.fire(uri), onClosed);
    this.pages.set(uri.toString(), page);
    await this.show(uri);
    return page;
  }

  /** Show the page of this name again, if it is open; tell whether it is. */
  async showAgain(name: string): Promise<boolean> {
    const found = [...this.pages.keys()].find((uri) => uri.endsWith(`/${name}.md`));
    if (found !== undefined) {
      await this.show(vscode.Uri.parse(found));
    }
    return found !== undefined;
  }

  private async show(uri: vscode.Uri): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
      preview: false,
    });
  }

  dispose(): void {
    this.listener.dispose();
    this.pages.forEach((page) => page.end());
    this.pages.clear();
    this.changed.dispose();
  }

  private close(uri: vscode.Uri | undefined): void {
    const page = uri === undefined ? undefined : this.pages.get(uri.toString());
    if (uri !== undefined && page !== undefined && !isShown(uri)) {
      this.pages.delete(uri.toString());
      page.end();
      page.onClosed();
    }
  }
}

/** The text of a page; showing it again is left to a timer, so that no event waits for it. */
export class Page {
  private pieces: string[] = [];
  private length = 0;
  private timer: NodeJS.Timeout | undefined;
  private hasEnded = false;

  constructor(
    private readonly show: () => void,
    readonly onClosed: () => void,
  ) {}

  text(): string {
    this.pieces = [this.pieces.join("")];
    return this.pieces[0] ?? "";
  }

  add(text: string): void {
    this.pieces.push(text);
    this.length += text.length;
    this.showSoon();
  }

  replace(text: string): void {
    this.pieces = [text];
    this.length = text.length;
    this.showSoon();
  }

  end(): void {
    this.hasEnded = true;
    clearTimeout(this.timer);
  }

  private showSoon(): void {
    if (this.hasEnded || this.timer !== undefined) {
      return;
    }
    const pause = SHORTEST_PAUSE_MS + this.length / CHARACTERS_PER_MS;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.show();
    }, pause);
  }
}

/** Tell whether a tab shows it still: one that is moved to another group is closed in its first one. */
function isShown(uri: vscode.Uri): boolean {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.some((tab) => uriOf(tab)?.toString() === uri.toString());
}

function uriOf(tab: vscode.Tab): vscode.Uri | undefined {
  return tab.input instanceof vscode.TabInputText ? tab.input.uri : undefined;
}
