// What to say if the daemon is of another version than this client.

import { DaemonError } from "./errors.js";

/** Parts of the daemon's messages about what it does not know. */
const UNKNOWN = ["there is no field", ": cannot be ", "unknown topic"];

/** Return both versions and what to do. */
export function versionNotice(own: string, daemon: string): string {
  const versions = `aircherd ${daemon} is running, and this is the extension ${own}`;
  return isNewer(daemon, own)
    ? `${versions}, which is older: update the extension`
    : `${versions}: update aircher, then run 'aircher-cli daemon restart'`;
}

/** Return the error with the versions in its message, if they may be the reason. */
export function explainVersion(error: unknown, own: string, daemon: string): unknown {
  if (!(error instanceof DaemonError) || daemon === "" || daemon === own) {
    return error;
  }
  const isPart = error.code === "bad_request" && UNKNOWN.some((part) => error.message.includes(part));
  if (error.code !== "unknown_method" && !isPart) {
    return error;
  }
  const message = `${error.message}; this needs aircher ${own}. ${versionNotice(own, daemon)}`;
  return new DaemonError(error.code, message, error.data);
}

function isNewer(one: string, other: string): boolean {
  const [a, b] = [numbers(one), numbers(other)];
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) {
      return difference > 0;
    }
  }
  return false;
}

function numbers(version: string): number[] {
  const parts = version.split(".");
  const end = parts.findIndex((part) => !/^\d+$/.test(part));
  return (end === -1 ? parts : parts.slice(0, end)).map(Number);
}
