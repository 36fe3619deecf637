// Functions that decide: frames, words, what is followed and what is kept.

import assert from "node:assert/strict";

import { decodeMultiStream, encode } from "@msgpack/msgpack";

import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import { AnswerMemory } from "../../../../../clients/vscode/src/chat/memory.js";
import { FallbackLine } from "../../../../../clients/vscode/src/chat/fallback.js";
import { BrokenFrame, FrameReader, MAX_FRAME } from "../../../../../clients/vscode/src/client/frames.js";
import { startDaemon } from "../../../../../clients/vscode/src/client/autostart.js";
import { DaemonClient, type ClientOptions } from "../../../../../clients/vscode/src/client/client.js";
import { helloParams } from "../../../../../clients/vscode/src/client/hello.js";
import type { Fields } from "../../../../../clients/vscode/src/client/values.js";
import { findOrigin } from "../../../../../clients/vscode/src/client/project.js";
import { unseenVariables } from "../../../../../clients/vscode/src/client/signIn.js";
import { DaemonError } from "../../../../../clients/vscode/src/client/errors.js";
import { explainVersion, versionNotice } from "../../../../../clients/vscode/src/client/versions.js";
import { isPrivateFile, wholeRefusal } from "../../../../../clients/vscode/src/commands/privateFile.js";
import { SignIn } from "../../../../../clients/vscode/src/commands/signIn.js";
import { follow, readReplacement } from "../../../../../clients/vscode/src/commands/editRange.js";
import { formatCost, formatPrices, formatTokens, markOf, reasonOf } from "../../../../../clients/vscode/src/models/words.js";
import { readModelList } from "../../../../../clients/vscode/src/models/rows.js";
import { readInformation, requestedModel } from "../../../../../clients/vscode/src/models/information.js";
import { conversationOf } from "../../../../../clients/vscode/src/models/provider.js";
import { withWishes } from "../../../../../clients/vscode/src/models/wishes.js";
import { say, sayError, sayWarning, withoutLinks } from "../../../../../clients/vscode/src/view/say.js";
import { runAll, test, until } from "../running/cases.js";
import { assistant, remembered, user } from "../running/extension.js";
import { world } from "../stub/world.js";

function readAll(bytes: Uint8Array, size: number) {
  const reader = new FrameReader();
  const frames = [];
  for (let at = 0; at < bytes.length; at += size) {
    frames.push(...reader.read(bytes.subarray(at, at + size)));
  }
  return frames;
}

test("a frame is the same in pieces of any size", () => {
  const value = { text: "é".repeat(300), numbers: [1, -1, 2 ** 40, 1.5], nothing: null, deep: [[{ a: [] }]] };
  const one = encode([2, "event", [value]]);
  const bytes = Buffer.concat([one, encode([1, 7, null, value]), one]);
  for (const size of [1, 2, 3, 7, 64, bytes.length]) {
    const frames = readAll(bytes, size);
    assert.equal(frames.length, 3, String(size));
    assert.deepEqual(frames[0], { kind: "notification", method: "event", params: value });
    assert.deepEqual(frames[1], { kind: "response", id: 7, error: null, result: value });
  }
});

test("the daemon gets the name of this machine, which may be another one", () => {
  assert.equal(helloParams("1", {}, {})["host"], os.hostname());
});

test("no key is asked for where the daemon is on another machine, which takes none from here", async () => {
  const methods: string[] = [];
  const forwarded = {
    request: (method: string) => {
      methods.push(method);
      return Promise.resolve({ rows: [{ provider: "work", state: "not_configured" }], config: { file: "" } });
    },
  };
  const log = { info: () => undefined, warn: () => undefined };
  await new SignIn(forwarded as never, log as never).run(); // a question without an answer would fail
  assert.deepEqual(methods, ["auth.status"]);
  assert.match(world.messages.at(-1) ?? "", /on another machine, and takes no keys from this one: sign in there/);
});

test("a frame of 20 MB in small pieces is read in linear time", () => {
  const bytes = encode([1, 1, null, "x".repeat(20_000_000)]);
  const frames = readAll(bytes, 65_536);
  assert.equal(frames.length, 1);
});

test("text that is no UTF-8 is replaced", () => {
  const bytes = Buffer.from([0x94, 1, 1, 0xc0, 0xa3, 0xff, 0x61, 0xc3]);
  assert.deepEqual(readAll(bytes, 1)[0], { kind: "response", id: 1, error: null, result: "\ufffda\ufffd" });
});

test("what is no frame is refused, and so is one that is too large or too deep", () => {
  const broken = [
    Buffer.from([0xc1]),
    Buffer.from([0x94, 1, 1, 0xc7, 1, 1, 0]),
    encode("text"),
    encode([0, 1, "request", [{}]]),
    Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff, ...Array<number>(40).fill(0x91)]),
    Buffer.alloc(40, 0x91),
  ];
  for (const bytes of broken) {
    assert.throws(() => readAll(bytes, 1), BrokenFrame, bytes.toString());
  }
  assert.equal(MAX_FRAME, 33_554_432);
});

test("figures look as they do in the terminal", () => {
  assert.deepEqual(["0.42", "0.0013", "12.3456", "0", "0.0000001"].map(formatCost), [
    "$0.42",
    "$0.0013",
    "$12.35",
    "$0",
    "under $0.000001",
  ]);
  assert.deepEqual([200_000, 1_048_576, 1_500_000, 32_768, 512, undefined].map(formatTokens), [
    "200k",
    "1M",
    "1.5M",
    "33k",
    "512",
    "?",
  ]);
  assert.equal(formatPrices({ input: "3", output: "15", tiers: [{ above: 1 }] }), "$3/$15+");
  assert.equal(formatPrices({ input: "0.25", output: "2.00" }), "$0.25/$2");
  assert.equal(formatPrices(undefined), "?");
});

test("models that do not chat are left out, and what can answer comes first", () => {
  const models = [
    { provider: "b", model: "off", state: "not_configured" },
    { provider: "b", model: "cold", state: "authenticated", health: "cooling", until: 1 },
    { provider: "a", model: "vectors", state: "authenticated", chats: false },
    { provider: "a", model: "good", state: "authenticated", future: { field: 1 } },
    { provider: "c", model: "wrong", state: "rejected" },
    { provider: "d", model: "new", state: "a state of later" },
  ];
  const { rows } = readModelList({ models, aliases: [{ name: "quick", routes: ["b@key/cold", "a/good"] }] });
  assert.deepEqual(
    rows.map(({ name, mark }) => `${mark.symbol} ${name} ${mark.word}`),
    [
      "✓ quick ready",
      "✓ a/good ready",
      "⚠ b/cold cooling",
      "○ b/off not signed in",
      "✗ c/wrong refused",
      "· d/new unknown",
    ],
  );
});

test("what a model is known to lack is left out of a request, and thinking comes before sampling", () => {
  const models = [
    { provider: "a", model: "plain", state: "authenticated", reasoning: false },
    { provider: "a", model: "thinker", state: "authenticated", reasoning: true, sampling: false },
  ];
  const { rows } = readModelList({ models, aliases: [{ name: "both", routes: ["a/thinker", "a/plain"] }] });
  const [both, plain, thinker] = ["both", "a/plain", "a/thinker"].map((name) => rows.find((row) => row.name === name));
  const warm = { temperature: 0.5, top_p: 0.9 };
  assert.deepEqual(withWishes(warm, plain, "high"), warm);
  assert.deepEqual(withWishes(warm, both, "high"), {});
  assert.deepEqual(withWishes(warm, thinker, "high"), { reasoning: "high" });
  assert.deepEqual(withWishes(warm, thinker, undefined), {});
  assert.deepEqual(withWishes(warm, undefined, "low"), { reasoning: "low" });
  assert.deepEqual(withWishes({ ...warm, reasoning: "max" }, plain, "low"), warm);
  assert.deepEqual(withWishes({ reasoning: "max" }, thinker, "low"), { reasoning: "max" });
  assert.deepEqual(withWishes({ tool_choice: "required" }, thinker, "low"), { tool_choice: "required" });
  assert.deepEqual(withWishes(warm, undefined, "none"), { ...warm, reasoning: "none" });
});

test("without any key only the default is offered", () => {
  const list = readModelList({ models: [{ provider: "b", model: "off", state: "not_configured" }] });
  assert.deepEqual(readInformation(list).map(({ id }) => id), ["default"]);
});

test("an alias named default is another entry than the default", () => {
  const models = [{ provider: "a", model: "m", state: "authenticated" }];
  const list = readModelList({ models, aliases: [{ name: "default", routes: ["a/m"] }], default: "a/m" });
  const ids = readInformation(list).map(({ id }) => [id, requestedModel(id)]);
  assert.deepEqual(ids, [["default", undefined], ["alias:default", "default"], ["a/m", "a/m"]]);
});

test("several failures make one line, once another provider answers", () => {
  const lines: string[] = [];
  const line = new FallbackLine((text) => lines.push(text));
  for (const [provider, outcome] of [["a", "trying"], ["a", "overloaded"], ["b", "trying"], ["b", "a_new_code"], ["c", "trying"]]) {
    line.note({ type: "attempt", provider, outcome });
  }
  assert.deepEqual(lines, []);
  line.note({ type: "text", text: "hi" });
  line.note({ type: "text", text: "there" });
  assert.deepEqual(lines, ["a is overloaded, b a new code; c answers"]);
});

test("an edit's range moves with changes before it, and is lost by changes in it", () => {
  const range = { start: 10, end: 20 };
  assert.deepEqual(follow(range, { rangeOffset: 0, rangeLength: 3, text: "" }), { start: 7, end: 17 });
  assert.deepEqual(follow(range, { rangeOffset: 10, rangeLength: 0, text: "ab" }), { start: 12, end: 22 });
  assert.deepEqual(follow(range, { rangeOffset: 20, rangeLength: 5, text: "x" }), range);
  assert.equal(follow(range, { rangeOffset: 19, rangeLength: 1, text: "x" }), undefined);
  assert.equal(follow(range, { rangeOffset: 5, rangeLength: 6, text: "" }), undefined);
});

test("a fence around an answer is taken off, and the last line break is that of the range", () => {
  assert.equal(readReplacement("```ts\na\nb\n```", "x"), "a\nb");
  assert.equal(readReplacement("```ts\na\n```\n", "x\n"), "a\n");
  assert.equal(readReplacement("a\n", "x"), "a");
  assert.equal(readReplacement("a\nb", "x\r\n"), "a\r\nb\r\n");
  assert.equal(readReplacement("```\na\n```", "```\nb\n```"), "```\na\n```");
  assert.equal(readReplacement("use ```x``` here", "x"), "use ```x``` here");
});

const CALL = { type: "tool_call", id: "c1", name: "f", arguments: "{}", signature: "s", origin: "o" };
const THOUGHT = { type: "reasoning", text: "hm", signature: "t", origin: "o" };
const GIVEN = { type: "tool_call", id: "c1", name: "f", arguments: "{}" };

test("an answer with tools is given back as it came, with another text where that changed", () => {
  const memory = new AnswerMemory();
  const content = [THOUGHT, { type: "text", text: "so " }, CALL];
  memory.keep(content);
  assert.deepEqual(memory.restore([{ type: "text", text: "so" }, GIVEN]), content);
  const other = { type: "text", text: "other" };
  assert.deepEqual(memory.restore([other, GIVEN]), [THOUGHT, other, CALL]);
  const two = [GIVEN, { ...GIVEN, id: "c2" }];
  assert.equal(memory.restore(two), two);
});

test("what is kept of answers is bounded, and the oldest goes first", () => {
  const memory = new AnswerMemory();
  for (let number = 0; number < 300; number += 1) {
    memory.keep([THOUGHT, { ...CALL, id: `c${number}` }]);
  }
  const old = [{ ...GIVEN, id: "c0" }];
  assert.equal(memory.restore(old), old);
  assert.equal(memory.restore([{ ...GIVEN, id: "c299" }]).length, 2);
  memory.keep([{ ...THOUGHT, text: "x".repeat(9_000_000) }, CALL]);
  assert.equal(memory.restore([GIVEN]).length, 1);
});

test("a variable counts as unseen only if the daemon has neither its name nor its key", () => {
  const environ = { A: "a-key-of-16-chars-1234", B: "another-key-of-16-5678", C: "", D: "short" };
  const wanted = ["A", "B", "C", "D", "E"];
  assert.deepEqual(unseenVariables(wanted, [], environ), ["A", "B", "D"]);
  const rows = [
    { state: "authenticated", masked: "…1234" },
    { state: "authenticated", key: "env:D" },
  ];
  assert.deepEqual(unseenVariables(wanted, rows, environ), ["B"]);
  const rejected = [{ state: "rejected", masked: "…0000", key: "env:A", shadowed: [] }];
  assert.deepEqual(unseenVariables(["A"], rejected, environ), ["A"]);
});

test("versions are compared by their numbers", () => {
  assert.match(versionNotice("0.9.0", "0.10.0"), /which is older: update the extension/);
  assert.match(versionNotice("0.10.0", "0.9.9"), /update aircher, then run 'aircher-cli daemon restart'/);
  const unknown = new DaemonError("unknown_method", "there is no method x");
  assert.match(String(explainVersion(unknown, "0.2.0", "0.1.0")), /no method x; this needs aircher 0\.2\.0/);
  assert.equal(explainVersion(unknown, "0.2.0", "0.2.0"), unknown);
  const other = new DaemonError("rate_limited", "later");
  assert.equal(explainVersion(other, "0.2.0", "0.1.0"), other);
});

test("AIRCHER_PROJECT decides what is said of a folder", () => {
  const folder = process.env["AIRCHER_TEST_FOLDER"] ?? "";
  assert.deepEqual(findOrigin({}, `${folder}/inside`), { project: folder, folder: `${folder}/inside` });
  assert.deepEqual(findOrigin({}, folder), { project: folder });
  assert.deepEqual(findOrigin({}, undefined), {});
  const unreadable = `/${"x".repeat(300)}`; // longer than a name may be
  assert.deepEqual(findOrigin({}, unreadable), { folder: unreadable });
  assert.deepEqual(findOrigin({ AIRCHER_PROJECT: "" }, folder), {});
  assert.deepEqual(findOrigin({ AIRCHER_PROJECT: "/other" }, folder), { project: "/other" });
  assert.deepEqual(findOrigin({ AIRCHER_PROJECT: "name" }, folder), { project: "name", folder });
});

test("all turns of a conversation have one name, and others have another", () => {
  const chosen = remembered("a/m");
  const first = conversationOf(chosen, [user("hello")]);
  assert.match(first, /^vscode-[0-9a-f]{16}$/);
  assert.equal(conversationOf(chosen, [user("hello"), assistant("yes?"), user("more")]), first);
  assert.notEqual(conversationOf(chosen, [user("other")]), first);
  const system = [user("be short"), user("hello")];
  assert.equal(conversationOf(chosen, [...system, assistant("yes?")]), conversationOf(chosen, system));
  assert.notEqual(conversationOf(chosen, system), first);
});

/** A peer at a socket of its own, which answers as `reply` says. */
async function withPeer(
  reply: (method: string, params: Fields) => unknown[],
  run: (client: (options?: Partial<ClientOptions>) => DaemonClient) => Promise<void>,
): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "air"));
  const socket = path.join(folder, "peer.sock");
  const server = net.createServer((peer) => {
    const answer = async (): Promise<void> => {
      for await (const frame of decodeMultiStream(peer)) {
        const [, id, method, [params]] = frame as [number, number, string, [Fields]];
        reply(method, params).forEach((each) => {
          peer.write(encode(Array.isArray(each) ? [1, id, ...(each as unknown[])] : [2, "event", [each]]));
        });
      }
    };
    answer().catch(() => peer.destroy()); // the client has gone
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const clients: DaemonClient[] = [];
  const open = (options: Partial<ClientOptions> = {}): DaemonClient => {
    const usual = { version: "0.1.0", startCommand: () => undefined, origin: () => ({}), onNotice: () => undefined };
    clients.push(new DaemonClient({ environ: { ...process.env, AIRCHER_SOCKET: socket }, ...usual, ...options }));
    return clients.at(-1) as DaemonClient;
  };
  try {
    await run(open);
  } finally {
    clients.forEach((client) => client.dispose());
    server.close();
    fs.rmSync(folder, { recursive: true });
  }
}

test("an older daemon is watched without what it lacks, and lost events fetch the state again", async () => {
  const asked: string[][] = [];
  const reply = (method: string, params: Fields): unknown[] => {
    if (method !== "events.subscribe") {
      return [[null, { server: { name: "aircherd", version: "0.0.1" } }]];
    }
    const topics = params["topics"] as string[];
    asked.push(topics);
    if (topics.includes("models")) {
      return [[{ code: "bad_request", message: "unknown topic: models" }, null]];
    }
    const more = asked.length > 2 ? [] : [{ topic: "lagged", dropped: 3 }, { topic: "of a newer daemon" }];
    return [[null, { snapshot: { auth: [] } }], ...more];
  };
  await withPeer(reply, async (open) => {
    const seen: string[] = [];
    open().watch({
      topics: ["auth", "models"],
      optional: ["models"],
      onState: () => seen.push("state"),
      onEvent: (event) => seen.push(String(event["topic"])),
      onLost: (error) => seen.push(error.message),
    });
    await until("the state came twice", () => seen.filter((each) => each === "state").length === 2);
    assert.deepEqual(seen.sort(), ["of a newer daemon", "state", "state"]);
    assert.deepEqual(asked, [["auth", "models"], ["auth"], ["auth", "models"], ["auth"]]);
  });
});

test("a daemon that does not answer is reported, and nothing waits for it", async () => {
  await withPeer(
    () => [],
    async (open) => {
      await assert.rejects(open({ helloMs: 20 }).request("ping"), /does not answer: it hangs or is stopped/);
    },
  );
});

test("a flood of frames is taken in turns, in order and whole", async () => {
  const flood = Array.from({ length: 20_000 }, (_, number) => ({ topic: "auth", number }));
  const reply = (method: string): unknown[] => [[null, {}], ...(method === "events.subscribe" ? flood : [])];
  await withPeer(reply, async (open) => {
    const seen: unknown[] = [];
    let turns = 0;
    const onEvent = (event: Fields): void => {
      seen.push(event["number"]);
      if (seen.length % 1000 === 0) {
        const end = performance.now() + 10; // as slow as a listener that takes a whole turn
        while (performance.now() < end);
      }
    };
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    open().watch({ topics: ["auth"], optional: [], onState: () => undefined, onEvent, onLost: () => undefined });
    await until("all have come", () => seen.length === flood.length);
    clearInterval(timer);
    assert.deepEqual(seen, flood.map(({ number }) => number));
    assert.ok(turns > 1);
  });
});

test("a method that an older daemon lacks says which version it needs", async () => {
  const reply = (method: string): unknown[] =>
    method === "hello"
      ? [[null, { server: { name: "aircherd", version: "0.0.1" } }]]
      : [[{ code: "unknown_method", message: "there is no method models.use" }, null]];
  await withPeer(reply, async (open) => {
    await assert.rejects(open().request("models.use"), /no method models\.use; this needs aircher 0\.1\.0\. aircherd 0\.0\.1 is running/);
  });
});

test("a socket whose path is too long, open to others or no socket is refused with what to do", async () => {
  const refused = async (socket: string, expected: RegExp): Promise<void> => {
    const environ = { ...process.env, AIRCHER_SOCKET: socket };
    const options = { environ, version: "", startCommand: () => "/nowhere", origin: () => ({}), onNotice: () => undefined };
    await assert.rejects(new DaemonClient(options).request("ping"), expected);
  };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "air"));
  await refused(path.join(folder, "x".repeat(120)), /at most 10\d: .* shorter path/);
  fs.writeFileSync(path.join(folder, "a.sock"), "");
  await refused(path.join(folder, "a.sock"), /is not a socket: nothing was sent/);
  fs.chmodSync(folder, 0o750);
  await refused(path.join(folder, "a.sock"), /open to other users \(mode 0750\): run chmod 700/);
  fs.rmSync(folder, { recursive: true });
});

test("a daemon is started without what VS Code sets, and what its start says is reported", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "air"));
  const command = path.join(folder, "starter");
  fs.writeFileSync(command, '#!/bin/sh\necho "$*: $VSCODE_PID$ELECTRON_RUN_AS_NODE$KEPT" >&2\nexit 3\n', { mode: 0o700 });
  const environ = { ...process.env, VSCODE_PID: "1", ELECTRON_RUN_AS_NODE: "1", KEPT: "kept" };
  const said = new RegExp(`${command} daemon start failed: daemon start: kept$`);
  await assert.rejects(startDaemon(command, environ), said);
  fs.rmSync(folder, { recursive: true });
});

test("no program of the folder that is edited is started, whatever PATH says", async () => {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "air")));
  fs.writeFileSync(path.join(folder, "aircher-cli"), "#!/bin/sh\nexit 3\n", { mode: 0o700 });
  const before = process.cwd();
  process.chdir(folder);
  try {
    for (const way of ["", ".", `:${folder}/none`]) {
      await assert.rejects(startDaemon("aircher-cli", { PATH: way }), /was not found/, `PATH=${way}`);
    }
    const script = '#!/bin/sh\necho "$AIRCHER_SOCKET $AIRCHER_HOME" >&2\nexit 3\n';
    fs.writeFileSync(path.join(folder, "aircher-cli"), script, { mode: 0o700 });
    const environ = { PATH: process.env["PATH"], AIRCHER_SOCKET: "x/a.sock", AIRCHER_HOME: "~/air" };
    const said = new RegExp(`failed: ${folder}/x/a.sock ~/air$`);
    await assert.rejects(startDaemon(path.join(folder, "aircher-cli"), environ), said);
  } finally {
    process.chdir(before);
  }
  fs.rmSync(folder, { recursive: true });
});

test("a word of the daemon is looked for in the tables, and not in what every object has", () => {
  assert.equal(markOf({ state: "constructor" }).word, "unknown");
  assert.equal(markOf({ state: "authenticated", health: "__proto__" }).word, "ready");
  assert.equal(reasonOf("toString"), "toString");
});

test("a map with a key that would be a prototype ends the connection, and changes nothing", () => {
  const bytes = Buffer.concat([
    Buffer.from([0x94, 1, 1, 0xc0, 0x81, 0xa9]),
    Buffer.from("__proto__"),
    Buffer.from([0x81, 0xa1, 0x61, 1]),
  ]);
  assert.throws(() => readAll(bytes, bytes.length), BrokenFrame);
  assert.equal(({} as Fields)["a"], undefined);
});

test("files that usually have secrets are known by their names", () => {
  const cases = JSON.parse(fs.readFileSync("tests/protocol/private_files.json", "utf8")) as Record<string, string[]>;
  assert.deepEqual(cases["private"]?.filter((name) => !isPrivateFile(name)), []);
  assert.deepEqual(cases["others"]?.filter(isPrivateFile), []);
  assert.match(wholeRefusal("/x/.env") ?? "", /^\.env may have secrets/);
});

test("text from elsewhere makes no link in a message, as that could run a command", () => {
  const link = "[sign in again](command:workbench.action.terminal.new)";
  assert.equal(withoutLinks(`see ${link}`), "see [sign in again] (command:workbench.action.terminal.new)");
  sayError(link);
  sayWarning(link);
  say(link);
  for (const message of world.messages.slice(-3)) {
    assert.doesNotMatch(message, /\]\(/);
  }
});

test("a request is cancelled while a daemon is still being started", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "air"));
  const command = path.join(folder, "starter");
  fs.writeFileSync(command, '#!/bin/sh\nwhile [ -e "$0" ]; do sleep 0.05; done\n', { mode: 0o700 });
  const environ = { ...process.env, AIRCHER_SOCKET: path.join(folder, "a.sock"), AIRCHER_AUTOSTART: "1" };
  const options = { environ, version: "", startCommand: () => command, origin: () => ({}), onNotice: () => undefined };
  const stop = new AbortController();
  const asked = new DaemonClient(options).request("ping", {}, { signal: stop.signal });
  stop.abort();
  await assert.rejects(asked, /cancelled/);
  fs.rmSync(folder, { recursive: true });
});

void runAll();
