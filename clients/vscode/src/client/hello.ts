// What the client says of itself, and what the daemon answers; plain functions.

import { hostname } from "node:os";

import type { Environment } from "./address.js";
import type { Origin } from "./project.js";
import { asFields, asRecords, asText, type Fields } from "./values.js";
import { versionNotice } from "./versions.js";

const PROTOCOL = 1;
const PACE_MS = 25; // the daemon joins the pieces of an answer that come meanwhile
const MAX_BUS = 4096; // characters that the daemon accepts

export function helloParams(version: string, origin: Origin, environ: Environment): Fields {
  const bus = sessionBus(environ);
  return {
    protocol: PROTOCOL,
    client: { name: "vscode", version },
    shows_notices: true,
    pace_ms: PACE_MS,
    host: hostname(), // the daemon may be on another machine
    ...origin,
    ...(bus === undefined ? {} : { session_bus: bus }),
  };
}

/** The daemon's version in its answer to `hello`; empty if it is not known. */
export function versionOf(server: Fields | undefined): string {
  return asText(asFields(server?.["server"])["version"]);
}

/** Return the sentences that the user should see, that of different versions first. */
export function noticesOf(server: Fields, own: string): string[] {
  const found = versionOf(server);
  const isOther = found !== "" && found !== own;
  // The daemon's own notice about that says the same.
  const notices = asRecords(server["notices"]).filter(
    ({ code }) => !(isOther && code === "installation_replaced"),
  );
  const messages = notices.map(({ message }) => asText(message));
  return [...(isOther ? [versionNotice(own, found)] : []), ...messages].filter((text) => text !== "");
}

/** Where this session's bus is; undefined if the daemon looks there anyway. */
function sessionBus(environ: Environment): string | undefined {
  const named = environ["DBUS_SESSION_BUS_ADDRESS"];
  const usual = `unix:path=/run/user/${process.getuid?.() ?? 0}/bus`;
  const isSendable = named !== undefined && named.length <= MAX_BUS && /^[\x20-\x7e]+$/.test(named);
  return isSendable && named !== usual ? named : undefined;
}
