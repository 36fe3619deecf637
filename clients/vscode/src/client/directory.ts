// Checks that no other user can read or replace the socket, before anything is sent to it.
//
// Node cannot ask the kernel which process answers (SO_PEERCRED). So the owner and the mode of the socket
// itself are checked as well: in a directory that only this user can open and no one else can
// replace, only this user, or root, can have made a socket.

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { DaemonUnreachable } from "./errors.js";

const ROOT = 0;
const OPEN_TO_OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;
const WRITABLE_BY_ALL = 0o002;
const STICKY = 0o1000;
const MODE = 0o7777;
const MAX_LINKS = 40; // the kernel follows no more

/** Tell whether `directory` exists, belongs to `uid` and is closed to other users. */
export function isPrivateDirectory(directory: string, uid: number): boolean {
  const found = lstat(directory);
  return found !== undefined && directoryFault(directory, found, uid) === undefined;
}

/**
 * Check the directory of a socket, those above it, and the socket itself.
 *
 * Return whether the socket exists. Throws DaemonUnreachable, with what to do, if another user
 * could read what is sent.
 */
export function checkSocket(socket: string, uid: number): boolean {
  const directory = path.dirname(socket);
  const found = lstat(directory);
  if (found === undefined) {
    return false;
  }
  checkDirectory(directory, uid);
  const file = lstat(socket);
  if (file === undefined) {
    return false;
  }
  const fault = socketFault(socket, file, uid);
  if (fault !== undefined) {
    throw new DaemonUnreachable(`${fault}: nothing was sent. Set AIRCHER_SOCKET elsewhere`);
  }
  return true;
}

/** Check the socket's directory and those above it; throws DaemonUnreachable. */
export function checkDirectory(directory: string, uid: number): void {
  const found = fs.lstatSync(directory);
  const fault = directoryFault(directory, found, uid);
  if (fault !== undefined) {
    throw new DaemonUnreachable(`${fault}; or set AIRCHER_SOCKET elsewhere`);
  }
  const replaceable = findOpenParent(directory, uid);
  if (replaceable !== undefined) {
    throw new DaemonUnreachable(
      `other users could replace the socket's directory ${directory}: ${replaceable}. ` +
        "Set AIRCHER_SOCKET elsewhere, or close it to them",
    );
  }
}

function directoryFault(directory: string, found: fs.Stats, uid: number): string | undefined {
  const name = `the socket's directory ${directory}`;
  if (found.isSymbolicLink()) {
    return `${name} is a symlink: put a real directory there`;
  }
  if (!found.isDirectory()) {
    return `${name} is not a directory: move it away`;
  }
  if (found.uid !== uid) {
    return `${name} belongs to user ${found.uid}, not to you (${uid}): move it away`;
  }
  if ((found.mode & OPEN_TO_OTHERS) !== 0) {
    return `${name} is open to other users (mode ${octal(found)}): run chmod 700 on it`;
  }
  return undefined;
}

function socketFault(socket: string, found: fs.Stats, uid: number): string | undefined {
  if (!found.isSocket()) {
    return `${socket} is not a socket`;
  }
  if (found.uid !== uid && found.uid !== ROOT) {
    return `the socket ${socket} belongs to another user (uid ${found.uid})`;
  }
  return undefined;
}

/** Return why other users could replace what is at `name`; undefined if none can. */
function findOpenParent(name: string, uid: number): string | undefined {
  let current = "/";
  let links = 0;
  const left = parts(name);
  let fault = parentFault("/", lstat("/"), uid);
  while (left.length > 0 && fault === undefined) {
    const part = left.pop() ?? "";
    if (part === "..") {
      current = path.dirname(current);
      continue;
    }
    const here = path.join(current, part);
    const found = lstat(here);
    if (found === undefined) {
      return undefined; // it does not exist, or no one can open it
    }
    if (found.isSymbolicLink()) {
      fault = isTrusted(found.uid, uid) ? undefined : foreign(here, found.uid);
      const target = fs.readlinkSync(here);
      current = target.startsWith("/") ? "/" : current;
      left.push(...parts(target));
      links += 1;
      if (links > MAX_LINKS) {
        return undefined;
      }
    } else {
      fault = left.length > 0 ? parentFault(here, found, uid) : undefined;
      current = here;
    }
  }
  return fault;
}

function parentFault(
  directory: string,
  found: fs.Stats | undefined,
  uid: number,
): string | undefined {
  if (found === undefined) {
    return undefined;
  }
  if (!isTrusted(found.uid, uid)) {
    return foreign(directory, found.uid);
  }
  const isOpen = (found.mode & WRITABLE_BY_OTHERS) !== 0 && (found.mode & STICKY) === 0;
  const isOfOwnGroup = (found.mode & WRITABLE_BY_ALL) === 0 && isOwnGroup(found.gid, found.uid);
  return isOpen && !isOfOwnGroup
    ? `other users may write in ${directory} (mode ${octal(found)})`
    : undefined;
}

function parts(name: string): string[] {
  return name
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .reverse();
}

/** Root is trusted, and so is the owner of unmapped files in a user namespace without root. */
function isTrusted(owner: number, uid: number): boolean {
  return owner === uid || owner === ROOT || isUnmappedRoot(owner);
}

function isUnmappedRoot(owner: number): boolean {
  try {
    const ranges = fs.readFileSync("/proc/self/uid_map", "ascii").trim().split("\n");
    const overflow = Number(fs.readFileSync("/proc/sys/kernel/overflowuid", "ascii"));
    const hasRoot = ranges.some((range) => Number(range.trim().split(/\s+/)[0]) === ROOT);
    return !hasRoot && owner === overflow;
  } catch {
    return false; // not Linux
  }
}

/** Tell whether the user is alone in the group, as in the private groups of most systems. */
function isOwnGroup(gid: number, uid: number): boolean {
  try {
    const users = database("/etc/passwd");
    const group = database("/etc/group").find((row) => Number(row[2]) === gid);
    const user = users.find((row) => Number(row[2]) === uid);
    const members = (group?.[3] ?? "").split(",").filter((name) => name !== "");
    return (
      group !== undefined &&
      user !== undefined &&
      group[0] === user[0] &&
      members.every((name) => name === user[0])
    );
  } catch {
    return false;
  }
}

function database(file: string): string[][] {
  return fs
    .readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.split(":"));
}

function foreign(name: string, owner: number): string {
  return `${name} belongs to another user (uid ${owner})`;
}

function octal(found: fs.Stats): string {
  return (found.mode & MODE).toString(8).padStart(4, "0");
}

/** Return what is at `name`; undefined if there is nothing, or it cannot be looked at. */
function lstat(name: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      return undefined;
    }
    throw new DaemonUnreachable(
      `cannot look at ${name} (${code ?? "unknown"}): set AIRCHER_SOCKET or XDG_RUNTIME_DIR to ` +
        `what you own, ${os.userInfo().username}`,
    );
  }
}
