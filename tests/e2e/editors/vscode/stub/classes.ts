// The classes of `vscode` that the extension makes or is given. Each says which part of VS Code's
// type it has, and the type checker holds it to that.

import type * as vscode from "vscode";

export class Disposable implements Pick<vscode.Disposable, "dispose"> {
  constructor(private readonly end: () => unknown) {}

  dispose(): void {
    this.end();
  }
}

export class EventEmitter<T> implements vscode.EventEmitter<T> {
  private readonly listeners = new Set<(value: T) => unknown>();

  readonly event: vscode.Event<T> = (listener, self) => {
    const bound = listener.bind(self) as (value: T) => unknown;
    this.listeners.add(bound);
    return new Disposable(() => this.listeners.delete(bound));
  };

  fire(value: T): void {
    [...this.listeners].forEach((listener) => listener(value));
  }

  dispose(): void {
    this.listeners.clear();
  }
}

export class CancellationTokenSource implements vscode.CancellationTokenSource {
  private readonly emitter = new EventEmitter<unknown>();
  private isCancelled = false;
  readonly token: vscode.CancellationToken;

  constructor() {
    const source = this;
    this.token = {
      get isCancellationRequested() {
        return source.isCancelled;
      },
      onCancellationRequested: this.emitter.event,
    };
  }

  cancel(): void {
    if (!this.isCancelled) {
      this.isCancelled = true;
      this.emitter.fire(undefined);
    }
  }

  dispose(): void {
    this.emitter.dispose();
  }
}

export class CancellationError extends Error implements vscode.CancellationError {
  constructor() {
    super("Canceled");
  }
}

type UriParts = Pick<vscode.Uri, "scheme" | "path" | "fsPath" | "toString">;

export class Uri implements UriParts {
  constructor(
    readonly scheme: string,
    readonly path: string,
  ) {}

  static from(parts: { scheme: string; path?: string }): Uri {
    return new Uri(parts.scheme, parts.path ?? "");
  }

  static parse(text: string): Uri {
    const [scheme = "", ...rest] = text.split(":");
    return new Uri(scheme, rest.join(":"));
  }

  static file(path: string): Uri {
    return new Uri("file", path);
  }

  get fsPath(): string {
    return this.path;
  }

  toString(): string {
    return `${this.scheme}:${this.path}`;
  }
}

export class Position implements Pick<vscode.Position, "line" | "character"> {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

export class Range {
  constructor(
    readonly start: Position,
    readonly end: Position,
  ) {}

  get isEmpty(): boolean {
    return this.start.line === this.end.line && this.start.character === this.end.character;
  }
}

export class WorkspaceEdit {
  readonly replacements: { uri: Uri; range: Range; text: string }[] = [];

  replace(uri: Uri, range: Range, text: string): void {
    this.replacements.push({ uri, range, text });
  }
}

export class ThemeIcon implements Pick<vscode.ThemeIcon, "id"> {
  constructor(readonly id: string) {}
}

export class TabInputText {
  constructor(readonly uri: Uri) {}
}

export class TabInputTextDiff {
  constructor(
    readonly original: Uri,
    readonly modified: Uri,
  ) {}
}

export class FileSystemError extends Error implements Pick<vscode.FileSystemError, "code"> {
  constructor(
    readonly code: string,
    uri: string | Uri = "",
  ) {
    super(`${code}: ${uri.toString()}`);
  }

  static FileNotFound(uri?: Uri): FileSystemError {
    return new FileSystemError("FileNotFound", uri);
  }

  static NoPermissions(uri?: Uri): FileSystemError {
    return new FileSystemError("NoPermissions", uri);
  }
}

export class LanguageModelTextPart implements vscode.LanguageModelTextPart {
  constructor(public value: string) {}
}

export class LanguageModelToolCallPart implements vscode.LanguageModelToolCallPart {
  constructor(
    public callId: string,
    public name: string,
    public input: object,
  ) {}
}

export class LanguageModelToolResultPart implements vscode.LanguageModelToolResultPart {
  constructor(
    public callId: string,
    public content: unknown[],
  ) {}
}

export class LanguageModelPromptTsxPart implements vscode.LanguageModelPromptTsxPart {
  constructor(public value: unknown) {}
}

export class LanguageModelError extends Error implements vscode.LanguageModelError {
  private constructor(
    message: string | undefined,
    readonly code: string,
  ) {
    super(message);
  }

  static NoPermissions(message?: string): LanguageModelError {
    return new LanguageModelError(message, "NoPermissions");
  }

  static Blocked(message?: string): LanguageModelError {
    return new LanguageModelError(message, "Blocked");
  }

  static NotFound(message?: string): LanguageModelError {
    return new LanguageModelError(message, "NotFound");
  }
}
