// What the commands share.

import type * as vscode from "vscode";

import type { Answer } from "../chat/answer.js";
import type { DaemonClient } from "../client/client.js";
import type { Pages } from "../view/pages.js";
import type { SignInOffer } from "./signInOffer.js";

export interface Services {
  readonly client: DaemonClient;
  readonly log: vscode.LogOutputChannel;
  readonly offer: SignInOffer;
  readonly pages: Pages;
  readonly onAnswer: (answer: Answer) => void;
  readonly onFallback: (line: string) => void;
}
