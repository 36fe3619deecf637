// The rows of `models.list`, in the order in which a user wants to choose: aliases first, and what
// can answer now before the rest. The picker, VS Code's model list and the status use them.

import { asFields, asNumber, asRecords, asText, asTexts, type Fields } from "../client/values.js";
import { formatPrices, formatTokens, markOf, NOT_SIGNED_IN, type Mark } from "./words.js";

export interface ModelRow {
  /** What a chat request names: an alias, or `provider/model`. */
  readonly name: string;
  readonly isAlias: boolean;
  readonly isDefault: boolean;
  readonly provider: string;
  readonly model: string;
  /** The name for people, from the catalogue. */
  readonly title: string;
  readonly mark: Mark;
  /** Tokens; undefined if they are unknown. */
  readonly window: number | undefined;
  readonly maxOutput: number | undefined;
  readonly tools: boolean | undefined;
  readonly images: boolean | undefined;
  readonly reasons: boolean | undefined;
  /** Whether it accepts `temperature` and `top_p`. */
  readonly samples: boolean | undefined;
  readonly prices: string;
  readonly released: string;
  /** The models that are tried in turn, `provider/model` each. */
  readonly routes: readonly string[];
}

export interface ModelList {
  readonly rows: readonly ModelRow[];
  /** The model of a request without one; empty if there is none. */
  readonly defaultModel: string;
}

/** Read the result of `models.list`. Models that do not chat are left out. */
export function readModelList(result: unknown): ModelList {
  const { models, aliases, default: named } = asFields(result);
  const defaultModel = asText(named);
  const rows = asRecords(models)
    .filter((row) => row["chats"] !== false)
    .map((row) => modelRow(row, defaultModel));
  const byName = new Map(rows.map((row) => [row.name, row]));
  const aliasRows = asRecords(aliases).map((row) => aliasRow(row, byName, defaultModel));
  return { rows: [...aliasRows, ...rows].sort(inOrder), defaultModel };
}

/** Return a row in one line: `✓ ready  anthropic  200k  $3/$15`. */
export function describe(row: ModelRow): string {
  const facts = [formatTokens(row.window), row.prices].filter((fact) => fact !== "?");
  return [`${row.mark.symbol} ${row.mark.word}`, row.provider, ...facts].join("  ");
}

/** Return the chain of a row: `work/gpt-5.5 → spare/claude-sonnet-5`. */
export function chainOf(row: ModelRow): string {
  return row.routes.join(" → ");
}

function modelRow(row: Fields, defaultModel: string): ModelRow {
  const provider = asText(row["provider"]);
  const model = asText(row["model"]);
  const name = `${provider}/${model}`;
  return {
    name,
    isAlias: false,
    isDefault: row["is_default"] === true || name === defaultModel,
    provider,
    model,
    title: asText(row["name"]) || model,
    mark: markOf(row),
    window: asNumber(row["window"]),
    maxOutput: asNumber(row["max_output"]),
    tools: asFlag(row["tools"]),
    images: asFlag(row["images"]),
    reasons: asFlag(row["reasoning"]),
    samples: asFlag(row["sampling"]),
    prices: formatPrices(row["prices"]),
    released: asText(row["released"]),
    routes: [name],
  };
}

/**
 * An alias has the figures of its first route and the state of the first that answers. It has the
 * tools and pictures of any route, since the others are skipped then, but thinks only if all do.
 */
function aliasRow(alias: Fields, byName: Map<string, ModelRow>, defaultModel: string): ModelRow {
  const name = asText(alias["name"]);
  const routes = asTexts(alias["routes"]);
  const known = routes.flatMap((route) => byName.get(withoutLabel(route)) ?? []);
  const first = known[0];
  const answering = known.find((row) => row.mark.answers) ?? first;
  return {
    name,
    isAlias: true,
    isDefault: name === defaultModel,
    provider: answering?.provider ?? routes[0]?.split("/")[0] ?? "",
    model: first?.model ?? routes[0]?.split("/").slice(1).join("/") ?? "",
    title: name,
    mark: answering?.mark ?? NOT_SIGNED_IN,
    window: first?.window,
    maxOutput: first?.maxOutput,
    tools: anyOf(known.map((row) => row.tools)),
    images: anyOf(known.map((row) => row.images)),
    reasons: allOf(known.map((row) => row.reasons)),
    samples: allOf(known.map((row) => row.samples)),
    prices: first?.prices ?? "?",
    released: first?.released ?? "",
    routes,
  };
}

/** `provider@label/model` is the same model as `provider/model`. */
function withoutLabel(route: string): string {
  const slash = route.indexOf("/");
  const provider = route.slice(0, slash).split("@")[0] ?? "";
  return provider + route.slice(slash);
}

function asFlag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function anyOf(flags: readonly (boolean | undefined)[]): boolean | undefined {
  return flags.includes(true) ? true : flags.includes(undefined) ? undefined : flags[0];
}

function allOf(flags: readonly (boolean | undefined)[]): boolean | undefined {
  return flags.includes(false) ? false : flags.includes(undefined) ? undefined : flags[0];
}

function inOrder(one: ModelRow, other: ModelRow): number {
  return rank(one) - rank(other) || one.name.localeCompare(other.name);
}

function rank(row: ModelRow): number {
  return (row.isAlias ? 0 : 2) + (row.mark.answers ? 0 : 1);
}
