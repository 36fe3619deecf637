// The project that requests are attributed to, and the folder that they come from, as the bundled
// clients find them: the nearest parent folder with a `.git`; AIRCHER_PROJECT overrides it.

import * as fs from "node:fs";
import * as path from "node:path";

import type { Environment } from "./address.js";

const MAX_LENGTH = 4096; // characters that the daemon accepts

export interface Origin {
  readonly project?: string;
  readonly folder?: string;
}

/** Return what `hello` says of a folder of this machine; undefined is no folder. */
export function findOrigin(environ: Environment, folder: string | undefined): Origin {
  const override = environ["AIRCHER_PROJECT"]?.trim();
  const project = override ?? (folder === undefined ? "" : findRoot(folder));
  const isSaid = folder !== undefined && (override === undefined || isName(override));
  return {
    ...(isSendable(project) ? { project } : {}),
    ...(isSaid && folder !== project && isSendable(folder) ? { folder } : {}),
  };
}

/** A name for a project, and no path: the folder is said beside it. */
function isName(override: string): boolean {
  return override !== "" && !override.startsWith("/");
}

function findRoot(start: string): string {
  let folder = path.resolve(start);
  for (;;) {
    if (exists(path.join(folder, ".git"))) {
      return folder;
    }
    const above = path.dirname(folder);
    if (above === folder) {
      return "";
    }
    folder = above;
  }
}

/** What cannot be looked at counts as missing: a request must not fail because of it. */
function exists(name: string): boolean {
  try {
    return fs.lstatSync(name, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function isSendable(name: string): boolean {
  return name !== "" && name.length <= MAX_LENGTH;
}
