// Frames of msgpack: `[0, id, method, [params]]`, `[1, id, error, result]`, `[2, method, [params]]`.
//
// A frame arrives in pieces of any size. `FrameReader` looks at each byte once to find where a frame
// ends, and only then decodes it: the package's own stream decoder copies all that it has with
// every piece, which takes seconds for a frame of 32 MB.

import { decode, encode } from "@msgpack/msgpack";

import { isFields, type Fields } from "./values.js";

export const MAX_FRAME = 32 * 1024 * 1024;
const MAX_DEPTH = 32;

export type Frame =
  | { readonly kind: "response"; readonly id: number; readonly error: unknown; readonly result: unknown }
  | { readonly kind: "notification"; readonly method: string; readonly params: Fields };

/** What arrived is no frame of the protocol; the connection cannot be used any more. */
export class BrokenFrame extends Error {
  override readonly name = "BrokenFrame";
}

export function encodeRequest(id: number, method: string, params: Fields): Uint8Array {
  return encode([0, id, method, [params]], { ignoreUndefined: true });
}

export function encodeNotification(method: string, params: Fields): Uint8Array {
  return encode([2, method, [params]], { ignoreUndefined: true });
}

/** Collects bytes and gives whole frames. */
export class FrameReader {
  private buffer: Buffer = Buffer.alloc(0);
  private start = 0; // of the frame that is not complete yet
  private end = 0; // of what has arrived
  private scan = new Scan();

  /** Add what arrived, and return the frames that are complete now. Throws BrokenFrame. */
  *read(piece: Uint8Array): Generator<Frame> {
    this.append(piece);
    for (;;) {
      const size = this.scan.find(this.buffer, this.start, this.end);
      if (size === undefined) {
        return;
      }
      const bytes = this.buffer.subarray(this.start, this.start + size);
      this.start += size;
      this.scan = new Scan();
      const frame = readFrame(bytes);
      if (frame !== undefined) {
        yield frame;
      }
    }
  }

  private append(piece: Uint8Array): void {
    const kept = this.end - this.start;
    if (kept === 0) {
      this.buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      this.start = 0;
      this.end = piece.byteLength;
      return;
    }
    if (kept + piece.byteLength > this.buffer.length - this.start) {
      // Twice the size, so that each byte is copied a few times at most.
      const larger = Buffer.allocUnsafe(Math.max(65_536, 2 * (kept + piece.byteLength)));
      this.buffer.copy(larger, 0, this.start, this.end);
      this.buffer = larger;
      this.start = 0;
      this.end = kept;
    }
    this.buffer.set(piece, this.end);
    this.end += piece.byteLength;
  }
}

/** Finds the end of one frame; it goes on where it stopped when more has arrived. */
class Scan {
  private at = 0; // from the beginning of the frame
  private left: number[] = [1]; // values to come at each level

  /** Return the size of the frame, undefined while it is not complete. */
  find(buffer: Buffer, start: number, end: number): number | undefined {
    while (this.left.length > 0) {
      const position = start + this.at;
      const head = headOf(buffer, position, end);
      if (head === undefined || position + head.size > end) {
        if ((head?.size ?? 0) + this.at > MAX_FRAME) {
          throw new BrokenFrame(`a frame has more than ${MAX_FRAME} bytes`);
        }
        return undefined;
      }
      this.at += head.size;
      this.count(head.items);
    }
    return this.at;
  }

  private count(items: number): void {
    this.left[this.left.length - 1] = (this.left.at(-1) ?? 0) - 1;
    if (items > 0) {
      this.left.push(items);
      if (this.left.length > MAX_DEPTH + 1) {
        throw new BrokenFrame(`a frame is nested deeper than ${MAX_DEPTH} levels`);
      }
    }
    while (this.left.length > 0 && this.left.at(-1) === 0) {
      this.left.pop();
    }
  }
}

interface Head {
  /** Bytes of the value itself; of an array or map those before its items. */
  readonly size: number;
  readonly items: number;
}

const FIXED = new Map<number, number>([
  [0xc0, 1], // nil
  [0xc2, 1], // false
  [0xc3, 1], // true
  [0xca, 5], // float 32
  [0xcb, 9], // float 64
  [0xcc, 2], // integers
  [0xcd, 3],
  [0xce, 5],
  [0xcf, 9],
  [0xd0, 2],
  [0xd1, 3],
  [0xd2, 5],
  [0xd3, 9],
]);

/** What follows the first byte of a value with a length: bytes of the length, values per item. */
const COUNTED = new Map<number, readonly [number, "bytes" | 1 | 2]>([
  [0xc4, [1, "bytes"]], // binary
  [0xc5, [2, "bytes"]],
  [0xc6, [4, "bytes"]],
  [0xd9, [1, "bytes"]], // strings
  [0xda, [2, "bytes"]],
  [0xdb, [4, "bytes"]],
  [0xdc, [2, 1]], // arrays
  [0xdd, [4, 1]],
  [0xde, [2, 2]], // maps
  [0xdf, [4, 2]],
]);

function headOf(buffer: Buffer, position: number, end: number): Head | undefined {
  if (position >= end) {
    return undefined;
  }
  const first = buffer[position] ?? 0;
  if (first <= 0x7f || first >= 0xe0) {
    return { size: 1, items: 0 };
  }
  if (first <= 0x8f) {
    return { size: 1, items: 2 * (first & 0x0f) };
  }
  if (first <= 0x9f) {
    return { size: 1, items: first & 0x0f };
  }
  if (first <= 0xbf) {
    return { size: 1 + (first & 0x1f), items: 0 };
  }
  const fixed = FIXED.get(first);
  if (fixed !== undefined) {
    return { size: fixed, items: 0 };
  }
  const counted = COUNTED.get(first);
  if (counted === undefined) {
    throw new BrokenFrame(`a frame has a value of an unknown kind (0x${first.toString(16)})`);
  }
  const [width, what] = counted;
  if (position + 1 + width > end) {
    return undefined;
  }
  const length = buffer.readUIntBE(position + 1, width);
  return what === "bytes"
    ? { size: 1 + width + length, items: 0 }
    : { size: 1 + width, items: what * length };
}

/** Return a frame; undefined for a kind that only a newer daemon knows. */
function readFrame(bytes: Uint8Array): Frame | undefined {
  const frame = decodeValue(bytes);
  if (!Array.isArray(frame)) {
    throw new BrokenFrame("what arrived is no frame");
  }
  const [kind, first, second, third] = frame as unknown[];
  if (kind === 1 && typeof first === "number") {
    return { kind: "response", id: first, error: second, result: third };
  }
  if (kind === 2 && typeof first === "string") {
    const params: unknown = Array.isArray(second) ? second[0] : undefined;
    return { kind: "notification", method: first, params: isFields(params) ? params : {} };
  }
  if (kind === 0) {
    throw new BrokenFrame("the daemon sent a request");
  }
  return undefined;
}

function decodeValue(bytes: Uint8Array): unknown {
  try {
    return withText(decode(bytes, { rawStrings: true }));
  } catch (error) {
    throw new BrokenFrame(error instanceof Error ? error.message : "it cannot be decoded");
  }
}

/** Make text of bytes: what is no UTF-8 is replaced, where the package would make other text of it. */
function withText(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
  }
  if (Array.isArray(value)) {
    return value.map(withText);
  }
  if (isFields(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withText(each)]));
  }
  return value;
}
