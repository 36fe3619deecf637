// The errors of the client. Every message can be shown to the user, and has no key and no prompt.

import { asFields, asText, type Fields } from "./values.js";

/** The daemon answered with an error: `code` is for programs, `message` for people. */
export class DaemonError extends Error {
  override readonly name = "DaemonError";

  constructor(
    readonly code: string,
    message: string,
    readonly data: Fields = {},
  ) {
    super(message);
  }
}

/** No daemon answers at the socket, or it must not be used; the message says what to do. */
export class DaemonUnreachable extends Error {
  override readonly name: string = "DaemonUnreachable";
}

/** The connection ended before the response: the request is not sent again by itself. */
export class ConnectionLost extends DaemonUnreachable {
  override readonly name = "ConnectionLost";
}

/** Make an error of the wire's `{code, message, data}`; anything else is `internal`. */
export function readError(error: unknown): DaemonError {
  if (typeof error === "string") {
    return new DaemonError("internal", error);
  }
  const { code, message, data } = asFields(error);
  return new DaemonError(
    asText(code) || "internal",
    typeof message === "string" ? message : "aircherd gave no reason",
    asFields(data),
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
