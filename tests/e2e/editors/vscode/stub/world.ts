// What a suite sees of the stub, and what it does in the user's place.

import type * as vscode from "vscode";

import { EventEmitter } from "./classes.js";
import { Desk } from "./documents.js";

/** What the user does with a list: choose the item whose label has a text, or leave. */
export type Choose = (items: readonly vscode.QuickPickItem[], title: string) => string | undefined;

export class World {
  readonly desk = new Desk();
  readonly settings = new Map<string, unknown>();
  /** The settings that were read, with the value that the code uses if there is none. */
  readonly readSettings = new Map<string, unknown>();
  readonly commands = new Map<string, (...rest: never[]) => unknown>();
  readonly providers = new Map<string, vscode.LanguageModelChatProvider>();
  readonly messages: string[] = [];
  readonly log: string[] = [];
  readonly statusLines: string[] = [];
  readonly titles: string[] = [];
  readonly bars: Bar[] = [];
  readonly pickers: Picker[] = [];
  readonly changedSettings = new EventEmitter<vscode.ConfigurationChangeEvent>();
  readonly changedWindow = new EventEmitter<vscode.WindowState>();
  folders: vscode.WorkspaceFolder[] | undefined;
  /** Answers to input boxes, in their order; undefined is Esc. */
  inputs: ((options: vscode.InputBoxOptions) => string | undefined)[] = [];
  choices: Choose[] = [];
  /** Cancels the notification that is shown. */
  cancel: () => void = () => undefined;

  /** Run a command of the extension, as the palette does. */
  async run(name: string): Promise<unknown> {
    const command = this.commands.get(name);
    if (command === undefined) {
      throw new Error(`no command ${name}`);
    }
    return await (command() as Promise<unknown>);
  }

  set(name: string, value: unknown): void {
    this.settings.set(name, value);
    this.changedSettings.fire({ affectsConfiguration: (section) => name.startsWith(section) });
  }

  /** The text of the open page whose name ends so. */
  page(name: string): string | undefined {
    const found = [...this.desk.documents.values()].filter(({ uri }) => uri.path.endsWith(name));
    return found.at(-1)?.text;
  }

  /** All that a user could read anywhere, to look for keys. */
  everything(): string {
    const documents = [...this.desk.documents.values()].map((document) => document.text);
    const bars = this.bars.map((bar) => `${bar.text}\n${bar.tooltip}`);
    return [...this.messages, ...this.log, ...this.statusLines, ...this.titles, ...documents, ...bars].join("\n");
  }
}

export interface Bar {
  text: string;
  tooltip: string;
  command: string;
  name: string;
  isShown: boolean;
}

export interface Picker {
  items: readonly (vscode.QuickPickItem & { model?: string })[];
  selectedItems: readonly vscode.QuickPickItem[];
  activeItems: readonly vscode.QuickPickItem[];
  accept(label: string): void;
  press(label: string): void;
  hide(): void;
  isShown: boolean;
  busy: boolean;
}

export const world = new World();
