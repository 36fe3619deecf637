// The client's side of a transcript, with the extension's own connection: tests/protocol/README.md.

import { Connection } from "../../../../../clients/vscode/src/client/connection.js";
import { DaemonClient } from "../../../../../clients/vscode/src/client/client.js";
import { DaemonError } from "../../../../../clients/vscode/src/client/errors.js";
import { asFields, asText, isFields, type Fields } from "../../../../../clients/vscode/src/client/values.js";
import { until } from "./cases.js";

const ANY = "$any";

export interface Transcript {
  readonly steps: readonly Fields[];
}

export class Replay {
  private client: DaemonClient | undefined;
  private connection: Connection | undefined;
  private readonly ids = new Map<string, number>();
  private readonly answers = new Map<string, { result?: unknown; error?: unknown }>();
  private readonly notifications: { method: string; params: Fields }[] = [];
  private ended: Error | undefined;

  constructor(private readonly socket: string) {}

  /** Return the first difference, undefined if all is as expected. */
  async run(transcript: Transcript): Promise<string | undefined> {
    try {
      for (const [number, step] of transcript.steps.entries()) {
        const found = await this.take(step);
        if (found !== undefined) {
          return `step ${number + 1}, ${JSON.stringify(step).slice(0, 200)}: ${found}`;
        }
      }
      return undefined;
    } finally {
      this.client?.dispose();
    }
  }

  private async take(step: Fields): Promise<string | undefined> {
    if ("request" in step) {
      await this.request(asText(step["request"]), asFields(step["params"]), asText(step["as"]));
    } else if ("notify" in step) {
      const params = asFields(this.bound(step["params"]));
      (await this.open()).notify(asText(step["notify"]), params);
    } else if ("connect" in step) {
      await this.open();
    } else if ("close" in step) {
      (await this.open()).close();
    } else if ("result" in step) {
      const { result, error } = await this.answer(asText(step["result"]));
      return error === undefined ? difference(this.bound(step["value"]), result) : String(error);
    } else if ("error" in step) {
      return this.checkError(step);
    } else if ("notification" in step) {
      return this.checkNotification(asText(step["notification"]), step["params"]);
    } else if ("hello" in step) {
      const client = this.client;
      const server = await until("hello is answered", () => client?.server);
      return difference(step["hello"], server);
    } else if ("closed" in step) {
      const error = await until("the connection has ended", () => this.ended);
      const code = error instanceof DaemonError ? error.code : undefined;
      return "code" in step ? difference(step["code"], code) : undefined;
    }
    return undefined; // a step of the daemon
  }

  /** Return the connection; a new one if there is none or it has ended. */
  private async open(): Promise<Connection> {
    if (this.connection === undefined || this.connection.closed !== undefined) {
      this.ended = undefined;
      this.client?.dispose();
      this.client = new DaemonClient({
        environ: { ...process.env, AIRCHER_SOCKET: this.socket },
        version: process.env["AIRCHER_VERSION"] ?? "",
        startCommand: () => undefined,
        origin: () => ({}),
        onNotice: () => undefined,
        onNotification: (method, params) => this.notifications.push({ method, params }),
        onClosed: (error) => {
          this.ended = error;
        },
      });
      this.connection = await this.client.open();
    }
    return this.connection;
  }

  private async request(method: string, params: Fields, name: string): Promise<void> {
    const { id, answer } = (await this.open()).send(method, asFields(this.bound(params)));
    this.ids.set(`#${name}`, id);
    answer.then(
      (result) => this.answers.set(name, { result }),
      (error: unknown) => this.answers.set(name, { error }),
    );
  }

  private answer(name: string): Promise<{ result?: unknown; error?: unknown }> {
    return until(`${name} is answered`, () => this.answers.get(name));
  }

  private async checkError(step: Fields): Promise<string | undefined> {
    const { result, error } = await this.answer(asText(step["error"]));
    if (error === undefined) {
      return `a result instead: ${JSON.stringify(result)}`;
    }
    if (step["value"] === ANY) {
      return undefined;
    }
    if (!(error instanceof DaemonError)) {
      return String(error);
    }
    // What a newer daemon says beside these three is not kept.
    const { code, message, data } = asFields(this.bound(step["value"]));
    return difference({ code, message, data }, { ...error, message: error.message });
  }

  private async checkNotification(method: string, params: unknown): Promise<string | undefined> {
    const found = await until(`${method} comes`, () => {
      const place = this.notifications.findIndex((each) => each.method === method);
      return place === -1 ? undefined : this.notifications.splice(place, 1)[0];
    });
    return difference(this.bound(params), found.params);
  }

  private bound(value: unknown): unknown {
    if (typeof value === "string") {
      return this.ids.get(value) ?? value;
    }
    if (Array.isArray(value)) {
      return value.map((each) => this.bound(each));
    }
    return isFields(value)
      ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.bound(each)]))
      : value;
  }
}

/** Return where `got` is not as expected, undefined if it is. */
function difference(expected: unknown, got: unknown, path = ""): string | undefined {
  if (expected === ANY || expected === got || (isEmpty(expected) && isEmpty(got))) {
    return undefined;
  }
  if (Array.isArray(expected) && Array.isArray(got) && expected.length === got.length) {
    const found = expected.map((each, at) => difference(each, (got as unknown[])[at], `${path}[${at}]`));
    return found.find((each) => each !== undefined);
  }
  if (isFields(expected) && isFields(got)) {
    const found = Object.entries(expected).map(([key, each]) => difference(each, got[key], `${path}.${key}`));
    return found.find((each) => each !== undefined);
  }
  const [want, have] = [expected, got].map((each) => JSON.stringify(each)?.slice(0, 300));
  return `${path || "it"}: expected ${want}, got ${have}`;
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (Array.isArray(value) && value.length === 0) ||
    (isFields(value) && Object.keys(value).length === 0)
  );
}
