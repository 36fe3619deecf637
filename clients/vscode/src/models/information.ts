// Rows of models as VS Code shows and selects them; plain functions.

import type * as vscode from "vscode";

import { chainOf, describe, type ModelList, type ModelRow } from "./rows.js";

/** The model of requests without one, so that switching the default switches VS Code's chat, too. */
export const DEFAULT_ID = "default";

/** What is said of a model whose window is unknown: what most models have at least. */
const USUAL_WINDOW = 32_768;
const USUAL_OUTPUT = 4096;
/** At most this part of the window is kept for the output: VS Code fills the rest with input. */
const OUTPUT_SHARE = 4;

export type ModelInformation = vscode.LanguageModelChatInformation;

/** An alias of this name is another entry. */
const ALIAS_DEFAULT = "alias:default";

/** Return what a chat request names for an entry; undefined is the default model. */
export function requestedModel(id: string): string | undefined {
  if (id === DEFAULT_ID) {
    return undefined;
  }
  return id === ALIAS_DEFAULT ? DEFAULT_ID : id;
}

/** Return the models that can be chosen: the default, aliases, and those that can answer first. */
export function readInformation(list: ModelList): ModelInformation[] {
  const usable = list.rows.filter((row) => row.mark.answers);
  const shown = usable.length > 0 ? list.rows.filter(isWorthShowing) : [];
  return [ofDefault(list), ...shown.map(information)];
}

/** What is not signed in cannot be chosen before it is; a limited model can, and says that it is. */
function isWorthShowing(row: ModelRow): boolean {
  return row.isAlias || row.mark.symbol !== "○";
}

function information(row: ModelRow): ModelInformation {
  const window = row.window ?? USUAL_WINDOW;
  const maxOutput = Math.min(row.maxOutput ?? USUAL_OUTPUT, Math.floor(window / OUTPUT_SHARE));
  return {
    id: row.name === DEFAULT_ID ? ALIAS_DEFAULT : row.name,
    name: row.title,
    family: familyOf(row.model || row.name),
    version: row.released || row.model || row.name,
    maxInputTokens: window - maxOutput,
    maxOutputTokens: maxOutput,
    capabilities: { toolCalling: row.tools ?? false, imageInput: row.images ?? false },
    detail: describe(row),
    tooltip: tooltip(row),
  };
}

function ofDefault(list: ModelList): ModelInformation {
  const named = list.rows.find((row) => row.name === list.defaultModel);
  const row = named ?? list.rows.find((each) => each.isDefault);
  const common = { id: DEFAULT_ID, name: "aircher default" };
  if (row !== undefined) {
    return { ...information(row), ...common, detail: `${row.name}  ${describe(row)}` };
  }
  return {
    ...common,
    family: "aircher",
    version: "default",
    maxInputTokens: USUAL_WINDOW - USUAL_OUTPUT,
    maxOutputTokens: USUAL_OUTPUT,
    capabilities: { toolCalling: true, imageInput: false },
    detail: list.defaultModel || "○ not signed in",
    tooltip: list.defaultModel || "Ask something: aircher then offers to sign in.",
  };
}

/** `anthropic/claude-sonnet-5` at a router is of the family `claude-sonnet-5`. */
function familyOf(model: string): string {
  return model.split("/").at(-1)?.split(":")[0] || model;
}

function tooltip(row: ModelRow): string {
  const lines = [
    chainOf(row),
    `${row.mark.symbol} ${row.mark.word}`,
    row.window === undefined ? "" : `window: ${row.window.toLocaleString("en-US")} tokens`,
    row.prices === "?" ? "" : `${row.prices} per million tokens, input/output`,
    row.released === "" ? "" : `released ${row.released}`,
  ];
  return lines.filter((line) => line !== "").join("\n");
}
