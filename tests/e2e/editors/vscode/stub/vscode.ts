// The stub of the module `vscode`. `satisfies` compares each part with VS Code's own types, so that
// the stub cannot drift from them; a function with several signatures is compared by a cast.

import type * as vscode from "vscode";

import * as classes from "./classes.js";
import { Document, type Tab } from "./documents.js";
import { world, type Picker } from "./world.js";

export * from "./classes.js";

export const StatusBarAlignment = { Left: 1, Right: 2 } as const satisfies Record<string, vscode.StatusBarAlignment>;
export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 } as const satisfies Record<
  string,
  vscode.ProgressLocation
>;
export const ViewColumn = { Beside: -2, Active: -1, One: 1 } as const satisfies Record<string, vscode.ViewColumn>;
export const QuickPickItemKind = { Separator: -1, Default: 0 } as const satisfies Record<
  string,
  vscode.QuickPickItemKind
>;
export const FileType = { Unknown: 0, File: 1, Directory: 2 } as const satisfies Record<string, vscode.FileType>;
export const FilePermission = { Readonly: 1 } as const satisfies Record<string, vscode.FilePermission>;
export const FileChangeType = { Changed: 1, Created: 2, Deleted: 3 } as const satisfies Record<
  string,
  vscode.FileChangeType
>;
export const ConfigurationTarget = { Global: 1, Workspace: 2 } as const satisfies Record<
  string,
  vscode.ConfigurationTarget
>;
export const LanguageModelChatMessageRole = { User: 1, Assistant: 2 } as const satisfies Record<
  string,
  vscode.LanguageModelChatMessageRole
>;
export const LanguageModelChatToolMode = { Auto: 1, Required: 2 } as const satisfies Record<
  string,
  vscode.LanguageModelChatToolMode
>;

function message(text: string): Promise<undefined> {
  world.messages.push(text);
  return Promise.resolve(undefined);
}

function say(level: string) {
  return (text: string | Error): void => {
    world.log.push(`${level} ${String(text)}`);
  };
}

type LogParts = "trace" | "debug" | "info" | "warn" | "error" | "show" | "dispose";

function createOutputChannel(name: string, options: { log: true }): vscode.LogOutputChannel {
  if (!options.log) {
    throw new Error(`${name} is no log`);
  }
  const log = {
    trace: say("trace"),
    debug: say("debug"),
    info: say("info"),
    warn: say("warn"),
    error: say("error"),
    show: () => world.titles.push("the log is shown"),
    dispose: () => undefined,
  } satisfies Pick<vscode.LogOutputChannel, LogParts>;
  return log as unknown as vscode.LogOutputChannel;
}

function createStatusBarItem(): vscode.StatusBarItem {
  const bar = { text: "", tooltip: "", command: "", name: "", isShown: false };
  world.bars.push(bar);
  const item = Object.assign(bar, {
    show: () => {
      bar.isShown = true;
    },
    hide: () => {
      bar.isShown = false;
    },
    dispose: () => {
      bar.isShown = false;
    },
  });
  return item as unknown as vscode.StatusBarItem;
}

async function showInputBox(options: vscode.InputBoxOptions = {}): Promise<string | undefined> {
  world.titles.push(options.title ?? "", options.prompt ?? "");
  return world.inputs.shift()?.(options);
}

async function showQuickPick<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: vscode.QuickPickOptions = {},
): Promise<T | undefined> {
  world.titles.push(options.title ?? "");
  const label = world.choices.shift()?.(items, options.title ?? "");
  return label === undefined ? undefined : items.find((item) => item.label.includes(label));
}

function createQuickPick<T extends vscode.QuickPickItem>(): vscode.QuickPick<T> {
  const accepted = new classes.EventEmitter<void>();
  const hidden = new classes.EventEmitter<void>();
  const pressed = new classes.EventEmitter<vscode.QuickPickItemButtonEvent<T>>();
  const find = (label: string): T => {
    const found = (picker.items as readonly T[]).find((item) => item.label.includes(label));
    if (found === undefined) {
      throw new Error(`no item ${label} in ${JSON.stringify(picker.items)}`);
    }
    return found;
  };
  const picker: Picker = {
    items: [],
    selectedItems: [],
    activeItems: [],
    isShown: false,
    busy: false,
    accept: (label) => {
      picker.selectedItems = [find(label)];
      accepted.fire();
    },
    press: (label) => {
      const item = find(label);
      const button = item.buttons?.[0];
      if (button !== undefined) {
        pressed.fire({ item, button });
      }
    },
    hide: () => {
      picker.isShown = false;
      hidden.fire();
    },
  };
  world.pickers.push(picker);
  const quickPick = Object.assign(picker, {
    show: () => {
      picker.isShown = true;
    },
    dispose: () => picker.hide(),
    onDidAccept: accepted.event,
    onDidHide: hidden.event,
    onDidTriggerItemButton: pressed.event,
  });
  return quickPick as unknown as vscode.QuickPick<T>;
}

async function withProgress<R>(
  options: vscode.ProgressOptions,
  task: (
    progress: vscode.Progress<{ message?: string; increment?: number }>,
    token: vscode.CancellationToken,
  ) => Thenable<R>,
): Promise<R> {
  world.titles.push(options.title ?? "");
  const source = new classes.CancellationTokenSource();
  world.cancel = () => source.cancel();
  return await task({ report: () => undefined }, source.token);
}

async function showTextDocument(document: Document): Promise<vscode.TextEditor> {
  const isOpen = world.desk.tabs.some(
    ({ input }) => input instanceof classes.TabInputText && input.uri.toString() === document.uri.toString(),
  );
  if (!isOpen) {
    world.desk.show(new classes.TabInputText(document.uri));
  }
  return { document } as unknown as vscode.TextEditor;
}

const tabGroups = {
  onDidChangeTabs: world.desk.changedTabs.event,
  get all() {
    return [{ tabs: world.desk.tabs }] as unknown as vscode.TabGroup[];
  },
  get activeTabGroup() {
    return { activeTab: world.desk.tabs.at(-1) } as unknown as vscode.TabGroup;
  },
  close: (tabs: unknown) => {
    world.desk.close(tabs as Tab[]);
    return Promise.resolve(true);
  },
} satisfies Partial<vscode.TabGroups>;

export const window = {
  createOutputChannel: createOutputChannel as typeof vscode.window.createOutputChannel,
  createStatusBarItem: createStatusBarItem as typeof vscode.window.createStatusBarItem,
  createQuickPick,
  onDidChangeWindowState: world.changedWindow.event,
  setStatusBarMessage: (text: string) => {
    world.statusLines.push(text);
    return new classes.Disposable(() => undefined);
  },
  showErrorMessage: message as typeof vscode.window.showErrorMessage,
  showInformationMessage: message as typeof vscode.window.showInformationMessage,
  showWarningMessage: message as typeof vscode.window.showWarningMessage,
  showInputBox,
  showQuickPick: showQuickPick as typeof vscode.window.showQuickPick,
  showTextDocument: showTextDocument as unknown as typeof vscode.window.showTextDocument,
  tabGroups: tabGroups as unknown as vscode.TabGroups,
  withProgress,
  get activeTextEditor() {
    const { active } = world.desk;
    return active as unknown as vscode.TextEditor | undefined;
  },
} satisfies Partial<typeof vscode.window>;

const configuration = {
  get: <T>(name: string, fallback?: T) => {
    world.readSettings.set(`aircher.${name}`, fallback);
    return (world.settings.get(`aircher.${name}`) ?? fallback) as T;
  },
  update: (name: string, value: unknown) => {
    world.set(`aircher.${name}`, value);
    return Promise.resolve();
  },
} satisfies Partial<vscode.WorkspaceConfiguration>;

export const workspace = {
  applyEdit: (edit: unknown) => Promise.resolve(world.desk.apply(edit as classes.WorkspaceEdit)),
  getConfiguration: () => configuration as unknown as vscode.WorkspaceConfiguration,
  getWorkspaceFolder: (uri: vscode.Uri) =>
    world.folders?.find((folder) => folder.uri.scheme === uri.scheme && uri.path.startsWith(`${folder.uri.path}/`)),
  get workspaceFolders() {
    return world.folders;
  },
  onDidChangeConfiguration: world.changedSettings.event,
  onDidChangeTextDocument: world.desk.changedDocument.event,
  openTextDocument: ((uri: classes.Uri) => world.desk.open(uri)) as unknown as typeof vscode.workspace.openTextDocument,
  registerFileSystemProvider: (scheme: string, provider: vscode.FileSystemProvider) => {
    world.desk.files.set(scheme, provider);
    return new classes.Disposable(() => world.desk.files.delete(scheme));
  },
  registerTextDocumentContentProvider: (scheme: string, provider: vscode.TextDocumentContentProvider) => {
    world.desk.contents.set(scheme, provider);
    const listener = provider.onDidChange?.((uri) => void world.desk.update(uri as unknown as classes.Uri));
    return new classes.Disposable(() => listener?.dispose());
  },
} satisfies Partial<typeof vscode.workspace>;

export const languages = {
  setTextDocumentLanguage: (document: vscode.TextDocument, languageId: string) => {
    Object.assign(document, { languageId });
    return Promise.resolve(document);
  },
} satisfies Partial<typeof vscode.languages>;

async function executeCommand<T>(command: string, ...rest: unknown[]): Promise<T> {
  if (command === "vscode.diff") {
    const [original, modified, title] = rest as [classes.Uri, classes.Uri, string];
    world.titles.push(title);
    world.desk.show(new classes.TabInputTextDiff(original, modified));
    return undefined as T;
  }
  return (await world.run(command)) as T;
}

export const commands = {
  executeCommand,
  registerCommand: (name: string, run: (...rest: never[]) => unknown) => {
    world.commands.set(name, run);
    return new classes.Disposable(() => world.commands.delete(name));
  },
} satisfies Partial<typeof vscode.commands>;

export const lm = {
  registerLanguageModelChatProvider: (vendor: string, provider: vscode.LanguageModelChatProvider) => {
    world.providers.set(vendor, provider);
    return new classes.Disposable(() => world.providers.delete(vendor));
  },
} satisfies Partial<typeof vscode.lm>;

// Every name of the stub is one of VS Code's own.
type Own = keyof typeof vscode;
const foreign: readonly Exclude<keyof typeof import("./vscode.js"), Own>[] = [] satisfies never[];
void foreign;
