// Offers to sign in where a request failed because of keys, and goes on with the same request.

import * as vscode from "vscode";

import { messageOf } from "../client/errors.js";
import { readSignIn, isUsable, type ProviderSignIn } from "../client/signIn.js";
import type { Fields } from "../client/values.js";
import type { SignIn } from "./signIn.js";

const MAX_MODELS = 3;

interface Choice extends vscode.QuickPickItem {
  /** Do it; return what changes in the request, or undefined if the user left. */
  readonly act: () => Promise<Fields | undefined>;
}

export class SignInOffer {
  private asking: Promise<Fields | undefined> | undefined;

  constructor(private readonly signIn: SignIn) {}

  /**
   * Run a request, again after the user signed in if that is what it needs.
   *
   * Throws what `run` throws if it is about something else, or the user does not want to.
   */
  async during<T>(
    request: Fields,
    token: vscode.CancellationToken | undefined,
    run: (request: Fields) => Promise<T>,
  ): Promise<T> {
    let asked = request;
    for (;;) {
      try {
        return await run(asked);
      } catch (error) {
        const change = await this.askOnce(error, token);
        if (change === undefined) {
          throw error;
        }
        asked = { ...asked, ...change };
      }
    }
  }

  /** A chat of VS Code may send several requests at once: the user is asked once for all of them. */
  private async askOnce(
    error: unknown,
    token: vscode.CancellationToken | undefined,
  ): Promise<Fields | undefined> {
    if (readSignIn(error, process.env) === undefined) {
      return undefined;
    }
    this.asking ??= this.ask(error, token).finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  /** Ask until something helped; undefined if nothing can, or the user leaves. */
  private async ask(
    error: unknown,
    token: vscode.CancellationToken | undefined,
  ): Promise<Fields | undefined> {
    const found = readSignIn(error, process.env);
    const choices = found === undefined ? [] : this.choices(found);
    while (choices.length > 0 && !(token?.isCancellationRequested ?? false)) {
      const chosen = await vscode.window.showQuickPick(
        choices,
        { title: messageOf(error), placeHolder: "Sign in and go on, or press Esc", ignoreFocusOut: true },
        token,
      );
      if (chosen === undefined) {
        return undefined;
      }
      const change = await chosen.act();
      if (change !== undefined) {
        return change;
      }
    }
    return undefined;
  }

  private choices(found: readonly ProviderSignIn[]): Choice[] {
    const needed = found.filter((each) => each.isNeeded);
    const imports = needed.filter((each) => each.unseen.length > 0).map((each) => this.importing(each));
    const logins = needed.filter((each) => each.takesKey).map((each) => this.loggingIn(each));
    const others = found.filter((each) => !each.isNeeded && isUsable(each.state) && each.model !== "");
    return [...imports, ...logins, ...others.slice(0, MAX_MODELS).map(asking)];
  }

  private importing(each: ProviderSignIn): Choice {
    return {
      label: `$(key) Use the key in ${each.unseen.join(", ")}`,
      description: each.provider,
      detail: "VS Code has this variable, and aircher cannot see it. Its value is stored by aircher.",
      act: async () => ((await this.signIn.importVariables(each.unseen)) ? {} : undefined),
    };
  }

  private loggingIn(each: ProviderSignIn): Choice {
    return {
      label: `$(sign-in) Sign in to ${each.provider}`,
      ...(each.reason === "" ? {} : { description: each.reason }),
      act: async () => ((await this.signIn.withKey(each)) ? {} : undefined),
    };
  }
}

function asking(each: ProviderSignIn): Choice {
  return {
    label: `$(arrow-right) Ask ${each.model} instead`,
    act: () => Promise.resolve({ model: each.model }),
  };
}
