// Signing in and out. A key is read hidden, passed to the daemon, and kept nowhere here.

import * as vscode from "vscode";

import type { DaemonClient } from "../client/client.js";
import { DaemonError, messageOf } from "../client/errors.js";
import { unseenVariables } from "../client/signIn.js";
import { asFields, asRecords, asText, asTexts, type Fields } from "../client/values.js";
import { markOf } from "../models/words.js";
import { say, sayError, sayWarning, withoutLinks } from "../view/say.js";

export interface KeyTarget {
  readonly provider: string;
  readonly label: string;
  readonly keysPage: string;
}

interface ProviderItem extends vscode.QuickPickItem {
  readonly target?: KeyTarget;
  readonly variables?: readonly string[];
}

export class SignIn {
  constructor(
    private readonly client: DaemonClient,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The command: choose a provider, type a key, and see whether it works. */
  async run(): Promise<void> {
    const status = asFields(await this.client.request("auth.status"));
    if (asFields(status["config"])["file"] === "") {
      // a forward: it takes no keys
      sayWarning("aircherd is on another machine, and takes no keys from this one: sign in there.");
      return;
    }
    const chosen = await vscode.window.showQuickPick(providerItems(status), {
      title: "Sign in to a provider",
      placeHolder: "The key is checked at once, free of charge, and stored by aircher",
      matchOnDescription: true,
    });
    if (chosen?.variables !== undefined) {
      await this.importVariables(chosen.variables);
    } else if (chosen?.target !== undefined) {
      await this.withKey(chosen.target);
    }
  }

  /** Ask for a key until one works; tell whether one is stored now. */
  async withKey(target: KeyTarget): Promise<boolean> {
    const { provider, label } = target;
    let prompt = target.keysPage === "" ? "Paste the key." : `Keys are created at ${target.keysPage}`;
    for (;;) {
      const key = await vscode.window.showInputBox({
        title: `Sign in to ${provider}`,
        prompt,
        placeHolder: "key (not shown)",
        password: true,
        ignoreFocusOut: true,
      });
      if (key === undefined || key.trim() === "") {
        return false;
      }
      try {
        const params = { provider, key: key.trim(), ...(label === "" ? {} : { label }) };
        const row = await this.checking(provider, () => this.client.request("auth.login", params));
        this.report(`Signed in to ${provider}: ${stateOf(asFields(row))}.`);
        return true;
      } catch (error) {
        if (!(error instanceof DaemonError)) {
          throw error;
        }
        this.log.warn(`sign-in to ${provider}: ${error.code}`);
        prompt = withoutLinks(error.message); // an earlier key is still stored
      }
    }
  }

  /** Store the keys in variables of this process; tell whether one is stored now. */
  async importVariables(names: readonly string[]): Promise<boolean> {
    const variables = Object.fromEntries(names.map((name) => [name, process.env[name] ?? ""]));
    const result = await this.checking(names.join(", "), () =>
      this.client.request("auth.import", { variables }),
    );
    const outcomes = asRecords(asFields(result)["outcomes"]);
    const stored = outcomes.filter((each) => STORED.has(asText(each["outcome"])));
    for (const each of outcomes.filter((outcome) => !stored.includes(outcome))) {
      const reason = asText(each["message"]) || asText(each["outcome"]);
      sayWarning(`${asText(each["variable"])}: ${reason}`);
    }
    for (const each of stored) {
      this.report(`Signed in to ${asText(each["provider"])} with the key in ${asText(each["variable"])}.`);
    }
    return stored.length > 0;
  }

  /** The command: choose a stored key and remove it. */
  async signOut(): Promise<void> {
    const status = asFields(await this.client.request("auth.status"));
    const rows = asRecords(status["rows"]).filter(isStored);
    if (rows.length === 0) {
      say("No key is stored by aircher.");
      return;
    }
    const chosen = await vscode.window.showQuickPick(
      rows.map((row) => ({ ...rowItem(row), row })),
      { title: "Sign out", placeHolder: "The key is removed from where aircher stored it" },
    );
    if (chosen === undefined) {
      return;
    }
    const [provider, label] = [asText(chosen.row["provider"]), asText(chosen.row["key"])];
    await this.client.request("auth.logout", { provider, ...(label === "" ? {} : { label }) });
    this.report(`Signed out of ${provider}.`);
  }

  private checking<T>(what: string, run: () => Promise<T>): Thenable<T> {
    const title = `Checking the key for ${what}…`;
    return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, run);
  }

  private report(message: string): void {
    this.log.info(message);
    say(message);
  }
}

/** Show what went wrong with a command; the message is the daemon's own. */
export function showFailure(error: unknown, log: vscode.LogOutputChannel): void {
  log.error(messageOf(error));
  sayError(messageOf(error));
}

const STORED = new Set(["stored", "already"]);

/** The items of the picker: variables that would help first, then those without a working key. */
function providerItems(status: Fields): ProviderItem[] {
  const rows = asRecords(status["rows"]);
  const unseen = unseenVariables(asTexts(status["environment"]), rows, process.env);
  const imports = unseen.map((name) => ({
    label: `$(key) Use the key in ${name}`,
    description: "a variable that aircher cannot see",
    variables: [name],
  }));
  const takers = rows.filter((row) => row["state"] !== "not_required" && row["state"] !== "refused");
  const items = takers.map((row) => ({
    ...rowItem(row),
    target: {
      provider: asText(row["provider"]),
      label: isStored(row) ? asText(row["key"]) : "",
      keysPage: asText(row["keys_page"]),
    },
  }));
  return [...imports, ...items];
}

function rowItem(row: Fields): vscode.QuickPickItem {
  const mark = markOf(row);
  const label = asText(row["key"]);
  const name = asText(row["provider"]) + (label === "" || label === "default" ? "" : `@${label}`);
  const hint = asText(row["reason"]) || asText(row["hint"]);
  return {
    label: `${mark.symbol} ${name}`,
    description: [mark.word, asText(row["masked"])].filter((part) => part !== "").join("  "),
    ...(hint === "" ? {} : { detail: hint }),
  };
}

/** A key of a variable or a command is not aircher's to remove or replace. */
function isStored(row: Fields): boolean {
  const key = asText(row["key"]);
  return key !== "" && !key.startsWith("env:") && key !== "command";
}

function stateOf(row: Fields): string {
  return markOf(row).word;
}
