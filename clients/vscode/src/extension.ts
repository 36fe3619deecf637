// aircher in VS Code: its models for VS Code's own chat, and commands to ask, edit, sign in and
// choose. Nothing is connected before it is needed; a daemon that runs is looked at for the status bar.

import * as vscode from "vscode";

import { summary } from "./chat/fallback.js";
import { AnswerMemory } from "./chat/memory.js";
import type { Answer } from "./chat/answer.js";
import { DaemonClient } from "./client/client.js";
import { messageOf } from "./client/errors.js";
import { asText, asFields } from "./client/values.js";
import { askAboutSelection } from "./commands/ask.js";
import { Edits } from "./commands/edit.js";
import type { Services } from "./commands/services.js";
import { showFailure, SignIn } from "./commands/signIn.js";
import { SignInOffer } from "./commands/signInOffer.js";
import { showStatus } from "./commands/status.js";
import { switchModel } from "./commands/switchModel.js";
import { currentOrigin } from "./folders.js";
import { ModelProvider } from "./models/provider.js";
import { showsStatusBar, startCommand } from "./settings.js";
import { Pages, SCHEME } from "./view/pages.js";
import { sayWarning } from "./view/say.js";
import { StateKeeper } from "./view/state.js";
import { StatusBar } from "./view/statusBar.js";

const VENDOR = "aircher";
/** How long a line about a fallback stays in the status bar. */
const LINE_MS = 10_000;
/** Many events of the models come together, such as those of all keys of a provider. */
const MODELS_MS = 300;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("aircher", { log: true });
  const version = asText(asFields(context.extension.packageJSON)["version"]);
  const client = new DaemonClient({
    environ: process.env,
    version,
    startCommand,
    origin: currentOrigin,
    onNotice: (message) => {
      log.warn(message);
      sayWarning(message);
    },
  });
  const keeper = new StateKeeper(client, (error) => log.debug(`state: ${messageOf(error)}`));
  const signIn = new SignIn(client, log);
  const offer = new SignInOffer(signIn);
  const pages = new Pages();
  const bar = new StatusBarSwitch(keeper);
  const services: Services = {
    client,
    log,
    offer,
    pages,
    onAnswer: (answer) => bar.noteAnswer(answer),
    onFallback: (line) => {
      log.info(line);
      vscode.window.setStatusBarMessage(line, LINE_MS);
    },
  };
  const edits = new Edits(services);
  const modelsChanged = new Settled(keeper.onDidChangeModels, MODELS_MS);
  const provider = new ModelProvider({
    ...services,
    signIn,
    memory: new AnswerMemory(),
    onDidChangeModels: modelsChanged.event,
  });
  const commands: Readonly<Record<string, () => Promise<void>>> = {
    "aircher.signIn": () => signIn.run(),
    "aircher.signOut": () => signIn.signOut(),
    "aircher.switchModel": () => switchModel(services, modelsChanged.event),
    "aircher.showStatus": () => showStatus(services, keeper.onDidChange),
    "aircher.askSelection": () => askAboutSelection(services),
    "aircher.editSelection": () => edits.editSelection(),
    "aircher.acceptEdit": () => edits.accept(),
    "aircher.rejectEdit": () => edits.reject(),
    "aircher.showLog": () => Promise.resolve(log.show()),
  };
  // VS Code disposes them when it stops the extension: the connection is closed, and with it upstream.
  context.subscriptions.push(
    log,
    client,
    keeper,
    modelsChanged,
    pages,
    bar,
    edits,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, pages),
    vscode.lm.registerLanguageModelChatProvider(VENDOR, provider),
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(name, () => run().catch((error: unknown) => showFailure(error, log))),
    ),
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) {
        client.look();
      }
    }),
  );
  keeper.start();
}

/** Shows the item in the status bar while the setting says so. */
class StatusBarSwitch implements vscode.Disposable {
  private bar: StatusBar | undefined;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly keeper: StateKeeper) {
    this.subscriptions = [
      keeper.onDidChange(() => this.bar?.show(keeper.state)),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("aircher.statusBar")) {
          this.update();
        }
      }),
    ];
    this.update();
  }

  noteAnswer(answer: Answer): void {
    this.bar?.noteAnswer(summary(answer), this.keeper.state);
  }

  dispose(): void {
    this.subscriptions.forEach((each) => each.dispose());
    this.bar?.dispose();
  }

  private update(): void {
    if (showsStatusBar() === (this.bar !== undefined)) {
      return;
    }
    this.bar?.dispose();
    this.bar = showsStatusBar() ? new StatusBar() : undefined;
    this.bar?.show(this.keeper.state);
  }
}

/** Passes on those events that come within a moment as one. */
class Settled implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  private readonly listener: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;

  readonly event = this.emitter.event;

  constructor(source: vscode.Event<void>, afterMs: number) {
    this.listener = source(() => {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.emitter.fire();
      }, afterMs);
    });
  }

  dispose(): void {
    this.listener.dispose();
    clearTimeout(this.timer);
    this.emitter.dispose();
  }
}
