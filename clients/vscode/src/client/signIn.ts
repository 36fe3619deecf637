// What to do about an error because of missing or unusable keys, as `aircher_client.sign_in` does.
//
// The daemon does not see the environment of its clients, and clients do not see its keys. So it
// sends the names that it would read, and the client compares them with its own environment.

import type { Environment } from "./address.js";
import { DaemonError } from "./errors.js";
import { asRecords, asText, asTexts, isFields, type Fields } from "./values.js";

const MIN_COMPARED = 16; // characters from which on the daemon shows the last four of a key
const USABLE = new Set(["authenticated", "unverified", "not_required"]);

export interface ProviderSignIn {
  readonly provider: string;
  readonly state: string;
  readonly isNeeded: boolean;
  readonly reason: string;
  readonly keysPage: string;
  /** Whether a key that the user types would help. */
  readonly takesKey: boolean;
  /** The label of the key that would be replaced. */
  readonly label: string;
  /** A model that could be asked instead; empty if none is known. */
  readonly model: string;
  /** Variables of this process with a key for it, which the daemon cannot see. */
  readonly unseen: readonly string[];
}

/** Return `data.sign_in` of an error; undefined if it is not about keys. */
export function readSignIn(error: unknown, environ: Environment): ProviderSignIn[] | undefined {
  const found = error instanceof DaemonError ? error.data["sign_in"] : undefined;
  if (!isFields(found)) {
    return undefined;
  }
  const rows = asRecords(found["providers"]);
  const unseen = unseenVariables(asTexts(found["environment"]), rows, environ);
  return rows.map((row) => readProvider(row, unseen));
}

export function isUsable(state: string): boolean {
  return USABLE.has(state);
}

function readProvider(row: Fields, unseen: readonly string[]): ProviderSignIn {
  const command = asText(row["command"]);
  return {
    provider: asText(row["provider"]),
    state: asText(row["state"]),
    isNeeded: row["needed"] === true,
    reason: asText(row["reason"]),
    keysPage: asText(row["keys_page"]),
    takesKey: command.startsWith("aircher-cli auth login"),
    label: command.split(" --label ")[1] ?? "",
    model: asText(row["model"]),
    unseen: asTexts(row["env"]).filter((name) => unseen.includes(name)),
  };
}

/**
 * Return the names of variables that this environment has and the daemon cannot see.
 *
 * One that the daemon sees is in a row, as a key, a source or shadowed. It counts as unseen
 * nevertheless if its key was rejected and this one ends differently. One whose key the daemon seems
 * to have already, by its last characters, is left out.
 */
export function unseenVariables(
  wanted: readonly string[],
  rows: readonly Fields[],
  environ: Environment,
): string[] {
  const seen = new Set(rows.filter((row) => !isRejected(row)).flatMap(namesIn));
  const rejected = new Set(rows.filter(isRejected).flatMap(namesIn));
  const masked = rows.map((row) => asText(row["masked"])).filter((text) => text !== "");
  const known = new Set(masked.map((text) => text.slice(-4)));
  return wanted.filter((name) => {
    const value = (environ[name] ?? "").trim();
    const isLong = value.length >= MIN_COMPARED;
    const isSeen = seen.has(name) || (rejected.has(name) && !isLong);
    return value !== "" && !isSeen && !(isLong && known.has(value.slice(-4)));
  });
}

function isRejected(row: Fields): boolean {
  return row["state"] === "rejected" && asText(row["masked"]).length > 1;
}

function namesIn(row: Fields): string[] {
  const fields = [asText(row["source"]), ...asTexts(row["shadowed"]), asText(row["key"])];
  return fields
    .join(" ")
    .replaceAll("env:", " ")
    .replaceAll(",", " ")
    .split(/\s+/)
    .filter((word) => word !== "");
}
