// The client of the daemon: it connects at the first need, starts a daemon where none answers,
// introduces itself, and keeps one subscription alive while something shows the daemon's state.

import { checkLength, findSocket, thisUser, type Environment } from "./address.js";
import { isAutostartAllowed, startDaemon, INSTALL_HINT } from "./autostart.js";
import { Connection } from "./connection.js";
import { checkSocket } from "./directory.js";
import { ConnectionLost, DaemonError, DaemonUnreachable } from "./errors.js";
import { helloParams, noticesOf, versionOf } from "./hello.js";
import type { Origin } from "./project.js";
import { asFields, type Fields } from "./values.js";
import { explainVersion } from "./versions.js";

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5000;
const READY_TRIES = 40; // after a start, the socket may be a moment late
/** An old daemon may have to end before a service manager starts the next one. */
const HELLO_MS = 60_000;

export interface ClientOptions {
  readonly environ: Environment;
  readonly version: string;
  /** The command that starts a daemon; undefined if none may be started. */
  readonly startCommand: () => string | undefined;
  /** Where the next request comes from. */
  readonly origin: () => Origin;
  /** Sentences that the user should see once. */
  readonly onNotice: (message: string) => void;
  /** Notifications that are no events of the watcher, and no deltas of a request. */
  readonly onNotification?: (method: string, params: Fields) => void;
  readonly onClosed?: (error: Error) => void;
  /** How long a daemon may take to answer `hello`. */
  readonly helloMs?: number;
}

export interface Watcher {
  readonly topics: readonly string[];
  /** Topics that an older daemon may not know. */
  readonly optional: readonly string[];
  /** The state as it is now: after each connection, and after events were lost. */
  readonly onState: (snapshot: Fields) => void;
  readonly onEvent: (event: Fields) => void;
  readonly onLost: (error: Error) => void;
}

export interface RequestOptions {
  /** Whether a daemon may be started for it; default true. */
  readonly mayStart?: boolean;
  readonly signal?: AbortSignal;
  readonly onDelta?: (delta: Fields) => void;
}

export class DaemonClient {
  private connection: Connection | undefined;
  private opening: Promise<Connection> | undefined;
  private watcher: Watcher | undefined;
  private delay = FIRST_DELAY_MS;
  private retry: NodeJS.Timeout | undefined;
  private introduced = "";
  private isDisposed = false;
  private readonly shown = new Set<string>();

  /** The daemon's answer to `hello`; undefined until it has arrived. */
  server: Fields | undefined;

  constructor(private readonly options: ClientOptions) {}

  /**
   * Call a method. The signal cancels it: a chat's upstream is closed at once.
   *
   * Throws DaemonError, DaemonUnreachable or ConnectionLost; nothing is ever sent twice.
   */
  async request(method: string, params: Fields = {}, options: RequestOptions = {}): Promise<unknown> {
    const { signal, onDelta, mayStart = true } = options;
    const connection = await unlessCancelled(this.connect(mayStart), signal);
    this.introduce(connection);
    const sent = connection.send(method, params, onDelta);
    const cancel = (): void => connection.cancel(sent.id);
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await sent.answer;
    } catch (error) {
      throw explainVersion(error, this.options.version, versionOf(this.server));
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /** Say something that needs no answer, if there is a connection. */
  notify(method: string, params: Fields): void {
    this.connection?.notify(method, params);
  }

  /**
   * Keep a subscription while something shows the daemon's state; one at a time.
   *
   * It does not start a daemon. Without one, it begins with the next connection, which `look`
   * tries to make; after a lost connection, it tries by itself.
   */
  watch(watcher: Watcher): void {
    this.watcher = watcher;
    this.look();
  }

  /** Connect if a daemon answers now, for what shows its state. */
  look(): void {
    if (this.connection !== undefined || this.isDisposed) {
      return;
    }
    this.connect(false).catch((error: unknown) => {
      this.watcher?.onLost(error instanceof Error ? error : new Error(String(error)));
    });
  }

  dispose(): void {
    this.isDisposed = true;
    this.watcher = undefined;
    clearTimeout(this.retry);
    this.connection?.close(new ConnectionLost("the extension was stopped"));
  }

  // ------------------------------------------------------------ connecting

  /** Connect without a request. Throws as `request`. */
  open(): Promise<Connection> {
    return this.connect(true);
  }

  private async connect(mayStart: boolean): Promise<Connection> {
    if (this.isDisposed) {
      throw new ConnectionLost("the extension was stopped");
    }
    if (this.connection !== undefined) {
      return this.connection;
    }
    if (this.opening !== undefined && mayStart) {
      // A look at a daemon that is not running must not fail a request, which may start one.
      return this.opening.catch(() => this.connect(true));
    }
    this.opening ??= this.make(mayStart).finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  private async make(mayStart: boolean): Promise<Connection> {
    const user = thisUser();
    const path = findSocket(this.options.environ, user);
    checkLength(path);
    let connection = await this.tryOpen(path, user.uid);
    if (connection === undefined && mayStart) {
      await startDaemon(this.mayStart(path), this.options.environ);
      connection = await this.waitUntilReady(path, user.uid);
    }
    if (connection === undefined) {
      throw notRunning(path);
    }
    if (this.isDisposed) {
      connection.close();
      throw new ConnectionLost("the extension was stopped");
    }
    this.begin(connection);
    return connection;
  }

  private async tryOpen(path: string, uid: number): Promise<Connection | undefined> {
    if (!checkSocket(path, uid)) {
      return undefined;
    }
    const opened: { connection?: Connection } = {};
    const connection = await Connection.open(path, {
      onNotification: (method, params) => this.receive(method, params),
      onClosed: (error) => this.lose(opened.connection, error),
    });
    if (connection !== undefined) {
      opened.connection = connection;
    }
    return connection;
  }

  private mayStart(path: string): string {
    const command = this.options.startCommand();
    if (command === undefined || !isAutostartAllowed(this.options.environ)) {
      throw notRunning(path);
    }
    return command;
  }

  private async waitUntilReady(path: string, uid: number): Promise<Connection | undefined> {
    for (let tries = 0; tries < READY_TRIES; tries += 1) {
      const connection = await this.tryOpen(path, uid);
      if (connection !== undefined) {
        return connection;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  }

  private begin(connection: Connection): void {
    this.connection = connection;
    this.introduced = "";
    this.delay = FIRST_DELAY_MS;
    clearTimeout(this.retry);
    this.introduce(connection);
    if (this.watcher !== undefined) {
      this.subscribe(connection, this.watcher, this.watcher.topics);
    }
  }

  // ------------------------------------------------------------ hello

  /** Say which client calls and from where, again if the folder is another one by now. */
  private introduce(connection: Connection): void {
    const origin = this.options.origin();
    const said = JSON.stringify([origin.project, origin.folder]);
    if (said === this.introduced) {
      return;
    }
    this.introduced = said;
    const params = helloParams(this.options.version, origin, this.options.environ);
    const timer = setTimeout(() => {
      connection.close(new DaemonUnreachable(HANGS));
    }, this.options.helloMs ?? HELLO_MS);
    connection
      .send("hello", params)
      .answer.then(
        (result) => this.greet(asFields(result)),
        // A daemon that refuses `hello` refuses the request behind it, which says why.
        () => undefined,
      )
      .finally(() => clearTimeout(timer));
  }

  private greet(server: Fields): void {
    this.server = server;
    noticesOf(server, this.options.version).forEach((message) => this.say(message));
  }

  private say(message: string): void {
    if (!this.shown.has(message)) {
      this.shown.add(message);
      this.options.onNotice(message);
    }
  }

  // ------------------------------------------------------------ events

  private subscribe(connection: Connection, watcher: Watcher, topics: readonly string[]): void {
    connection.send("events.subscribe", { topics }).answer.then(
      (result) => {
        if (this.watcher === watcher) {
          watcher.onState(asFields(asFields(result)["snapshot"]));
        }
      },
      (error: unknown) => {
        const known = topics.filter((topic) => !watcher.optional.includes(topic));
        const mayKnowLess = error instanceof DaemonError && error.code === "bad_request";
        if (mayKnowLess && known.length < topics.length) {
          this.subscribe(connection, watcher, known);
        } else if (error instanceof DaemonError && connection.closed === undefined) {
          watcher.onLost(error);
        }
        // A lost connection has been reported.
      },
    );
  }

  private receive(method: string, params: Fields): void {
    const { connection, watcher } = this;
    if (method !== "event" || watcher === undefined || connection === undefined) {
      this.options.onNotification?.(method, params); // what a newer daemon says, or a late delta
      return;
    }
    if (params["topic"] === "lagged") {
      this.subscribe(connection, watcher, watcher.topics);
    } else {
      watcher.onEvent(params);
    }
  }

  // ------------------------------------------------------------ reconnecting

  private lose(connection: Connection | undefined, error: Error): void {
    if (connection === undefined || this.connection !== connection) {
      return;
    }
    this.connection = undefined;
    this.server = undefined;
    this.options.onClosed?.(error);
    if (!this.isDisposed && this.watcher !== undefined) {
      this.watcher.onLost(error);
      this.retryLater();
    }
  }

  private retryLater(): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      if (this.watcher === undefined || this.connection !== undefined) {
        return;
      }
      this.connect(false).catch(() => this.retryLater());
    }, this.delay);
    this.delay = Math.min(2 * this.delay, LONGEST_DELAY_MS);
  }
}

/** Wait for a connection, which may take a daemon's start, unless the request is cancelled meanwhile. */
async function unlessCancelled<T>(waited: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return waited;
  }
  let cancel = (): void => undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    cancel = () => reject(new DaemonError("cancelled", "the request was cancelled"));
    signal.addEventListener("abort", cancel, { once: true });
  });
  if (signal.aborted) {
    cancel();
  }
  try {
    return await Promise.race([cancelled, waited]);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

const HANGS =
  "aircherd accepts connections but does not answer: it hangs or is stopped. " +
  "'aircher-cli daemon restart' starts it again";

function notRunning(path: string): DaemonUnreachable {
  return new DaemonUnreachable(
    `aircher is not running: nothing listens at ${path}. Start it: aircher-cli daemon start. ${INSTALL_HINT}`,
  );
}
