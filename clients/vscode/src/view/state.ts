// What the status bar shows: the default model, whether it can answer, and what was spent today.
// Events say that something changed; then the state is fetched, at most once a second, and the
// usage at most every five. Nothing is asked while nothing happens.

import * as vscode from "vscode";

import type { DaemonClient } from "../client/client.js";
import { asFields, asRecords, asText, asTexts, type Fields } from "../client/values.js";
import { markOf, type Mark } from "../models/words.js";

const STATUS_MS = 1000;
const USAGE_MS = 5000;
/** A look at the state does not start a daemon. */
const LOOK = { mayStart: false };
/** Topics whose events can change which models there are, or whether they answer. */
const OF_MODELS = new Set(["auth", "provider", "config", "models"]);

export type State =
  | { readonly kind: "unknown" }
  | { readonly kind: "unreachable"; readonly message: string }
  | {
      readonly kind: "ready";
      readonly model: string;
      readonly mark: Mark | undefined;
      readonly problem: string;
      readonly spent: unknown;
    };

export class StateKeeper implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly modelsChanged = new vscode.EventEmitter<void>();
  private readonly status: Throttle;
  private readonly usage: Throttle;
  private summary: { model: string; mark: Mark | undefined; problem: string } | undefined;
  private spent: unknown;
  private failure: string | undefined;

  readonly onDidChange = this.changed.event;
  /** The models, or their states, may be others by now. */
  readonly onDidChangeModels = this.modelsChanged.event;

  /** `onFailure` gets what could not be fetched; it is fetched again after the next event. */
  constructor(
    private readonly client: DaemonClient,
    onFailure: (error: unknown) => void,
  ) {
    this.status = new Throttle(STATUS_MS, () => this.fetchStatus(), onFailure);
    this.usage = new Throttle(USAGE_MS, () => this.fetchUsage(), onFailure);
  }

  get state(): State {
    if (this.failure !== undefined) {
      return { kind: "unreachable", message: this.failure };
    }
    return this.summary === undefined
      ? { kind: "unknown" }
      : { kind: "ready", ...this.summary, spent: this.spent };
  }

  /** Follow the daemon's events from now on; it is not started for that. */
  start(): void {
    this.client.watch({
      topics: ["auth", "provider", "attempt", "config", "models"],
      optional: ["models"],
      onState: () => this.refresh(),
      onEvent: (event) => this.note(event),
      onLost: (error) => this.lose(error),
    });
  }

  dispose(): void {
    this.status.stop();
    this.usage.stop();
    this.changed.dispose();
    this.modelsChanged.dispose();
  }

  private refresh(): void {
    this.failure = undefined;
    this.status.ask();
    this.usage.ask();
    this.modelsChanged.fire();
  }

  private note(event: Fields): void {
    const topic = asText(event["topic"]);
    if (topic === "attempt") {
      this.usage.ask();
    } else if (OF_MODELS.has(topic)) {
      this.status.ask();
      this.modelsChanged.fire();
    }
  }

  private lose(error: Error): void {
    this.failure = error.message;
    this.changed.fire();
    this.modelsChanged.fire();
  }

  private async fetchStatus(): Promise<void> {
    const result = asFields(await this.client.request("status", { keyring: false }, LOOK));
    const chosen = asFields(result["default"]);
    const candidates = asTexts(chosen["candidates"]);
    const model = asText(chosen["model"]) || (candidates[0] ?? "");
    const provider = (candidates[0] ?? model).split("/")[0]?.split("@")[0];
    const row = asRecords(result["providers"]).find((each) => each["provider"] === provider);
    this.summary = {
      model,
      mark: row === undefined ? undefined : markOf(row),
      problem: asText(chosen["problem"]),
    };
    this.changed.fire();
  }

  private async fetchUsage(): Promise<void> {
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    const since = midnight.getTime() / 1000;
    const result = asFields(await this.client.request("usage.report", { since, by: [] }, LOOK));
    this.spent = asFields(result["totals"])["cost"];
    this.changed.fire();
  }
}

/** Runs at once, and then at most once in a while, however often it is asked. */
class Throttle {
  private timer: NodeJS.Timeout | undefined;
  private isAsked = false;
  private isStopped = false;

  constructor(
    private readonly everyMs: number,
    private readonly run: () => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  ask(): void {
    if (this.timer !== undefined) {
      this.isAsked = true;
    } else if (!this.isStopped) {
      this.begin();
    }
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private begin(): void {
    this.isAsked = false;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.isAsked) {
        this.begin();
      }
    }, this.everyMs);
    this.run().catch(this.onFailure);
  }
}
