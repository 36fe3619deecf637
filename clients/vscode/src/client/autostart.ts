// Starts a daemon where none answers: `aircher-cli daemon start`, which returns once it is ready.

import { spawn } from "node:child_process";
import * as path from "node:path";

import type { Environment } from "./address.js";
import { DaemonUnreachable } from "./errors.js";

const PATIENCE_SECONDS = 60; // an old daemon may have to finish its requests first
const MAX_OUTPUT = 4096;
const LAST_WORDS_MS = 1000; // to read what a starter has said that has ended

export const INSTALL_HINT =
  "Install aircher (pipx install aircher), or set aircher.command to the path of aircher-cli";

/** Tell whether clients may start a daemon: not with AIRCHER_AUTOSTART=0. */
export function isAutostartAllowed(environ: Environment): boolean {
  const value = (environ["AIRCHER_AUTOSTART"] ?? "1").toLowerCase();
  return !["0", "no", "off", "false"].includes(value);
}

/** Run `COMMAND daemon start`; throws DaemonUnreachable with what it says. */
export function startDaemon(command: string, environ: Environment): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, ["daemon", "start"], {
      env: environmentOf(environ),
      // An empty or relative part of PATH means this folder, which must not be the one that is edited.
      cwd: "/",
      stdio: ["ignore", "ignore", "pipe"],
      timeout: PATIENCE_SECONDS * 1000,
    });
    let said = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => {
      said = (said + text).slice(0, MAX_OUTPUT);
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "ENOENT" ? "was not found" : `cannot be run (${error.code ?? "unknown"})`;
      reject(new DaemonUnreachable(`aircher is not running, and ${command} ${reason}. ${INSTALL_HINT}`));
    });
    // Not `close`: the daemon may hold the pipe open for longer than its starter lives.
    child.on("exit", (code) => {
      if (code === 0) {
        child.stderr.destroy();
        resolve();
        return;
      }
      // What it said last may still be in the pipe; the end of that comes soon, or a daemon has it.
      const giveUp = setTimeout(() => child.stderr.destroy(), LAST_WORDS_MS);
      const report = (): void => {
        clearTimeout(giveUp);
        const reason = said.trim() || `it ended with ${code ?? "a signal"}`;
        reject(new DaemonUnreachable(`${command} daemon start failed: ${reason}`));
      };
      if (child.stderr.closed) {
        report();
      } else {
        child.stderr.once("close", report);
      }
    });
  });
}

/**
 * Return the environment of the starter, and so of the daemon.
 *
 * What VS Code sets for its own processes would reach all that the daemon starts, for as long as it
 * runs. Relative paths mean what they mean here.
 */
function environmentOf(environ: Environment): NodeJS.ProcessEnv {
  const kept = Object.entries(environ).filter(([name]) => !/^(ELECTRON|VSCODE)_/.test(name));
  return Object.fromEntries(
    kept.map(([name, value]) => [name, PATHS.has(name) && isRelative(value) ? path.resolve(value) : value]),
  );
}

const PATHS = new Set(["AIRCHER_SOCKET", "AIRCHER_HOME"]);

function isRelative(value: string | undefined): value is string {
  return value !== undefined && /^[^/~]/.test(value);
}
