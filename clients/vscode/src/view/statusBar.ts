// The item in the status bar: `✓ work/gpt-5.5  $0.02`. A click chooses another model.

import * as vscode from "vscode";

import { formatCost } from "../models/words.js";
import type { State } from "./state.js";

/** Among the items on the right: left of those of the file. */
const PRIORITY = 101;

export class StatusBar implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private lastAnswer = "";

  constructor() {
    this.item = vscode.window.createStatusBarItem("aircher", vscode.StatusBarAlignment.Right, PRIORITY);
    this.item.name = "aircher";
    this.item.command = "aircher.switchModel";
    this.item.show();
  }

  show(state: State): void {
    const text = textOf(state);
    this.item.text = text;
    this.item.tooltip = [detailOf(state), this.lastAnswer].filter((line) => line !== "").join("\n");
    this.item.accessibilityInformation = { label: `aircher: ${spokenOf(state)}`, role: "button" };
    const isSignedOut = state.kind === "ready" && state.model === "";
    this.item.command = isSignedOut ? "aircher.signIn" : "aircher.switchModel";
  }

  /** Say which model answered last, with tokens and cost. */
  noteAnswer(line: string, state: State): void {
    this.lastAnswer = `last answer: ${line}`;
    this.show(state);
  }

  dispose(): void {
    this.item.dispose();
  }
}

function textOf(state: State): string {
  if (state.kind === "unknown") {
    return "aircher";
  }
  if (state.kind === "unreachable") {
    return "○ aircher";
  }
  if (state.model === "") {
    return "○ aircher: sign in";
  }
  const symbol = state.mark?.symbol ?? "·";
  const spent = state.spent === undefined ? "" : `  ${formatCost(state.spent)}`;
  return `${symbol} ${state.model}${spent}`;
}

function spokenOf(state: State): string {
  if (state.kind !== "ready") {
    return "not connected";
  }
  return state.model === "" ? "not signed in" : `${state.model}, ${state.mark?.word ?? "unknown"}`;
}

function detailOf(state: State): string {
  if (state.kind === "unknown") {
    return "aircher has not been asked yet";
  }
  if (state.kind === "unreachable") {
    return state.message;
  }
  const spent = state.spent === undefined ? "" : `spent today: ${formatCost(state.spent)}`;
  const model = state.model === "" ? "" : `the default model: ${spokenOf(state)}`;
  return [model, state.problem, spent].filter((line) => line !== "").join("\n");
}
