"""The exit codes: one table, so that a script can tell what a retry or a sign-in would cure."""

from aircher_cli.values import records
from aircher_wire import codes

OK = 0
FAILED = 1
"""The request itself failed: sending it again as it is will not help."""
USAGE = 2
"""The command line is wrong."""
UNREACHABLE = 3
"""There is no daemon to talk to."""
NOT_SIGNED_IN = 4
"""Nobody could answer, and every reason is about authentication."""
NO_PROVIDER = 5
"""Nobody could answer, for any other reason or for mixed ones."""
INTERRUPTED = 130
"""Ctrl-C: 128 + SIGINT, as shells count."""
OUTPUT_CLOSED = 141
"""Whoever read our output went away: 128 + SIGPIPE, what `cat` gives in `cat FILE | head -1`."""

BY_CODE: dict[str, int] = {
    codes.BAD_REQUEST: FAILED,
    codes.UNKNOWN_METHOD: FAILED,
    codes.UNKNOWN_MODEL: FAILED,
    codes.CONTEXT_TOO_LONG: FAILED,
    codes.CONTENT_POLICY: FAILED,
    codes.CONFIG_INVALID: FAILED,
    codes.INTERNAL: FAILED,
    codes.SHUTTING_DOWN: UNREACHABLE,
    codes.NOT_AUTHENTICATED: NOT_SIGNED_IN,
    codes.AUTH_REJECTED: NOT_SIGNED_IN,
    codes.KEYRING_LOCKED: NOT_SIGNED_IN,
    codes.RATE_LIMITED: NO_PROVIDER,
    codes.QUOTA_EXHAUSTED: NO_PROVIDER,
    codes.LIMIT_REACHED: NO_PROVIDER,
    codes.PRICE_UNKNOWN: NO_PROVIDER,
    codes.TOO_EXPENSIVE: NO_PROVIDER,
    codes.OVERLOADED: NO_PROVIDER,
    codes.PROVIDER_ERROR: NO_PROVIDER,
    codes.NETWORK: NO_PROVIDER,
    codes.TIMEOUT: NO_PROVIDER,
    codes.TRUNCATED: NO_PROVIDER,
    codes.ALL_FAILED: NO_PROVIDER,
    codes.CANCELLED: INTERRUPTED,
}

# Codes that may stand for several reasons at once, so that the reasons have to be looked at.
_MAY_BE_MIXED = codes.ABOUT_AUTHENTICATION | {codes.ALL_FAILED}


class CommandFailed(Exception):
    """A command knows itself that it failed: a message for people, a code for programs.

    `code` is what `--json` shows; it need not be one of the protocol's codes.
    """

    def __init__(self, message: str, *, exit_code: int = FAILED, code: str = "failed") -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.code = code


class UsageError(CommandFailed):
    """The command line is wrong; `hint` says where to look."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, exit_code=USAGE, code="usage")
        self.hint = hint


class HelpRequested(Exception):
    """The words on the command line ask for help; `text` is the help."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def exit_code(error: BaseException) -> int:
    """Return the exit code for what went wrong.

    Args:
        error: A `CommandFailed`, a `DaemonError` or `DaemonUnreachable` of the client library, or
            a `KeyboardInterrupt`. Anything else is a defect of ours and counts as `FAILED`.
    """
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, CommandFailed):
        return error.exit_code
    from aircher_client import (  # noqa: PLC0415 -- this table is read before it is needed
        DaemonError,
        DaemonUnreachable,
    )

    if isinstance(error, DaemonUnreachable):
        return UNREACHABLE
    if isinstance(error, DaemonError):
        # A reply that broke off counts alike, whether or not some of it was seen.
        return code_exit(error.code, reasons(error.data))
    return FAILED


def code_exit(code: str, why: list[str]) -> int:
    """Return the exit code for a protocol error code and the reasons that came with it."""
    if code in _MAY_BE_MIXED and why:
        return NOT_SIGNED_IN if codes.ABOUT_AUTHENTICATION.issuperset(why) else NO_PROVIDER
    return BY_CODE.get(code, FAILED)


def reasons(data: object) -> list[str]:
    """Return the codes of every failed attempt and every skip in a chat error's `data`."""
    if not isinstance(data, dict):
        return []
    attempts = [entry.get("outcome") for entry in records(data.get("attempts"))]
    skips = [entry.get("reason") for entry in records(data.get("skipped"))]
    return [str(reason) for reason in attempts + skips if reason != "ok"]
