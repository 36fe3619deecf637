// The built extension with a real daemon and simulated providers, from activation to the last key.

import assert from "node:assert/strict";

import * as stub from "../stub/vscode.js";
import { world, type Picker } from "../stub/world.js";
import { DaemonClient } from "../../../../../clients/vscode/src/client/client.js";
import { asFields, asRecords, type Fields } from "../../../../../clients/vscode/src/client/values.js";
import { please, runAll, test, until } from "../running/cases.js";
import { answer, assistant, chat, model, models, remembered, Running, textOf, user } from "../running/extension.js";

const WORK_KEY = process.env["AIRCHER_TEST_WORK_KEY"] ?? "";
const SPARE_KEY = process.env["AIRCHER_TEST_SPARE_KEY"] ?? "";
const TOOL = {
  name: "lookup",
  description: "Looks up",
  inputSchema: { type: "object", properties: { q: { type: "number" } } },
};

let running: Running;
const second = new DaemonClient({
  environ: process.env,
  version: "0.0.9",
  startCommand: () => undefined,
  origin: () => ({}),
  onNotice: (message) => world.messages.push(`second: ${message}`),
});

async function lastRequest(): Promise<Fields> {
  return asFields(await please("last request"));
}

function bar(): string {
  return world.bars.at(-1)?.text ?? "";
}

function pageWith(name: string, part: string): string | undefined {
  const text = world.page(name);
  return text?.includes(part) ? text : undefined;
}

function filledPicker(): Picker | undefined {
  const picker = world.pickers.at(-1);
  return (picker?.items.length ?? 0) > 3 ? picker : undefined;
}

async function code(done: Promise<unknown>): Promise<string> {
  try {
    await done;
    return "no error";
  } catch (error) {
    return error instanceof stub.LanguageModelError ? error.code : String(error);
  }
}

test("the status bar shows the default model, its state and the spend of today", async () => {
  running = new Running();
  await until("the bar shows the model", () => bar().includes("work/gpt-5.5"));
  await until("the bar shows the spend", () => bar().includes("$0"));
  assert.ok(bar().startsWith("✓ "), bar());
  assert.equal(world.bars.at(-1)?.isShown, true);
});

test("the default comes first, then aliases, then models, with state and price", async () => {
  const all = await models();
  assert.deepEqual(all.slice(0, 2).map(({ id }) => id), ["default", "chain"]);
  const chain = await model("chain");
  assert.equal(chain.tooltip?.split("\n")[0], "work/gpt-5.5 → spare/claude-sonnet-5");
  const work = await model("work/gpt-5.5");
  assert.match(work.detail ?? "", /^✓ ready {2}work {2}\d+(\.\d)?[kM] {2}\$[\d.]+\/\$[\d.]+\+?$/);
  assert.equal(work.capabilities.toolCalling, true);
  assert.equal(work.capabilities.imageInput, true);
  assert.ok(work.maxInputTokens > work.maxOutputTokens && work.maxOutputTokens > 0);
  assert.equal(all.find(({ id }) => id.startsWith("spare/")), undefined);
});

test("text comes as it was said, and the upstream gets the messages alone", async () => {
  const system = { ...user("be short"), role: 3 as never }; // its name is not in the stable API
  const messages = [system, user("one"), assistant("two"), user("three four")];
  assert.equal(await answer(await model("work/gpt-5.5"), messages), "three four");
  const [first] = asRecords((await lastRequest())["messages"]);
  assert.match(String(first?.["role"]), /system|developer/);
  const request = JSON.stringify(await lastRequest());
  assert.ok(request.includes("three four") && request.includes("two"), request);
});

test("a round of tools goes there and back", async () => {
  const asked = user('say wait; call lookup {"q": 1}');
  const chosen = await model("default");
  const first = chat(chosen, [asked], { tools: [TOOL] });
  await first.done;
  const call = first.parts.find((part) => part instanceof stub.LanguageModelToolCallPart);
  assert.ok(call instanceof stub.LanguageModelToolCallPart);
  assert.deepEqual([call.name, call.input], ["lookup", { q: 1 }]);
  assert.equal(textOf(first.parts), "wait");
  const result = new stub.LanguageModelToolResultPart(call.callId, [
    new stub.LanguageModelTextPart("found"),
    new stub.LanguageModelPromptTsxPart({ node: 1 }),
    { unknown: "part" },
  ]);
  const said = await answer(chosen, [asked, assistant("wait", call), user(result)], { tools: [TOOL] });
  assert.match(said, /^The tools answered: found\s*\{"node":1\}/);
});

test("a tool that is required is called", async () => {
  const options = { tools: [TOOL], toolMode: stub.LanguageModelChatToolMode.Required };
  const { done, parts } = chat(await model("default"), [user("hello")], options);
  await done;
  assert.ok(parts.some((part) => part instanceof stub.LanguageModelToolCallPart));
});

test("pictures are sent as pictures, and unknown parts are left out", async () => {
  const pixel = Buffer.from(process.env["AIRCHER_TEST_PICTURE"] ?? "", "base64");
  const picture = { mimeType: "image/png", data: new Uint8Array(pixel) };
  const mark = { mimeType: "cache_control", data: new Uint8Array(Buffer.from("ephemeral")) };
  const strange = { mimeType: "application/x-strange", data: new Uint8Array(3) };
  const said = await answer(await model("work/gpt-5.5"), [user("look", picture, mark, strange, 7, null)]);
  assert.match(said, /^I see 1: /);
});

test("options that are known reach the model, and others do not", async () => {
  const modelOptions = { temperature: 0.5, maxTokens: 3, stop: "never", secret_option: 1 };
  const said = await answer(await model("work/gpt-5.5"), [user("a b c d e")], { modelOptions });
  assert.equal(said, "a b c");
  assert.ok(!JSON.stringify(await lastRequest()).includes("secret_option"));
});

test("the setting for thinking reaches models that think, and leaves others as they are", async () => {
  world.set("aircher.reasoning", "low");
  const plain = remembered("work/gpt-5.5-mini");
  await models();
  assert.equal(await answer(plain, [user("hi")], { modelOptions: { temperature: 0.5 } }), "hi");
  const { reasoning_effort, temperature } = await lastRequest();
  assert.deepEqual([reasoning_effort, temperature], [undefined, 0.5]);
  assert.equal(await answer(remembered("work/gpt-5.5"), [user("hi")]), "hi");
  assert.equal((await lastRequest())["reasoning_effort"], "low");
  world.set("aircher.reasoning", "");
});

test("tokens are counted without asking anyone", async () => {
  const provider = world.providers.get("aircher");
  const { token } = new stub.CancellationTokenSource();
  const chosen = await model("default");
  assert.equal(await provider?.provideTokenCount(chosen, "x".repeat(7), token), 2);
  const picture = { mimeType: "image/png", data: new Uint8Array(9) };
  const count = await provider?.provideTokenCount(chosen, user("hello", picture), token);
  assert.ok(count !== undefined && count > 1000 && count < 1030, String(count));
});

test("cancelling closes the upstream at once", async () => {
  await please("behave", { delay: 0.002 });
  const { done, parts, cancel } = chat(await model("default"), [user("count 50000")]);
  await until("text comes", () => parts.length > 2);
  cancel();
  await assert.rejects(done, stub.CancellationError);
  await please("upstream is closed");
  await please("behave", { delay: 0 });
});

test("a model that is unknown is not found", async () => {
  assert.equal(await code(chat(remembered("nothing/like-this"), [user("hi")]).done), "NotFound");
});

test("what the provider refuses for its content is blocked", async () => {
  await please("fail", { vendor: "openai", error: "policy", kind: "error" });
  assert.equal(await code(chat(remembered("work/gpt-5.5"), [user("hi")]).done), "Blocked");
});

test("without a key it offers to sign in, says why a key is refused, and goes on", async () => {
  world.choices = [(items) => items.find(({ label }) => label.includes("Sign in to spare"))?.label];
  const prompts: string[] = [];
  world.inputs = [
    ({ prompt, password }) => {
      prompts.push(prompt ?? "");
      assert.equal(password, true);
      return "canary-wrong-0123456789abcdef";
    },
    ({ prompt, password }) => {
      prompts.push(prompt ?? "");
      assert.equal(password, true);
      return SPARE_KEY;
    },
  ];
  const said = await answer(remembered("spare/claude-sonnet-5"), [user("the same request")]);
  assert.equal(said, "the same request");
  assert.match(prompts[1] ?? "", /refuse|reject|invalid/i);
  await until("its models are there", async () => (await models()).some(({ id }) => id.startsWith("spare/")));
});

test("requests that need a key at once ask for it once", async () => {
  await second.request("auth.logout", { provider: "spare" });
  let asked = 0;
  world.choices = [
    (items) => {
      asked += 1;
      return items.find(({ label }) => label.includes("Sign in to spare"))?.label;
    },
  ];
  world.inputs = [() => SPARE_KEY];
  const chosen = remembered("spare/claude-sonnet-5");
  const both = ["one", "two"].map((text) => answer(chosen, [user(text)]));
  assert.deepEqual(await Promise.all(both), ["one", "two"]);
  assert.equal(asked, 1);
});

test("a key in a variable that the daemon cannot see is offered, and used", async () => {
  await second.request("auth.logout", { provider: "spare" });
  process.env["SPARE_KEY"] = SPARE_KEY;
  world.choices = [(items) => items.find(({ label }) => label.includes("Use the key in SPARE_KEY"))?.label];
  assert.equal(await answer(remembered("spare/claude-sonnet-5"), [user("found")]), "found");
  delete process.env["SPARE_KEY"];
  assert.match(world.messages.at(-1) ?? "", /Signed in to spare with the key in SPARE_KEY/);
});

test("leaving the offer reports the daemon's error as missing permission", async () => {
  world.choices = [() => undefined];
  assert.equal(await code(chat(remembered("openrouter/some-model"), [user("hi")]).done), "NoPermissions");
});

test("a thinking model gets its thoughts back with the results of its tools", async () => {
  const asked = user('call lookup {"q": 2}');
  const chosen = await model("spare/claude-sonnet-5");
  const options = { tools: [TOOL], modelOptions: { reasoning: "low" } };
  const first = chat(chosen, [asked], options);
  await first.done;
  const call = first.parts.find((part) => part instanceof stub.LanguageModelToolCallPart);
  assert.ok(call instanceof stub.LanguageModelToolCallPart);
  const result = new stub.LanguageModelToolResultPart(call.callId, [new stub.LanguageModelTextPart("22")]);
  assert.match(await answer(chosen, [asked, assistant(call), user(result)], options), /22/);
  const turn = JSON.stringify(asRecords((await lastRequest())["messages"])[1]);
  assert.match(turn, /"type":"thinking".*"signature":"c2ln/);
});

test("a round of tools from before a restart of VS Code goes on without its thoughts", async () => {
  const call = new stub.LanguageModelToolCallPart("toolu_of_yesterday", "lookup", { q: 3 });
  const result = new stub.LanguageModelToolResultPart(call.callId, [new stub.LanguageModelTextPart("33")]);
  const asked = [user('call lookup {"q": 3}'), assistant(call), user(result)];
  const options = { tools: [TOOL], modelOptions: { reasoning: "low" } };
  assert.match(await answer(await model("spare/claude-sonnet-5"), asked, options), /33/);
});

test("a fallback is reported in one line, and the answer goes on", async () => {
  await please("fail", { vendor: "openai", error: "rate_limit", kind: "error", times: 1 });
  assert.equal(await answer(await model("chain"), [user("who answers")]), "who answers");
  assert.ok(world.statusLines.includes("work is rate limited; spare answers"), world.statusLines.join("\n"));
  await until("the bar names the answer", () => world.bars.at(-1)?.tooltip.includes("spare/claude-sonnet-5 · "));
  await second.request("cooldowns.clear");
});

test("a question about the selection is answered in a page, and only the selection is sent", async () => {
  world.desk.edit("secret before\nthe selected part\nsecret after\n", [14, 31]);
  world.inputs = [() => "what is this"];
  await world.run("aircher.askSelection");
  const page = await until("the page has the end", () => pageWith("/answer.md", " · "));
  assert.ok(page.startsWith("**what is this**\n\n"), page);
  assert.match(page, /---\nwork\/gpt-5\.5 · \d+ tokens in, \d+ out · \$/);
  const request = JSON.stringify(await lastRequest());
  assert.ok(request.includes("the selected part") && !request.includes("secret"), request);
});

test("closing the page of an answer closes the upstream", async () => {
  await please("behave", { delay: 0.002, text: "word ".repeat(20_000) });
  world.desk.edit("text");
  world.inputs = [() => "go on for long"];
  const asked = world.run("aircher.askSelection");
  await until("text comes", () => (world.page("/answer.md") ?? "").includes("word word"));
  world.desk.move();
  const before = world.page("/answer.md")?.length ?? 0;
  await until("a page that was moved goes on", () => (world.page("/answer.md")?.length ?? 0) > before + 100);
  world.desk.close(world.desk.tabs.slice(-1));
  await asked;
  await please("upstream is closed");
});

test("the notification of a question stops it", async () => {
  world.inputs = [() => "go on for long"];
  const asked = world.run("aircher.askSelection");
  await until("text comes", () => (world.page("/answer.md") ?? "").includes("word word"));
  world.cancel();
  await asked;
  await until("the page says so", () => world.page("/answer.md")?.endsWith("---\nstopped\n"));
  await please("upstream is closed");
  await please("behave", { delay: 0, text: null });
});

test("an answer that never ends is stopped, and its upstream closed", async () => {
  world.set("aircher.maxReplyCharacters", 5000);
  const { done, parts } = chat(await model("default"), [user("count 100000")]);
  await assert.rejects(done, /stopped after 5,000 characters/);
  assert.equal(textOf(parts).length, 5000);
  await please("upstream is closed");
  world.set("aircher.maxReplyCharacters", 8_000_000);
});

async function edit(text: string, selected: readonly [number, number], reply: string) {
  await please("behave", { text: reply });
  const document = world.desk.edit(text, selected);
  world.inputs = [() => "change it"];
  await world.run("aircher.editSelection");
  return document;
}

const BEFORE = "const a = 1;\nconst b = 2;\nconst c = 3;\n";

test("an edit is shown as a diff, sends the range alone, and is one step to undo", async () => {
  const document = await edit(BEFORE, [13, 26], "```ts\nconst better = 2;\n```");
  assert.equal(document.text, BEFORE);
  const request = JSON.stringify(await lastRequest());
  assert.ok(request.includes("const b = 2;") && !request.includes("const a") && !request.includes("const c"), request);
  await world.run("aircher.acceptEdit");
  assert.equal(document.text, "const a = 1;\nconst better = 2;\nconst c = 3;\n");
  assert.deepEqual(document.undo, [BEFORE]);
  assert.equal(world.desk.tabs.some(({ input }) => input instanceof stub.TabInputTextDiff), false);
});

test("an edit follows its range while the text around it changes", async () => {
  const document = await edit(BEFORE, [13, 25], "const better = 2;");
  world.desk.type(document, 0, 0, "// new\n");
  world.desk.type(document, document.text.length, 0, "// end\n");
  await world.run("aircher.acceptEdit");
  assert.equal(document.text, "// new\nconst a = 1;\nconst better = 2;\nconst c = 3;\n// end\n");
});

test("an edit whose text was changed meanwhile is refused", async () => {
  const document = await edit(BEFORE, [13, 25], "const better = 2;");
  world.desk.type(document, 19, 1, "x");
  const now = document.text;
  await world.run("aircher.acceptEdit");
  assert.equal(document.text, now);
  assert.match(world.messages.at(-1) ?? "", /changed meanwhile.*nothing was changed/);
  await world.run("aircher.rejectEdit");
});

test("a proposal can be changed in the diff before it is accepted", async () => {
  const document = await edit(BEFORE, [0, 25], "const first = 1;\nconst second = 2;");
  const input = world.desk.tabs.at(-1)?.input;
  assert.ok(input instanceof stub.TabInputTextDiff);
  const proposed = await world.desk.open(input.modified);
  assert.equal(proposed.languageId, "typescript");
  world.desk.type(proposed, 0, 16, "const a = 1;"); // the user takes the first change back
  world.desk.move();
  await world.run("aircher.acceptEdit");
  assert.equal(document.text, "const a = 1;\nconst second = 2;\nconst c = 3;\n");
});

test("a rejected edit changes nothing", async () => {
  const document = await edit(BEFORE, [13, 25], "const better = 2;");
  await world.run("aircher.rejectEdit");
  assert.equal(document.text, BEFORE);
  assert.equal(world.desk.tabs.some(({ input }) => input instanceof stub.TabInputTextDiff), false);
  await please("behave", { text: null });
});

test("lines around the range are sent only if the setting says so", async () => {
  world.set("aircher.edit.contextLines", 1);
  await edit(BEFORE, [13, 25], "const better = 2;");
  const request = JSON.stringify(await lastRequest());
  assert.ok(request.includes("const a") && request.includes("const c"), request);
  world.set("aircher.edit.contextLines", 0);
  await world.run("aircher.rejectEdit");
  await please("behave", { text: null });
});

test("the picker sets the default for every client, and follows what changes", async () => {
  const switched = world.run("aircher.switchModel");
  const picker = await until("the picker has models", filledPicker);
  const labels = picker.items.map(({ label }) => label);
  assert.deepEqual(labels.slice(0, 3), ["aliases", "✓ chain", "models"]);
  assert.ok(labels.includes("✓ gpt-5.5 *"), labels.join("\n"));
  await second.request("models.use", { model: "chain" });
  await until("the picker follows", () => picker.items.some(({ label }) => label === "✓ chain *"));
  picker.accept("claude-sonnet-5");
  await switched;
  await until("the bar follows", () => bar().includes("spare/claude-sonnet-5"));
  assert.match(world.messages.at(-1) ?? "", /^The default model is spare\/claude-sonnet-5\./);
  await second.request("models.use", { model: "work/gpt-5.5" });
  await until("the bar follows the other client", () => bar().includes("work/gpt-5.5"));
});

test("a button of the picker sets the model of Ask and Edit only", async () => {
  const switched = world.run("aircher.switchModel");
  const picker = await until("the picker has models", filledPicker);
  picker.press("claude-sonnet-5");
  await switched;
  world.desk.edit("text");
  world.inputs = [() => "who are you"];
  await world.run("aircher.askSelection");
  await until("the other model answers", () => world.page("/answer.md")?.includes("spare/claude-sonnet-5 · "));
  assert.ok(bar().includes("work/gpt-5.5"), bar());
  world.set("aircher.model", "");
});

test("status and limits are a page to read", async () => {
  await world.run("aircher.showStatus");
  const page = await until("the page is there", () => pageWith("/status.md", "## Today"));
  assert.match(page, /✓ \*\*work\*\*: ready/);
  assert.match(page, /\*\*work\*\*: \d+ requests, .* in, .* out, \$/);
  assert.match(page, /of 100,000 requests per day/);
  const open = world.desk.tabs.length;
  await world.run("aircher.showStatus");
  assert.equal(world.desk.tabs.length, open);
  await second.request("models.use", { model: "chain" });
  await until("the page follows", () => world.page("/status.md")?.includes("## Default model\n\nchain"));
  await second.request("models.use", { model: "work/gpt-5.5" });
});

test("the command signs in to a provider, and another signs out", async () => {
  world.choices = [(items) => items.find(({ label }) => /spare/.test(label))?.label];
  await world.run("aircher.signOut");
  assert.match(world.messages.at(-1) ?? "", /Signed out of spare/);
  await until("its models are gone", async () => !(await models()).some(({ id }) => id.startsWith("spare/")));
  world.choices = [(items) => items.find(({ label }) => /spare$/.test(label))?.label];
  world.inputs = [() => SPARE_KEY];
  await world.run("aircher.signIn");
  assert.match(world.messages.at(-1) ?? "", /Signed in to spare: ready/);
  await until("its models are back", async () => (await models()).some(({ id }) => id.startsWith("spare/")));
});

test("usage belongs to the project of the active folder, and to none in a virtual one", async () => {
  const chosen = await model("default");
  const folder = process.env["AIRCHER_TEST_PROJECT"] ?? "";
  const named = (uri: stub.Uri) => [{ uri, name: "work", index: 0 }] as unknown as typeof world.folders;
  world.desk.active = undefined;
  world.folders = named(stub.Uri.file(`${folder}/inside`));
  await answer(chosen, [user("for the project")]);
  const report = asFields(await second.request("usage.report", { by: ["project", "client"] }));
  const row = asRecords(report["rows"]).find((each) => each["project"] === folder);
  assert.deepEqual([row?.["client"], row?.["requests"]], ["vscode", 1]);
  world.folders = named(new stub.Uri("vscode-vfs", `${folder}/inside`));
  await answer(chosen, [user("for none")]);
  const later = asFields(await second.request("usage.report", { by: ["project", "client"] }));
  assert.equal(asRecords(later["rows"]).find((each) => each["project"] === folder)?.["requests"], 1);
  // Of several folders, that of the active editor counts.
  world.folders = [...(named(stub.Uri.file("/other")) ?? []), ...(named(stub.Uri.file(`${folder}/inside`)) ?? [])];
  world.desk.edit("text", undefined, `${folder}/inside/a.txt`);
  await answer(chosen, [user("for the project again")]);
  const last = asFields(await second.request("usage.report", { by: ["project", "client"] }));
  assert.equal(asRecords(last["rows"]).find((each) => each["project"] === folder)?.["requests"], 2);
  world.folders = undefined;
});

test("a text of 5 MB is sent as a whole, and its tokens are estimated in a moment", async () => {
  await please("behave", { text: "read" });
  const text = "0123456789abcde ".repeat(327_680);
  assert.equal(await answer(remembered("work/gpt-5.5-mini"), [user(text)]), "read");
  assert.ok(JSON.stringify(await lastRequest()).includes(text));
  await please("behave", { text: null });
});

test("text that is no UTF-8 is sent, and replaced", async () => {
  const said = await answer(await model("default"), [user("half \ud800 of a pair")]);
  assert.match(said, /^half \ufffd+ of a pair$/);
});

test("two clients at once get their own answers", async () => {
  const chosen = await model("default");
  const asked = ["first", "second", "third"].map((text) => answer(chosen, [user(text)]));
  const other = second.request("chat", { messages: [{ role: "user", content: "other" }] });
  assert.deepEqual(await Promise.all(asked), ["first", "second", "third"]);
  assert.ok(JSON.stringify(await other).includes('"other"'));
});

test("a daemon of another version is named once", () => {
  const found = world.messages.filter((message) => message.startsWith("second: "));
  assert.equal(found.length, 1);
  assert.match(found[0] ?? "", /aircherd .* is running, and this is the extension 0\.0\.9, which is older/);
});

test("a restart in mid-stream fails what is under way, once, and is survived", async () => {
  await please("behave", { delay: 0.002 });
  const chosen = await model("default");
  const { done, parts } = chat(chosen, [user("count 50000")]);
  await until("text comes", () => parts.length > 2);
  const before = await please("count requests");
  await please("restart");
  await assert.rejects(done, /connection|closed|shutting down|stopp/);
  await until("the bar is back", () => bar().includes("work/gpt-5.5") && bar().startsWith("✓"));
  assert.equal(await please("count requests"), before);
  await please("behave", { delay: 0 });
  assert.equal(await answer(chosen, [user("again")]), "again");
});

test("stopping the extension in mid-stream closes the upstream", async () => {
  await please("behave", { delay: 0.002 });
  const { done, parts } = chat(await model("default"), [user("count 50000")]);
  await until("text comes", () => parts.length > 2);
  running.stop();
  await assert.rejects(done);
  await please("upstream is closed");
  await please("behave", { delay: 0 });
  assert.equal(world.commands.size, 0);
  assert.equal(world.providers.size, 0);
});

test("without a daemon, a silent question for models shows nothing, and another says how to install", async () => {
  second.dispose();
  await please("stop");
  delete process.env["AIRCHER_AUTOSTART"];
  world.set("aircher.command", "/nowhere/aircher-cli");
  running = new Running();
  world.messages.length = 0;
  assert.deepEqual(await models(true), []);
  assert.deepEqual(world.messages, []);
  assert.deepEqual(await models(false), []);
  assert.match(world.messages[0] ?? "", /not running, and \/nowhere\/aircher-cli was not found\. Install aircher/);
  await until("the bar says so", () => bar() === "○ aircher");
});

test("the first need starts a daemon, and the setting can forbid it", async () => {
  world.set("aircher.command", process.env["AIRCHER_TEST_CLI"]);
  world.set("aircher.autostart", false);
  assert.deepEqual(await models(true), []);
  world.set("aircher.autostart", true);
  assert.equal(await answer(remembered("work/gpt-5.5"), [user("you are new")]), "you are new");
  await until("the bar shows it", () => bar().includes("work/gpt-5.5"));
});

test("a daemon that was stopped stays so until it is needed, and its models stay in the list", async () => {
  const before = (await models()).map(({ id }) => id);
  await world.run("aircher.showStatus");
  await please("stop started");
  await until("the page says so", () => pageWith("/status.md", "aircher is not running"));
  assert.deepEqual((await models()).map(({ id }) => id), before);
  assert.equal(bar(), "○ aircher");
  assert.equal(await answer(await model("default"), [user("back again")]), "back again");
  await until("the page follows again", () => pageWith("/status.md", "## Today"));
  await please("stop started");
});

test("no key and no prompt is in a message, a page, the log or the status bar", () => {
  const all = world.everything();
  for (const key of [WORK_KEY, SPARE_KEY, "canary-wrong"]) {
    assert.ok(!all.includes(key));
  }
  const log = world.log.join("\n");
  for (const prompt of ["the same request", "three four", "change it", "the selected part"]) {
    assert.ok(!log.includes(prompt), log);
  }
  assert.ok(world.log.some((line) => line.startsWith("info work/gpt-5.5 · ")), log);
});

void runAll(() => running.stop());
