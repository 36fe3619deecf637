// Asks the daemon, and passes the answer on in portions: every event for itself would cost an
// editor more than the text is worth.

import type { DaemonClient } from "../client/client.js";
import { asFields, asRecords, asText, type Fields } from "../client/values.js";
import { FallbackLine } from "./fallback.js";

export const PORTION_MS = 30;

export interface Answer {
  readonly content: readonly Fields[];
  readonly finish: string;
  readonly provider: string;
  readonly model: string;
  readonly usage: Fields;
  readonly cost: unknown;
}

export interface AnswerHandlers {
  readonly onText: (text: string) => void;
  /** One short line: `openai is rate limited; anthropic answers`. */
  readonly onFallback: (line: string) => void;
}

/** The answer was longer than the user wants; what has come so far was passed on. */
export class TooLong extends Error {
  override readonly name = "TooLong";

  constructor(limit: number) {
    super(
      `the answer was stopped after ${limit.toLocaleString("en-US")} characters: ` +
        "aircher.maxReplyCharacters sets how many are taken",
    );
  }
}

/**
 * Ask, and return the answer's end. Aborting the signal closes the upstream at once.
 *
 * Throws the errors of `DaemonClient.request`, or TooLong.
 */
export async function ask(
  client: DaemonClient,
  request: Fields,
  signal: AbortSignal,
  maxCharacters: number,
  handlers: AnswerHandlers,
): Promise<Answer> {
  const portions = new Portions(handlers.onText);
  const fallback = new FallbackLine(handlers.onFallback);
  const tooLong = new AbortController();
  let length = 0;
  const onDelta = (delta: Fields): void => {
    fallback.note(delta);
    const text = delta["type"] === "text" ? asText(delta["text"]) : "";
    if (text === "" || tooLong.signal.aborted) {
      return;
    }
    portions.add(text.slice(0, maxCharacters - length));
    length += text.length;
    if (length > maxCharacters) {
      tooLong.abort();
    }
  };
  try {
    const either = AbortSignal.any([signal, tooLong.signal]);
    return readAnswer(await client.request("chat", request, { signal: either, onDelta }));
  } catch (error) {
    throw tooLong.signal.aborted && !signal.aborted ? new TooLong(maxCharacters) : error;
  } finally {
    portions.flush();
  }
}

function readAnswer(result: unknown): Answer {
  const fields = asFields(result);
  return {
    content: asRecords(asFields(fields["message"])["content"]),
    finish: asText(fields["finish"]),
    provider: asText(fields["provider"]),
    model: asText(fields["model"]),
    usage: asFields(fields["usage"]),
    cost: fields["cost"],
  };
}

/** Joins text that comes within a moment. */
class Portions {
  private pieces: string[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly pass: (text: string) => void) {}

  add(text: string): void {
    this.pieces.push(text);
    this.timer ??= setTimeout(() => this.flush(), PORTION_MS);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const text = this.pieces.join("");
    this.pieces = [];
    if (text !== "") {
      this.pass(text);
    }
  }
}
