// Finds the daemon's socket: docs/protocol.md, "Connecting". The environment is passed in.
//
//     $AIRCHER_SOCKET
//     else <runtime>/aircher/aircher.sock         runtime: $XDG_RUNTIME_DIR, or /run/user/<uid>
//     else <home>/run/<host hash>.sock            home: $AIRCHER_HOME, or ~/.aircher
//
// A home other than ~/.aircher has another name in the runtime directory: two homes never share a
// daemon.

import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { isPrivateDirectory } from "./directory.js";
import { DaemonUnreachable } from "./errors.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The longest path of a socket in bytes: Linux has 108 in `sockaddr_un`, macOS 104. */
const MAX_PATH = process.platform === "darwin" ? 103 : 107;

export interface User {
  readonly uid: number;
  readonly hostname: string;
  /** Tells whether /run/user/<uid> is a directory of this user with mode 0700. */
  readonly isPrivate: (directory: string, uid: number) => boolean;
}

export function thisUser(): User {
  return { uid: userId(), hostname: os.hostname(), isPrivate: isPrivateDirectory };
}

/** The user of this process. Node has no such thing on Windows, where the daemon does not run. */
export function userId(): number {
  if (process.getuid === undefined) {
    throw new DaemonUnreachable(
      "aircher needs Unix sockets and users: on Windows, open the folder in WSL",
    );
  }
  return process.getuid();
}

/** Return the absolute path of the socket. Throws DaemonUnreachable if there is no home. */
export function findSocket(environ: Environment, user: User = thisUser()): string {
  const named = environ["AIRCHER_SOCKET"];
  if (named) {
    return absolute(named, environ);
  }
  const runtime = runtimeDirectory(environ, user);
  if (runtime !== undefined) {
    return `${runtime}/aircher/${homeHash(environ) ?? "aircher"}.sock`;
  }
  return `${aircherHome(environ)}/run/${shortHash(user.hostname)}.sock`;
}

/** Throw DaemonUnreachable if a path is too long for a socket. */
export function checkLength(path: string): void {
  const size = Buffer.byteLength(path);
  if (size > MAX_PATH) {
    throw new DaemonUnreachable(
      `the socket's path has ${size} bytes, and the system takes at most ${MAX_PATH}: ${path}. ` +
        "Set AIRCHER_SOCKET to a shorter path",
    );
  }
}

function runtimeDirectory(environ: Environment, user: User): string | undefined {
  const named = stripSlashes(environ["XDG_RUNTIME_DIR"] ?? "");
  if (named.startsWith("/")) {
    return named; // the XDG specification ignores relative paths
  }
  const usual = `/run/user/${user.uid}`;
  return user.isPrivate(usual, user.uid) ? usual : undefined;
}

function homeHash(environ: Environment): string | undefined {
  if (!environ["AIRCHER_HOME"]) {
    return undefined;
  }
  const home = realPath(aircherHome(environ));
  return home === realPath(`${userHome(environ)}/.aircher`) ? undefined : shortHash(home);
}

function aircherHome(environ: Environment): string {
  const named = environ["AIRCHER_HOME"];
  return named ? absolute(named, environ) : `${userHome(environ)}/.aircher`;
}

function userHome(environ: Environment): string {
  const named = environ["HOME"] ?? "";
  const home = named.startsWith("/") ? named : homeInUserDatabase();
  return stripSlashes(home);
}

function homeInUserDatabase(): string {
  try {
    const home = os.userInfo().homedir;
    if (home.startsWith("/")) {
      return home;
    }
  } catch {
    // The user database does not know this user: the error below says so.
  }
  throw new DaemonUnreachable(
    "no home directory can be found: HOME is not set to an absolute path, and the user database " +
      "has none. Set HOME to a directory of your own",
  );
}

function absolute(name: string, environ: Environment): string {
  const isInHome = name === "~" || name.startsWith("~/");
  return path.resolve(isInHome ? userHome(environ) + name.slice(1) : name);
}

/** As Python's `os.path.realpath`: what does not exist is kept as it is. */
function realPath(name: string): string {
  const left: string[] = [];
  let current = path.resolve(name);
  for (;;) {
    try {
      return path.join(fs.realpathSync(current), ...left);
    } catch {
      const target = linkTarget(current);
      const parent = path.dirname(current);
      if (target !== undefined) {
        current = path.resolve(parent, target);
      } else if (parent === current) {
        return path.join(current, ...left);
      } else {
        left.unshift(path.basename(current));
        current = parent;
      }
      if (left.length > 255) {
        return path.resolve(name);
      }
    }
  }
}

/** The target of a symlink that leads nowhere; undefined for what is none, or leads in a circle. */
function linkTarget(name: string): string | undefined {
  try {
    fs.statSync(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ELOOP") {
      return undefined;
    }
  }
  try {
    return fs.readlinkSync(name);
  } catch {
    return undefined;
  }
}

function stripSlashes(name: string): string {
  return name.replace(/\/+$/, "");
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
