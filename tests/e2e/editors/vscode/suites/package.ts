// What is packed: the manifest and the code say the same, and starting costs next to nothing.

import assert from "node:assert/strict";

import { world } from "../stub/world.js";
import { asFields, asList, asRecords, asText } from "../../../../../clients/vscode/src/client/values.js";
import { figure, runAll, test } from "../running/cases.js";
import { manifest, Running } from "../running/extension.js";

const contributes = asFields(manifest()["contributes"]);
const began = performance.now();
const running = new Running();
figure("activation_ms", performance.now() - began);

function commandsOf(records: readonly unknown[]): string[] {
  return asRecords(records).map((each) => asText(each["command"]));
}

test("every command of the manifest is registered, and every registered one is in it", () => {
  assert.deepEqual([...world.commands.keys()].sort(), commandsOf(asList(contributes["commands"])).sort());
});

test("every command has a title, and menus name only commands that exist", () => {
  for (const command of asRecords(contributes["commands"])) {
    assert.ok(asText(command["title"]) !== "" && command["category"] === "aircher");
  }
  for (const items of Object.values(asFields(contributes["menus"]))) {
    commandsOf(asList(items)).forEach((name) => assert.ok(world.commands.has(name), name));
  }
});

test("the provider of models is registered for the vendor of the manifest", () => {
  const [provider] = asRecords(contributes["languageModelChatProviders"]);
  assert.deepEqual([...world.providers.keys()], [provider?.["vendor"]]);
  assert.ok(world.commands.has(asText(provider?.["managementCommand"])));
});

test("every setting has a description and a default, and the code reads no other", () => {
  const settings = asFields(asFields(contributes["configuration"])["properties"]);
  for (const [name, setting] of Object.entries(settings)) {
    const { description, markdownDescription, default: usual } = asFields(setting);
    assert.ok(asText(description) !== "" || asText(markdownDescription) !== "", name);
    assert.notEqual(usual, undefined, name);
  }
  assert.ok(world.readSettings.size > 0);
  for (const [name, usual] of world.readSettings) {
    assert.deepEqual(asFields(settings[name])["default"], usual, name);
  }
});

test("a folder says neither how much is sent, nor anything that costs, before it is trusted", () => {
  const settings = asFields(asFields(contributes["configuration"])["properties"]);
  assert.equal(asFields(settings["aircher.edit.contextLines"])["scope"], "application");
  const { untrustedWorkspaces } = asFields(manifest()["capabilities"]);
  const restricted = asList(asFields(untrustedWorkspaces)["restrictedConfigurations"]);
  const free = Object.keys(settings).filter((name) => !restricted.includes(name));
  assert.deepEqual(free, ["aircher.statusBar"]);
});

test("what starts a program cannot be set by a folder", () => {
  const settings = asFields(asFields(contributes["configuration"])["properties"]);
  const { untrustedWorkspaces } = asFields(manifest()["capabilities"]);
  const restricted = asList(asFields(untrustedWorkspaces)["restrictedConfigurations"]);
  for (const name of ["aircher.command", "aircher.autostart"]) {
    assert.equal(asFields(settings[name])["scope"], "machine");
    assert.ok(restricted.includes(name));
  }
});

test("stopping leaves nothing behind", () => {
  running.stop();
  assert.equal(world.commands.size + world.providers.size, 0);
  assert.equal(world.bars.at(-1)?.isShown, false);
});

void runAll();
