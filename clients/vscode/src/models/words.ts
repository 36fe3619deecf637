// The words and figures of the product, the same as in `aircher-cli`.

import { asFields, asNumber, asText, own, type Fields } from "../client/values.js";

export interface Mark {
  /** One character; never alone, because colour and shape do not reach everyone. */
  readonly symbol: string;
  readonly word: string;
  /** Whether a request would be answered now, as far as is known. */
  readonly answers: boolean;
}

function mark(symbol: string, word: string, answers = false): Mark {
  return { symbol, word, answers };
}

const UNKNOWN = mark("·", "unknown");
export const NOT_SIGNED_IN = mark("○", "not signed in");
const STOPPED = mark("⌂", "not running");

const STATES: Readonly<Record<string, Mark>> = {
  authenticated: mark("✓", "ready", true),
  unverified: mark("?", "not checked", true),
  not_required: mark("⌂", "local", true),
  locked: mark("⚠", "locked"),
  unreadable: mark("⚠", "unreadable"),
  rejected: mark("✗", "refused"),
  refused: mark("✗", "invalid entry"),
  not_configured: NOT_SIGNED_IN,
};

const HEALTH: Readonly<Record<string, Mark>> = {
  cooling: mark("⚠", "cooling"),
  quota_exhausted: mark("⚠", "no credit"),
  unreachable: mark("⚠", "unreachable"),
};

/** Return the state of a row of `models.list`, `auth.status` or `status`. */
export function markOf(row: Fields): Mark {
  const state = own(STATES, asText(row["state"])) ?? UNKNOWN;
  if (!state.answers) {
    return state;
  }
  if (row["absent"] === true || row["is_absent"] === true) {
    return STOPPED;
  }
  return own(HEALTH, asText(row["health"])) ?? state;
}

/** What follows a provider's name where it could not answer. */
const REASONS: Readonly<Record<string, string>> = {
  not_authenticated: "has no key",
  auth_rejected: "refused the key",
  keyring_locked: "has a key that is locked",
  rate_limited: "is rate limited",
  quota_exhausted: "has no credit left for this key",
  limit_reached: "has reached one of your limits",
  price_unknown: "has an unknown price",
  too_expensive: "costs too much",
  context_too_long: "has too small a context window",
  content_policy: "refused the content",
  overloaded: "is overloaded",
  provider_error: "failed",
  network: "could not be reached",
  timeout: "took too long",
  truncated: "broke off",
  empty_reply: "answered with nothing",
  unknown_model: "does not know the model",
  bad_request: "rejected the request",
  forbidden: "is not allowed for this client",
  config_invalid: "is not configured correctly",
  busy: "was stopped: this client's share of memory is used up",
};

export function reasonOf(code: string): string {
  return own(REASONS, code) ?? code.replaceAll("_", " ");
}

/** Return a number of tokens: 200k, 1M; `?` if it is unknown. */
export function formatTokens(value: unknown): string {
  const tokens = asNumber(value);
  if (tokens === undefined) {
    return "?";
  }
  if (tokens >= 1_000_000) {
    return `${trim(tokens / 1_000_000)}M`;
  }
  return tokens >= 1000 ? `${trim(tokens / 1000)}k` : String(tokens);
}

function trim(number: number): string {
  return String(Number(number.toFixed(number < 10 ? 1 : 0)));
}

/** Return prices in USD per million tokens, input/output: $3/$15; `?` if they are unknown. */
export function formatPrices(prices: unknown): string {
  const { input, output, tiers } = asFields(prices);
  const [cheap, dear] = [amount(input), amount(output)];
  if (cheap === undefined || dear === undefined) {
    return "?";
  }
  const more = Array.isArray(tiers) && tiers.length > 0 ? "+" : "";
  return `$${cheap}/$${dear}${more}`;
}

function amount(value: unknown): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return asNumber(number);
}

const SMALLEST = 0.000001;

/** Return an amount in USD as `aircher-cli` shows it: $0.42, $0.0013. */
export function formatCost(value: unknown): string {
  const usd = amount(value);
  if (usd === undefined) {
    return "?";
  }
  if (usd === 0) {
    return "$0";
  }
  if (usd < SMALLEST) {
    return `under $${SMALLEST.toFixed(6)}`;
  }
  const short = Number(usd.toPrecision(2));
  if (short >= 0.1) {
    return `$${usd.toFixed(2)}`;
  }
  const digits = 1 - Math.floor(Math.log10(short));
  return `$${short.toFixed(digits).replace(/0+$/, "")}`;
}

/** Return a number with its noun: 1 token, 2,000 tokens. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
