// VS Code's messages as a chat request. Parts that this version does not know are left out: newer
// versions of VS Code add some.

import * as vscode from "vscode";

import { isFields, own, type Fields } from "../client/values.js";
import type { AnswerMemory } from "./memory.js";

type Message = vscode.LanguageModelChatRequestMessage;
type Options = vscode.ProvideLanguageModelChatResponseOptions;

/** The role of system messages has no name in the stable API. */
const SYSTEM = 3;

/** Return the parts of a chat request that VS Code decides about. */
export function chatRequest(messages: readonly Message[], options: Options, memory: AnswerMemory): Fields {
  return {
    messages: messages.map((message) => readMessage(message, memory)).filter(isFilled),
    ...toolFields(options),
    ...knownOptions(options.modelOptions ?? {}),
  };
}

/** Return a text that stands for all of a message, to estimate its size. */
export function textOfMessage(message: Message): string {
  return message.content
    .map((part) => {
      const read = readPart(part);
      return read?.["type"] === "image" ? "" : JSON.stringify(read ?? "");
    })
    .join("");
}

export function countImages(message: Message): number {
  return message.content.filter((part) => readPart(part)?.["type"] === "image").length;
}

interface WireMessage {
  readonly role: string;
  readonly content: readonly Fields[];
}

function readMessage(message: Message, memory: AnswerMemory): WireMessage {
  const content = readParts(message.content);
  if (message.role === vscode.LanguageModelChatMessageRole.Assistant) {
    return { role: "assistant", content: memory.restore(content) };
  }
  const isSystem = (message.role as number) === SYSTEM;
  return { role: isSystem ? "system" : "user", content };
}

function isFilled(message: WireMessage): boolean {
  return message.content.length > 0;
}

function readParts(parts: readonly unknown[]): Fields[] {
  const read: Fields[] = [];
  for (const part of parts) {
    const last = read.length - 1;
    const before = read[last];
    if (isCacheMark(part) && before !== undefined && before["type"] !== "tool_call") {
      read[last] = { ...before, cache: true };
    }
    const fields = readPart(part);
    if (fields !== undefined) {
      read.push(fields);
    }
  }
  return read;
}

function readPart(part: unknown): Fields | undefined {
  if (part instanceof vscode.LanguageModelTextPart) {
    return part.value === "" ? undefined : { type: "text", text: part.value };
  }
  if (part instanceof vscode.LanguageModelToolCallPart) {
    return {
      type: "tool_call",
      id: part.callId,
      name: part.name,
      arguments: JSON.stringify(part.input ?? {}),
    };
  }
  if (part instanceof vscode.LanguageModelToolResultPart) {
    return { type: "tool_result", id: part.callId, content: readResult(part.content) };
  }
  return readData(part);
}

function readResult(content: readonly unknown[]): Fields[] | string {
  const parts = content.flatMap((part) => {
    if (part instanceof vscode.LanguageModelPromptTsxPart) {
      return [{ type: "text", text: JSON.stringify(part.value) }];
    }
    const fields = typeof part === "string" ? { type: "text", text: part } : readPart(part);
    return fields === undefined || !RESULT_TYPES.has(String(fields["type"])) ? [] : [fields];
  });
  return parts.length === 0 ? "" : parts;
}

const RESULT_TYPES = new Set(["text", "image", "document"]);

// ------------------------------------------------------------ data parts

interface DataPart {
  readonly mimeType: string;
  readonly data: Uint8Array;
}

/** `LanguageModelDataPart` is newer than the API that this extension asks for: known by its form. */
function isDataPart(part: unknown): part is DataPart {
  return isFields(part) && typeof part["mimeType"] === "string" && part["data"] instanceof Uint8Array;
}

const IMAGES = new Set(["image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp"]);

function readData(part: unknown): Fields | undefined {
  if (!isDataPart(part)) {
    return undefined;
  }
  const type = part.mimeType.split(";")[0]?.trim().toLowerCase() ?? "";
  const bytes = Buffer.from(part.data.buffer, part.data.byteOffset, part.data.byteLength);
  if (IMAGES.has(type)) {
    return { type: "image", data: bytes.toString("base64"), media_type: type.replace("jpg", "jpeg") };
  }
  if (type === "application/pdf") {
    return { type: "document", data: bytes.toString("base64"), media_type: type };
  }
  if (type.startsWith("text/") || type === "application/json" || type.endsWith("+json")) {
    return bytes.length === 0 ? undefined : { type: "text", text: bytes.toString("utf8") };
  }
  return undefined;
}

/** VS Code's own chat marks with such a part up to where a provider may cache. */
function isCacheMark(part: unknown): boolean {
  return isDataPart(part) && part.mimeType === "cache_control";
}

// ------------------------------------------------------------ tools and options

function toolFields(options: Options): Fields {
  const tools = (options.tools ?? []).map((tool) => ({
    type: "function",
    name: tool.name,
    description: tool.description,
    ...(tool.inputSchema === undefined ? {} : { parameters: JSON.stringify(tool.inputSchema) }),
  }));
  if (tools.length === 0) {
    return {};
  }
  const isRequired = options.toolMode === vscode.LanguageModelChatToolMode.Required;
  return { tools, tool_choice: isRequired ? "required" : "auto" };
}

type Kind = "number" | "string" | "boolean" | "stops";

/** Options of a model under the names that callers use, and the field of a chat request. */
const OPTIONS: Readonly<Record<string, readonly [field: string, kind: Kind]>> = {
  temperature: ["temperature", "number"],
  top_p: ["top_p", "number"],
  topP: ["top_p", "number"],
  max_tokens: ["max_tokens", "number"],
  maxTokens: ["max_tokens", "number"],
  max_output_tokens: ["max_tokens", "number"],
  maxOutputTokens: ["max_tokens", "number"],
  max_completion_tokens: ["max_tokens", "number"],
  stop: ["stop", "stops"],
  stopSequences: ["stop", "stops"],
  reasoning: ["reasoning", "string"],
  reasoning_effort: ["reasoning", "string"],
  reasoningEffort: ["reasoning", "string"],
  parallel_tool_calls: ["parallel_tool_calls", "boolean"],
  task: ["task", "string"],
};

function knownOptions(given: Fields): Fields {
  const known: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const [field, kind] = own(OPTIONS, name) ?? [];
    const read = kind === undefined ? undefined : readOption(value, kind);
    if (field !== undefined && read !== undefined) {
      known[field] = read;
    }
  }
  return known;
}

function readOption(value: unknown, kind: Kind): unknown {
  if (kind === "stops") {
    const stops = (Array.isArray(value) ? value : [value]).filter(
      (stop) => typeof stop === "string" && stop !== "",
    );
    return stops.length > 0 ? stops : undefined;
  }
  return typeof value === kind ? value : undefined;
}
