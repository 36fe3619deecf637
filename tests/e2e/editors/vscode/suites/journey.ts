// A new user's way through docs/editors/vscode.md, by commands and VS Code's chat alone.

import assert from "node:assert/strict";

import { world } from "../stub/world.js";
import { please, runAll, test, until } from "../running/cases.js";
import { answer, model, models, Running, user } from "../running/extension.js";

const BEFORE = "const x = 1;\nprint(x);\n";
let running: Running;

/** Choose the item that has a text, and type the key of a provider where it is asked for. */
async function signInWhenAsked(part: string, provider: string): Promise<void> {
  const key = String(await please("the key", provider));
  world.choices = [(items) => items.find(({ label }) => label.includes(part))?.label];
  world.inputs = [({ password }) => (password === true ? key : undefined)];
}

test("the first question starts the daemon, offers to sign in, and is answered", async () => {
  running = new Running();
  const [first] = await models();
  assert.equal(first?.id, "default");
  await signInWhenAsked("Sign in to work", "work");
  assert.equal(await answer(first, [user("Why is the sky blue?")]), "Why is the sky blue?");
  await until("the bar shows the model", () => world.bars.at(-1)?.text.startsWith("✓ work/gpt-5.5"));
});

test("a question about a selection sends it and its language alone", async () => {
  world.desk.edit(BEFORE, [0, 12]);
  world.inputs = [() => "what is this?"];
  await world.run("aircher.askSelection");
  await until("it is answered", () => world.page("/answer.md")?.includes("work/gpt-5.5 · "));
  const sent = JSON.stringify(await please("what was sent"));
  assert.ok(sent.includes("typescript") && sent.includes("const x = 1;") && !sent.includes("print"), sent);
});

test("a selection is edited, and one undo takes it back", async () => {
  await please("answer", "const x = 2;");
  const document = world.desk.edit(BEFORE, [0, 12]);
  world.inputs = [() => "use two"];
  await world.run("aircher.editSelection");
  assert.equal(document.text, BEFORE);
  await world.run("aircher.acceptEdit");
  assert.equal(document.text, "const x = 2;\nprint(x);\n");
  assert.deepEqual(document.undo, [BEFORE]);
  await please("answer");
});

test("a second provider is signed in to, and a chain becomes the default of all clients", async () => {
  await signInWhenAsked("spare", "spare");
  await world.run("aircher.signIn");
  assert.match(world.messages.at(-1) ?? "", /Signed in to spare/);
  const switched = world.run("aircher.switchModel");
  const picker = await until("the picker is filled", () => {
    const found = world.pickers.at(-1);
    return found?.items.some(({ label }) => label === "✓ chain") === true ? found : undefined;
  });
  picker.accept("✓ chain");
  await switched;
  assert.equal(await please("the default model"), "chain");
});

test("the next provider answers while the first limits the rate, and it is shown", async () => {
  await please("limit the rate");
  assert.equal(await answer(await model("default"), [user("hello")]), "hello");
  assert.equal(world.statusLines.at(-1), "work is rate limited; spare answers");
  await until("the bar says who answered", () => world.bars.at(-1)?.tooltip.includes("last answer: spare/"));
});

test("a daemon that was killed is started again by the next question", async () => {
  await please("kill the daemon");
  await until("its end is seen", () => world.bars.at(-1)?.text === "○ aircher");
  assert.equal(await answer((await models())[0] ?? assert.fail(), [user("are you there")]), "are you there");
});

test("after a restart the next question is answered", async () => {
  await please("restart the daemon");
  await until("it is seen", () => world.bars.at(-1)?.text.includes("chain"));
  assert.equal(await answer(await model("chain"), [user("and now")]), "and now");
});

test("no key is anywhere that can be read", () => {
  assert.ok(!world.everything().includes("canary"));
});

void runAll(() => running.stop());
