// Loads the built extension as VS Code does, with the stub as the module `vscode`, and talks to it in
// VS Code's place.

import * as fs from "node:fs";
import Module, { createRequire } from "node:module";
import * as path from "node:path";

import type * as vscode from "vscode";

import * as stub from "../stub/vscode.js";
import { world } from "../stub/world.js";

export const FOLDER = process.env["AIRCHER_EXTENSION"] ?? "";

export interface Manifest {
  readonly main: string;
  readonly version: string;
  readonly [name: string]: unknown;
}

interface Extension {
  activate(context: vscode.ExtensionContext): void;
}

interface Loader {
  _load(request: string, parent: unknown, isMain: boolean): unknown;
}

const loader = Module as unknown as Loader;
const load = loader._load.bind(Module);
loader._load = (request, parent, isMain) => (request === "vscode" ? stub : load(request, parent, isMain));

export function manifest(): Manifest {
  return JSON.parse(fs.readFileSync(path.join(FOLDER, "package.json"), "utf8")) as Manifest;
}

export class Running {
  private readonly subscriptions: { dispose(): unknown }[] = [];

  constructor(version = manifest().version) {
    const file = path.join(FOLDER, manifest().main);
    const require = createRequire(file);
    delete require.cache[require.resolve(file)];
    const extension = require(file) as Extension;
    const context = {
      subscriptions: this.subscriptions,
      extension: { packageJSON: { ...manifest(), version } },
    };
    extension.activate(context as unknown as vscode.ExtensionContext);
  }

  /** Stop it as VS Code does. */
  stop(): void {
    this.subscriptions.splice(0).forEach((each) => each.dispose());
  }
}

// ------------------------------------------------------------ as VS Code's chat does

export type Part = vscode.LanguageModelResponsePart;
type Message = vscode.LanguageModelChatRequestMessage;
type Options = vscode.ProvideLanguageModelChatResponseOptions;

function provider(): vscode.LanguageModelChatProvider {
  const found = world.providers.get("aircher");
  if (found === undefined) {
    throw new Error("no provider is registered");
  }
  return found;
}

export async function models(silent = true): Promise<vscode.LanguageModelChatInformation[]> {
  const { token } = new stub.CancellationTokenSource();
  return (await provider().provideLanguageModelChatInformation({ silent }, token)) ?? [];
}

export async function model(id: string): Promise<vscode.LanguageModelChatInformation> {
  const all = await models();
  const found = all.find((each) => each.id === id);
  if (found === undefined) {
    throw new Error(`no model ${id} in ${all.map((each) => each.id).join(", ")}`);
  }
  return found;
}

/** A model that VS Code has from an earlier list, whatever the present one says. */
export function remembered(id: string): vscode.LanguageModelChatInformation {
  const sizes = { maxInputTokens: 1000, maxOutputTokens: 1000 };
  return { id, name: id, family: id, version: id, capabilities: {}, ...sizes };
}

export function user(...content: unknown[]): Message {
  return { role: stub.LanguageModelChatMessageRole.User, name: undefined, content: content.map(asPart) };
}

export function assistant(...content: unknown[]): Message {
  return { role: stub.LanguageModelChatMessageRole.Assistant, name: undefined, content: content.map(asPart) };
}

function asPart(part: unknown): unknown {
  return typeof part === "string" ? new stub.LanguageModelTextPart(part) : part;
}

export interface Chat {
  readonly done: Promise<void>;
  readonly parts: Part[];
  readonly cancel: () => void;
}

export function chat(
  chosen: vscode.LanguageModelChatInformation,
  messages: readonly Message[],
  options: Partial<Options> = {},
): Chat {
  const source = new stub.CancellationTokenSource();
  const parts: Part[] = [];
  const progress = { report: (part: Part) => void parts.push(part) };
  const whole = { toolMode: stub.LanguageModelChatToolMode.Auto, ...options };
  const done = Promise.resolve(
    provider().provideLanguageModelChatResponse(chosen, messages, whole, progress, source.token),
  );
  done.catch(() => undefined); // a case looks at it in its own time
  return { done, parts, cancel: () => source.cancel() };
}

export function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part instanceof stub.LanguageModelTextPart ? part.value : "")).join("");
}

export async function answer(...given: Parameters<typeof chat>): Promise<string> {
  const { done, parts } = chat(...given);
  await done;
  return textOf(parts);
}
