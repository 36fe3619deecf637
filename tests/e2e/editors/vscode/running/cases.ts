// Runs the cases of a suite one after the other, and prints a JSON line for each;
// tests/helpers/editors/vscode.py reads them and answers questions on standard input.

import assert from "node:assert/strict";
import * as readline from "node:readline";

const PATIENCE_MS = 20_000;

interface Case {
  readonly name: string;
  readonly run: () => Promise<void> | void;
}

interface Answer {
  readonly number: number;
  readonly result?: unknown;
  /** Why the test could not do it. */
  readonly failure?: string;
}

const cases: Case[] = [];
const questions = new Map<number, (answer: Answer) => void>();
let asked = 0;

/** Add a case: a name that says what is so, and a function that throws if it is not. */
export function test(name: string, run: () => Promise<void> | void): void {
  cases.push({ name, run });
}

/** Ask the Python test for something, and return its answer. */
export function please(what: string, value: unknown = null): Promise<unknown> {
  asked += 1;
  const number = asked;
  print({ please: what, value, number });
  return new Promise((resolve, reject) => {
    questions.set(number, ({ result, failure }) => {
      if (failure === undefined) {
        resolve(result);
      } else {
        reject(new Error(`${what}: ${failure}`));
      }
    });
  });
}

/** Report a measured figure. */
export function figure(name: string, value: number): void {
  print({ figure: name, value });
}

/** Wait until `isSo()` returns something that is not undefined, null or false, and return it. */
export async function until<T>(
  what: string,
  isSo: () => T | Promise<T>,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await isSo();
    if (found !== undefined && found !== null && found !== false) {
      return found as Exclude<T, undefined | null | false>;
    }
    assert.ok(Date.now() < deadline, `waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Run the cases in their order, and end the process. */
export async function runAll(atEnd: () => Promise<void> | void = () => undefined): Promise<void> {
  const input = readline.createInterface({ input: process.stdin });
  input.on("line", (line) => {
    const answer = JSON.parse(line) as Answer;
    questions.get(answer.number)?.(answer);
  });
  process.on("unhandledRejection", (error) => {
    print({ case: "no promise is left alone", failure: describe(error) });
    process.exitCode = 1;
  });
  for (const { name, run } of cases) {
    print({ case: name, failure: await failureOf(run) });
  }
  await atEnd();
  input.close();
  process.exit();
}

async function failureOf(run: Case["run"]): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("it takes too long")), 2 * PATIENCE_MS);
  });
  try {
    await Promise.race([run(), late]);
    return null;
  } catch (error) {
    return describe(error);
  } finally {
    clearTimeout(timer);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
