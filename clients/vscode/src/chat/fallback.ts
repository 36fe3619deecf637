// What a user should know about an answer beside its text: that another provider took over, and which
// model answered for how much.

import { asNumber, asText, type Fields } from "../client/values.js";
import { count, formatCost, reasonOf } from "../models/words.js";
import type { Answer } from "./answer.js";

const OUTPUT = new Set(["text", "reasoning", "tool_call", "image", "audio"]);
const NO_FAILURE = new Set(["trying", "waiting", "skipped", "ok", ""]);

/** Makes a line of the attempts that failed, once another one answers. */
export class FallbackLine {
  private failed: string[] = [];
  private trying = "";

  constructor(private readonly pass: (line: string) => void) {}

  note(delta: Fields): void {
    const type = asText(delta["type"]);
    if (type === "attempt") {
      this.noteAttempt(asText(delta["provider"]), asText(delta["outcome"]));
    } else if (OUTPUT.has(type) && this.failed.length > 0) {
      const line = `${this.failed.join(", ")}; ${this.trying} answers`;
      this.failed = [];
      this.pass(line);
    }
  }

  private noteAttempt(provider: string, outcome: string): void {
    if (outcome === "trying") {
      this.trying = provider;
    } else if (!NO_FAILURE.has(outcome)) {
      this.failed.push(`${provider} ${reasonOf(outcome)}`);
    }
  }
}

/** Return which model answered, with tokens and cost: `work/gpt-5.5 · 12 tokens in, 5 out · $0.0001`. */
export function summary(answer: Answer): string {
  const input = asNumber(answer.usage["input_tokens"]);
  const output = asNumber(answer.usage["output_tokens"]);
  const tokens = input === undefined ? "" : `${count(input, "token")} in, ${output ?? "?"} out`;
  const cost = typeof answer.cost === "string" ? formatCost(answer.cost) : "cost unknown";
  return [`${answer.provider}/${answer.model}`, tokens, cost].filter((part) => part !== "").join(" · ");
}
