// aircher's models for VS Code's own chat, and for every extension that asks for a language model.

import * as vscode from "vscode";

import { createHash } from "node:crypto";

import { ask, type Answer } from "../chat/answer.js";
import { summary } from "../chat/fallback.js";
import { chatRequest, countImages, textOfMessage } from "../chat/messages.js";
import type { AnswerMemory } from "../chat/memory.js";
import type { DaemonClient } from "../client/client.js";
import { DaemonError, DaemonUnreachable, messageOf } from "../client/errors.js";
import { asFields, asText, isFields, type Fields } from "../client/values.js";
import type { SignIn } from "../commands/signIn.js";
import type { SignInOffer } from "../commands/signInOffer.js";
import { maxReplyCharacters, reasoning } from "../settings.js";
import { sayError } from "../view/say.js";
import { readInformation, requestedModel, type ModelInformation } from "./information.js";
import { readModelList, type ModelList, type ModelRow } from "./rows.js";
import { withWishes } from "./wishes.js";

type Message = vscode.LanguageModelChatRequestMessage;
type Options = vscode.ProvideLanguageModelChatResponseOptions;
type Progress = vscode.Progress<vscode.LanguageModelResponsePart>;

/** Bytes of UTF-8 for one token. Text in English has more, code and other scripts have fewer. */
const BYTES_PER_TOKEN = 3.5;
/** What most vendors count for a picture of usual size. */
const IMAGE_TOKENS = 1000;

export interface ProviderServices {
  readonly client: DaemonClient;
  readonly log: vscode.LogOutputChannel;
  readonly memory: AnswerMemory;
  readonly onDidChangeModels: vscode.Event<void>;
  readonly offer: SignInOffer;
  readonly signIn: SignIn;
  readonly onFallback: (line: string) => void;
  readonly onAnswer: (answer: Answer) => void;
}

export class ModelProvider implements vscode.LanguageModelChatProvider<ModelInformation> {
  readonly onDidChangeLanguageModelChatInformation: vscode.Event<void>;
  /** The latest list; undefined until there is one. */
  private known: ModelList | undefined;
  private rows: ReadonlyMap<string, ModelRow> = new Map();

  constructor(private readonly services: ProviderServices) {
    this.onDidChangeLanguageModelChatInformation = services.onDidChangeModels;
  }

  /** Return the models; without any, offer to sign in, unless VS Code asks silently. */
  async provideLanguageModelChatInformation(
    options: vscode.PrepareLanguageModelChatModelOptions,
    _token: vscode.CancellationToken,
  ): Promise<ModelInformation[]> {
    try {
      const list = await this.list(options.silent);
      if (options.silent || list.rows.some((row) => row.mark.answers)) {
        return readInformation(list);
      }
      await this.services.signIn.run();
      return readInformation(await this.list(options.silent));
    } catch (error) {
      this.services.log.warn(`models: ${messageOf(error)}`);
      if (!options.silent) {
        sayError(messageOf(error));
      }
      return [];
    }
  }

  async provideLanguageModelChatResponse(
    model: ModelInformation,
    messages: readonly Message[],
    options: Options,
    progress: Progress,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const request = this.makeRequest(model, messages, options);
    const cancelled = new AbortController();
    const listener = token.onCancellationRequested(() => cancelled.abort());
    if (token.isCancellationRequested) {
      cancelled.abort();
    }
    try {
      const answer = await this.services.offer.during(request, token, (asked) =>
        this.ask(asked, cancelled.signal, progress),
      );
      this.finish(answer, progress);
    } catch (error) {
      if (cancelled.signal.aborted) {
        throw new vscode.CancellationError();
      }
      this.services.log.warn(`${asText(request["model"]) || "default"}: ${messageOf(error)}`);
      throw asModelError(error);
    } finally {
      listener.dispose();
    }
  }

  /** Estimate: bytes of UTF-8 by 3.5, and 1,000 for a picture. No tokenizer is asked. */
  provideTokenCount(
    _model: ModelInformation,
    text: string | Message,
    _token: vscode.CancellationToken,
  ): Promise<number> {
    const whole = typeof text === "string" ? text : textOfMessage(text);
    const images = typeof text === "string" ? 0 : countImages(text);
    return Promise.resolve(
      Math.ceil(Buffer.byteLength(whole) / BYTES_PER_TOKEN) + images * IMAGE_TOKENS,
    );
  }

  /**
   * Ask for the models.
   *
   * VS Code asks silently after each change, and so when the daemon has ended. The user may have stopped
   * it, so that starts no daemon: the models stay as they were, and the next question starts one.
   */
  private async list(silent: boolean): Promise<ModelList> {
    const { known } = this;
    const mayStart = !silent || known === undefined;
    try {
      const result = await this.services.client.request("models.list", { wait: !silent }, { mayStart });
      this.known = readModelList(result);
    } catch (error) {
      if (silent && known !== undefined && error instanceof DaemonUnreachable) {
        return known;
      }
      throw error;
    }
    this.rows = new Map(this.known.rows.map((row) => [row.name, row]));
    return this.known;
  }

  private makeRequest(model: ModelInformation, messages: readonly Message[], options: Options): Fields {
    const name = requestedModel(model.id);
    const request = {
      ...(name === undefined ? {} : { model: name }),
      conversation: conversationOf(model, messages),
      ...chatRequest(messages, options, this.services.memory),
    };
    return withWishes(request, this.rows.get(name ?? this.known?.defaultModel ?? ""), reasoning());
  }

  private ask(request: Fields, signal: AbortSignal, progress: Progress): Promise<Answer> {
    return ask(this.services.client, request, signal, maxReplyCharacters(), {
      onText: (text) => progress.report(new vscode.LanguageModelTextPart(text)),
      onFallback: this.services.onFallback,
    });
  }

  private finish(answer: Answer, progress: Progress): void {
    this.services.memory.keep(answer.content);
    const calls = answer.content.filter((part) => part["type"] === "tool_call");
    for (const call of calls) {
      progress.report(
        new vscode.LanguageModelToolCallPart(
          asText(call["id"]),
          asText(call["name"]),
          readArguments(asText(call["arguments"])),
        ),
      );
    }
    this.services.log.info(summary(answer));
    this.services.onAnswer(answer);
    if (answer.finish === "content_filter" && answer.content.length === 0) {
      throw vscode.LanguageModelError.Blocked(`${answer.provider} withheld its answer`);
    }
  }
}

/**
 * Name the conversation, so that its later turns prefer the provider that answered last.
 *
 * VS Code names none; what the user begins a conversation with stays the same. Only a hash is sent.
 */
export function conversationOf(model: ModelInformation, messages: readonly Message[]): string {
  const { Assistant } = vscode.LanguageModelChatMessageRole;
  const begin = messages.slice(0, 2).filter(({ role }) => role !== Assistant); // the first turn has no answer yet
  const first = begin.map(textOfMessage).join("\n");
  const hash = createHash("sha256").update(`${model.id}\n${first}`).digest("hex");
  return `vscode-${hash.slice(0, 16)}`;
}

/** VS Code wants an object; a model may send nothing, or what is no JSON. */
function readArguments(text: string): object {
  if (text.trim() === "") {
    return {};
  }
  try {
    const parsed: unknown = JSON.parse(text);
    return isFields(parsed) ? asFields(parsed) : { value: parsed };
  } catch {
    throw new Error("the model called a tool with arguments that are no JSON: ask again");
  }
}

const NO_PERMISSION = new Set(["not_authenticated", "auth_rejected", "keyring_locked", "forbidden"]);
const BLOCKED = new Set([
  "content_policy",
  "limit_reached",
  "price_unknown",
  "quota_exhausted",
  "too_expensive",
]);

/** Return an error as VS Code's callers know it; the message stays the daemon's. */
function asModelError(error: unknown): Error {
  if (error instanceof DaemonError) {
    if (NO_PERMISSION.has(error.code)) {
      return vscode.LanguageModelError.NoPermissions(error.message);
    }
    if (BLOCKED.has(error.code)) {
      return vscode.LanguageModelError.Blocked(error.message);
    }
    if (error.code === "unknown_model") {
      return vscode.LanguageModelError.NotFound(error.message);
    }
  }
  return error instanceof Error ? error : new Error(messageOf(error));
}
