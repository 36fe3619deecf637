// Keeps what a model needs back in the next round of tools.
//
// A thinking model wants its thoughts back with the results of its tool calls: parts with a
// `signature`, as opaque as they came. VS Code's stable API has no place for them, but it gives
// the ids of the calls back. So the answers with tool calls of this session are kept by the ids of
// their calls, in memory only, and only the newest: a conversation that is older goes on without
// its earlier thoughts, as it does with another model.

import { asRecords, asText, type Fields } from "../client/values.js";

const MAX_ANSWERS = 256;
const MAX_CHARACTERS = 8 * 1024 * 1024;

interface Kept {
  readonly calls: readonly string[];
  readonly content: readonly Fields[];
  readonly size: number;
}

export class AnswerMemory {
  private readonly byCall = new Map<string, Kept>(); // by its first call, the oldest first
  private size = 0;

  /** Keep an answer's content if it has tool calls, and more than VS Code gives back. */
  keep(content: readonly Fields[]): void {
    const calls = callsOf(content);
    const first = calls[0];
    if (first === undefined || content.every((part) => part["signature"] === undefined)) {
      return;
    }
    const size = JSON.stringify(content).length;
    this.drop(first);
    this.byCall.set(first, { calls, content, size });
    this.size += size;
    while (this.byCall.size > MAX_ANSWERS || this.size > MAX_CHARACTERS) {
      this.drop(this.byCall.keys().next().value ?? "");
    }
  }

  /**
   * Return an assistant's content as the model sent it, or as it was given.
   *
   * The answer is known by its calls. If its text is another one by now, that text is kept, between
   * the thoughts and the calls.
   */
  restore(content: readonly Fields[]): readonly Fields[] {
    const calls = callsOf(content);
    const kept = this.byCall.get(calls[0] ?? "");
    if (kept === undefined || calls.join("\n") !== kept.calls.join("\n")) {
      return content;
    }
    if (textOf(content).trim() === textOf(kept.content).trim()) {
      return kept.content;
    }
    const given = content.filter((part) => part["type"] !== "tool_call");
    return [...ofType(kept, "reasoning"), ...given, ...ofType(kept, "tool_call")];
  }

  private drop(call: string): void {
    this.size -= this.byCall.get(call)?.size ?? 0;
    this.byCall.delete(call);
  }
}

function ofType(kept: Kept, type: string): Fields[] {
  return kept.content.filter((part) => part["type"] === type);
}

function callsOf(content: readonly Fields[]): string[] {
  return asRecords(content)
    .filter((part) => part["type"] === "tool_call")
    .map((part) => asText(part["id"]));
}

function textOf(content: readonly Fields[]): string {
  return content
    .filter((part) => part["type"] === "text")
    .map((part) => asText(part["text"]))
    .join("");
}
