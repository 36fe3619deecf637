// One connected socket: requests with numbers out, responses and notifications in.

import * as net from "node:net";

import { ConnectionLost, DaemonError, DaemonUnreachable, messageOf, readError } from "./errors.js";
import {
  BrokenFrame,
  encodeNotification,
  encodeRequest,
  FrameReader,
  MAX_FRAME,
  type Frame,
} from "./frames.js";
import { asNumber, type Fields } from "./values.js";

const MAX_ID = 0xffff_ffff;
const CONNECT_SECONDS = 10;
/** All extensions share one thread: what does not fit into a turn is left to the next one. */
const TURN_MS = 8;

export interface ConnectionHandlers {
  /** A notification other than the deltas of a request that has `onDelta`. */
  readonly onNotification: (method: string, params: Fields) => void;
  /** Called once. The error is what requests under way have got, too. */
  readonly onClosed: (error: Error) => void;
}

export interface Sent {
  readonly id: number;
  readonly answer: Promise<unknown>;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onDelta: ((delta: Fields) => void) | undefined;
}

export class Connection {
  private readonly reader = new FrameReader();
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private reason: DaemonError | undefined; // the daemon's own, before it closes
  private ended: Error | undefined;

  private constructor(
    private readonly socket: net.Socket,
    private readonly handlers: ConnectionHandlers,
  ) {
    socket.on("data", (piece: Buffer) => this.receive(piece));
    socket.on("error", (error) => this.end(new ConnectionLost(`the connection broke: ${error.message}`)));
    socket.on("close", () => {
      this.end(this.reason ?? new ConnectionLost("the daemon closed the connection"));
    });
  }

  /** Connect to a socket; undefined if no daemon listens there. */
  static async open(path: string, handlers: ConnectionHandlers): Promise<Connection | undefined> {
    const socket = await connect(path);
    return socket === undefined ? undefined : new Connection(socket, handlers);
  }

  /** Why the connection has ended; undefined while it is open. */
  get closed(): Error | undefined {
    return this.ended;
  }

  /** Send a request; its answer fails with DaemonError, or ConnectionLost, which is never sent again. */
  send(method: string, params: Fields, onDelta?: (delta: Fields) => void): Sent {
    const id = this.nextId();
    const bytes = encodeRequest(id, method, params);
    if (bytes.length > MAX_FRAME) {
      const message = `the request has ${bytes.length} bytes; the limit is ${MAX_FRAME}`;
      return { id, answer: Promise.reject(new DaemonError("bad_request", message)) };
    }
    if (this.ended !== undefined) {
      return { id, answer: Promise.reject(this.ended) };
    }
    const answer = new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, onDelta });
    });
    this.socket.write(bytes);
    return { id, answer };
  }

  notify(method: string, params: Fields): void {
    if (this.ended === undefined) {
      this.socket.write(encodeNotification(method, params));
    }
  }

  /** Close upstream what a request is for; its answer fails at once. */
  cancel(id: number): void {
    const waiting = this.waiting.get(id);
    if (waiting !== undefined) {
      this.waiting.delete(id);
      this.notify("$/cancel", { id });
      waiting.reject(new DaemonError("cancelled", "the request was cancelled"));
    }
  }

  /** Close the connection; the daemon cancels its requests. */
  close(error: Error = new ConnectionLost("the connection was closed")): void {
    this.end(error);
  }

  private nextId(): number {
    do {
      this.lastId = this.lastId >= MAX_ID ? 1 : this.lastId + 1;
    } while (this.waiting.has(this.lastId));
    return this.lastId;
  }

  private receive(piece: Buffer): void {
    if (!this.takeSome(this.reader.read(piece))) {
      this.socket.pause();
    }
  }

  /** Take frames for one turn, and leave the rest to later ones; tell whether there is no rest. */
  private takeSome(frames: Iterator<Frame>): boolean {
    const until = performance.now() + TURN_MS;
    try {
      for (let step = frames.next(); step.done !== true; step = frames.next()) {
        this.take(step.value);
        if (performance.now() >= until) {
          setImmediate(() => {
            if (this.takeSome(frames)) {
              this.socket.resume();
            }
          });
          return false;
        }
      }
    } catch (error) {
      if (!(error instanceof BrokenFrame)) {
        throw error;
      }
      this.end(new ConnectionLost(`the daemon sent what is no frame: ${error.message}`));
    }
    return true;
  }

  private take(frame: Frame): void {
    if (this.ended !== undefined) {
      return;
    }
    if (frame.kind === "response") {
      const waiting = this.waiting.get(frame.id);
      this.waiting.delete(frame.id);
      if (frame.error === null || frame.error === undefined) {
        waiting?.resolve(frame.result);
      } else {
        waiting?.reject(readError(frame.error));
      }
      return;
    }
    if (frame.method === "error") {
      this.reason = readError(frame.params);
      return;
    }
    const onDelta = this.deltasOf(frame.method, frame.params);
    if (onDelta === undefined) {
      this.handlers.onNotification(frame.method, frame.params);
    } else {
      onDelta(frame.params);
    }
  }

  private deltasOf(method: string, params: Fields): ((delta: Fields) => void) | undefined {
    const id = method === "chat.delta" ? asNumber(params["id"]) : undefined;
    return id === undefined ? undefined : this.waiting.get(id)?.onDelta;
  }

  private end(error: Error): void {
    if (this.ended !== undefined) {
      return;
    }
    this.ended = error;
    this.socket.destroy();
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const waiting of all) {
      waiting.reject(error);
    }
    this.handlers.onClosed(error);
  }
}

/** Return a connected socket, undefined if nothing listens. */
function connect(path: string): Promise<net.Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new DaemonUnreachable(`${path} does not accept connections: the daemon hangs`));
    }, CONNECT_SECONDS * 1000);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (error.code === "ENOENT" || error.code === "ECONNREFUSED") {
        resolve(undefined);
      } else {
        reject(new DaemonUnreachable(`cannot connect to ${path}: ${messageOf(error)}`));
      }
    });
  });
}
