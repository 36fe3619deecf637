// The extension's client passes the transcripts, addresses and directories that every client passes.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { findSocket } from "../../../../../clients/vscode/src/client/address.js";
import { checkSocket } from "../../../../../clients/vscode/src/client/directory.js";
import { messageOf } from "../../../../../clients/vscode/src/client/errors.js";
import { please, runAll, test } from "../running/cases.js";
import { Replay, type Transcript } from "../running/replay.js";

const CASES = process.env["AIRCHER_CASES"] ?? "";
const TRANSCRIPTS = process.env["AIRCHER_TRANSCRIPTS"] ?? "";

function read<T>(file: string): T {
  return JSON.parse(fs.readFileSync(file, "utf8")) as T;
}

interface AddressCase {
  readonly about: string;
  readonly environ: Record<string, string>;
  readonly uid: number;
  readonly hostname: string;
  readonly private: string[];
  readonly socket: string;
}

interface DirectoryCase {
  readonly about: string;
  readonly directory: string;
  readonly result: string;
}

test("addresses", () => {
  const cases = read<AddressCase[]>(path.join(CASES, "addresses.json"));
  assert.ok(cases.length > 5);
  for (const { about, environ, uid, hostname, private: closed, socket } of cases) {
    const isPrivate = (directory: string): boolean => closed.includes(directory);
    assert.equal(findSocket(environ, { uid, hostname, isPrivate }), socket, about);
  }
});

test("directories", () => {
  const cases = read<DirectoryCase[]>(path.join(CASES, "directories.json"));
  assert.ok(cases.length > 5);
  for (const { about, directory, result } of cases) {
    const said = judge(directory);
    assert.ok(result === said || (result !== "ok" && said.includes(result)), `${about}: ${said}`);
  }
});

function judge(directory: string): string {
  try {
    checkSocket(path.join(directory, "aircher.sock"), process.getuid?.() ?? -1);
    return fs.existsSync(directory) ? "ok" : "missing";
  } catch (error) {
    return messageOf(error);
  }
}

test("transcripts", async () => {
  const names = fs.readdirSync(TRANSCRIPTS).filter((name) => name.endsWith(".json"));
  await Promise.all(
    names.map(async (file) => {
      const name = path.basename(file, ".json");
      const replay = new Replay(path.join(TRANSCRIPTS, `${name}.sock`));
      const found = await replay
        .run(read<Transcript>(path.join(TRANSCRIPTS, file)))
        .catch((error: unknown) => messageOf(error));
      await please("note", [name, found ?? null]);
    }),
  );
});

void runAll();
