// Status and limits as a document that can be read, searched and copied. No key is in it.

import { asFields, asNumber, asRecords, asText, type Fields } from "../client/values.js";
import { DaemonError, messageOf } from "../client/errors.js";
import { count, formatCost, markOf } from "../models/words.js";
import type { Services } from "./services.js";

/** Show the page, and show it again while it is open and something changes. */
export async function showStatus(
  services: Services,
  onDidChange: (listener: () => void) => { dispose(): void },
): Promise<void> {
  if (await services.pages.showAgain("status")) {
    return; // it stays current while it is open
  }
  const text = await readStatus(services, true);
  let listener: { dispose(): void } | undefined;
  const page = await services.pages.open("status", () => listener?.dispose());
  page.replace(text);
  listener = onDidChange(() => {
    // A page that is open must not start a daemon that the user has stopped.
    readStatus(services, false).then(
      (now) => page.replace(now),
      (error: unknown) => page.replace(`# aircher\n\n${messageOf(error)}\n`),
    );
  });
}

async function readStatus({ client }: Services, mayStart: boolean): Promise<string> {
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  const since = midnight.getTime() / 1000;
  const [status, limits, usage] = await Promise.all([
    client.request("status", { keyring: false }, { mayStart }),
    client.request("limits.status", {}, { mayStart }),
    client.request("usage.report", { since, by: ["provider"] }, { mayStart }).catch(asMissing),
  ]);
  return statusText(asFields(status), asFields(limits), asFields(usage), Date.now() / 1000);
}

/** The ledger may be unreadable while all else works: its message stands for the figures. */
function asMissing(error: unknown): Fields {
  if (error instanceof DaemonError) {
    return { problem: error.message };
  }
  throw error;
}

export function statusText(status: Fields, limits: Fields, usage: Fields, now: number): string {
  const chosen = asFields(status["default"]);
  const candidates = asFields(chosen)["candidates"];
  const chain = Array.isArray(candidates) ? candidates.join(" → ") : "";
  const config = asFields(status["config"]);
  const parts = [
    "# aircher",
    `aircherd ${asText(status["version"])}, at ${asText(status["socket"])}`,
    asText(asFields(config["problem"])["message"]),
    "## Default model",
    asText(chosen["model"]) || chain || "none",
    chain === "" ? "" : `tried in turn: ${chain}`,
    asText(chosen["problem"]),
    "## Providers",
    bullets(asRecords(status["providers"]).filter(isWorthShowing).map((row) => providerLine(row, now))),
    "## Limits",
    bullets(asRecords(limits["limits"]).map((row) => limitLine(row, now))) || "none is configured",
    "## Today",
    asText(usage["problem"]) || bullets(asRecords(usage["rows"]).map(usageLine)) || "nothing was asked",
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

/** Of a provider that the configuration does not name and that has no key there is nothing to say. */
function isWorthShowing(row: Fields): boolean {
  return row["builtin"] !== true || !["not_configured", "not_required"].includes(asText(row["state"]));
}

function providerLine(row: Fields, now: number): string {
  const mark = markOf(row);
  const why = asText(row["health_reason"]) || asText(row["reason"]);
  const facts = [mark.word, why, untilText(row["until"], now)].filter((part) => part !== "");
  return `${mark.symbol} **${asText(row["provider"])}**: ${facts.join(", ")}`;
}

function limitLine(row: Fields, now: number): string {
  const counted = asText(row["counted"]);
  const show = (value: unknown): string =>
    counted === "usd" ? formatCost(value) : (asNumber(value) ?? 0).toLocaleString("en-US");
  const scope = ["provider", "key", "model", "client", "project"]
    .map((name) => asText(row[name]))
    .filter((name) => name !== "");
  const share = Math.floor(100 * (asNumber(row["share"]) ?? 0));
  const unit = counted === "usd" ? "" : ` ${counted}`;
  const reset = untilText(row["resets_at"], now);
  const used = `${show(row["used"])} of ${show(row["max"])}${unit} per ${asText(row["per"])} (${share}%)`;
  return [used, ...scope, reset].filter((part) => part !== "").join(", ");
}

function usageLine(row: Fields): string {
  const requests = count(asNumber(row["requests"]) ?? 0, "request");
  const input = count(asNumber(row["input_tokens"]) ?? 0, "token");
  const output = (asNumber(row["output_tokens"]) ?? 0).toLocaleString("en-US");
  const cost = formatCost(row["cost"]);
  return `**${asText(row["provider"])}**: ${requests}, ${input} in, ${output} out, ${cost}`;
}

function untilText(until: unknown, now: number): string {
  const moment = asNumber(until);
  if (moment === undefined) {
    return "";
  }
  const left = Math.ceil(moment - now);
  if (left < 1) {
    return "any moment";
  }
  return left < 60 ? `in ${left} s` : `until ${new Date(moment * 1000).toLocaleTimeString()}`;
}
