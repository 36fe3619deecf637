// How long VS Code's extension host is busy at a time while an answer of 5,000 events a second arrives;
// vscode.py runs this. Prints a JSON line for each case.

import { monitorEventLoopDelay, performance } from "node:perf_hooks";

import { world } from "../../e2e/editors/vscode/stub/world.js";
import { chat, model, Running, textOf, user } from "../../e2e/editors/vscode/running/extension.js";

const SECONDS = Number(process.env["AIRCHER_BENCH_SECONDS"] ?? "5");
const NS_PER_MS = 1e6;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function measure(name: string, begin: () => Promise<() => Promise<number>>): Promise<void> {
  const end = await begin();
  await pause(500); // the stream has begun
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  const turn = longestTurn();
  delays.enable();
  await pause(SECONDS * 1000);
  delays.disable();
  const { user: inUser, system } = process.cpuUsage(cpu);
  const took = performance.now() - began;
  const events = await end();
  const figures = {
    case: name,
    // The timer itself comes every millisecond.
    p50: delays.percentile(50) / NS_PER_MS - 1,
    p99: delays.percentile(99) / NS_PER_MS - 1,
    max: delays.max / NS_PER_MS - 1,
    turn: turn(),
    cpu: (inUser + system) / 10 / took,
    events_per_s: events / (SECONDS + 0.5),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

/** Return a function that says how much CPU time went by at most between two turns of a timer. */
function longestTurn(): () => number {
  let longest = 0;
  let before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user: inUser, system } = process.cpuUsage(before);
    longest = Math.max(longest, (inUser + system) / 1000);
    before = process.cpuUsage();
  }, 1);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

const words = (text: string): number => text.split(" ").length;

async function main(): Promise<void> {
  const began = performance.now();
  const running = new Running();
  process.stdout.write(`${JSON.stringify({ activation_ms: performance.now() - began })}\n`);
  await measure("idle", () => Promise.resolve(() => Promise.resolve(0)));
  await measure("VS Code's chat", async () => {
    const { parts, cancel, done } = chat(await model("default"), [user("go on")]);
    return async () => {
      const events = words(textOf(parts));
      cancel();
      await done.catch(() => undefined);
      return events;
    };
  });
  await measure("Ask, in a page", async () => {
    world.desk.edit("text");
    world.inputs = [() => "go on"];
    const asked = world.run("aircher.askSelection");
    return async () => {
      const events = words(world.page("/answer.md") ?? "");
      world.cancel();
      await asked;
      return events;
    };
  });
  running.stop();
  process.exit();
}

void main();
