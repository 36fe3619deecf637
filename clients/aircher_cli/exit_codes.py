"""The exit codes. They tell a script whether a retry or signing in would help."""

from aircher_cli.values import records
from aircher_wire import codes

OK = 0
FAILED = 1
"""The request itself failed; sending it again unchanged will not help."""
USAGE = 2
"""The command line is wrong."""
UNREACHABLE = 3
"""The daemon cannot be reached."""
NOT_SIGNED_IN = 4
"""No provider could answer, and all reasons are about authentication."""
NO_PROVIDER = 5
"""No provider could answer, for other or mixed reasons."""
INTERRUPTED = 130
"""Ctrl-C: 128 + SIGINT, as shells count."""
OUTPUT_CLOSED = 141
"""The reader closed our output: 128 + SIGPIPE, as for `cat` in `cat FILE | head -1`."""

INSTALLATION_GONE = (
    "its installation was removed or replaced while it ran. Run it again; if it is not found, "
    "install aircher again"
)
"""What a program says that cannot load one of its own modules."""

BY_CODE: dict[str, int] = {
    codes.BAD_REQUEST: FAILED,
    codes.UNKNOWN_METHOD: FAILED,
    codes.UNKNOWN_MODEL: FAILED,
    codes.CONTEXT_TOO_LONG: FAILED,
    codes.CONTENT_POLICY: FAILED,
    codes.CONFIG_INVALID: FAILED,
    codes.FORBIDDEN: FAILED,
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
    codes.BUSY: NO_PROVIDER,
    codes.PROVIDER_ERROR: NO_PROVIDER,
    codes.NETWORK: NO_PROVIDER,
    codes.TIMEOUT: NO_PROVIDER,
    codes.TRUNCATED: NO_PROVIDER,
    codes.EMPTY_REPLY: NO_PROVIDER,
    codes.ALL_FAILED: NO_PROVIDER,
    codes.CANCELLED: INTERRUPTED,
}

# Codes that may cover several reasons, so that the reasons decide.
_MAY_BE_MIXED = codes.ABOUT_AUTHENTICATION | {codes.ALL_FAILED}


class CommandFailed(Exception):
    """A command failed: `message` is for the user, `code` for programs.

    `code` appears in the output of `--json`; it may be one that the protocol does not have.
    """

    def __init__(self, message: str, *, exit_code: int = FAILED, code: str = "failed") -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.code = code


class UsageError(CommandFailed):
    """The command line is wrong; `hint` is a command that helps."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, exit_code=USAGE, code="usage")
        self.hint = hint


class HelpRequested(Exception):
    """The arguments contain `--help`; `text` is the help."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def exit_code(error: BaseException) -> int:
    """Return the exit code of an error.

    Args:
        error: A `CommandFailed`, a `DaemonError` or `DaemonUnreachable` of the client library, or
            a `KeyboardInterrupt`, or an `AddressError` (there is no home). Anything else is an
            internal error and counts as `FAILED`.
    """
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, CommandFailed):
        return error.exit_code
    from aircher_client import (  # noqa: PLC0415 -- this module is imported earlier than needed
        DaemonError,
        DaemonUnreachable,
    )
    from aircher_wire.address import AddressError  # noqa: PLC0415

    if isinstance(error, DaemonUnreachable | AddressError):
        return UNREACHABLE
    if isinstance(error, DaemonError):
        # A reply that broke off counts the same, whether or not a part of it was shown.
        return code_exit(error.code, reasons(error.data))
    return FAILED


def code_exit(code: str, why: list[str]) -> int:
    """Return the exit code of a protocol error code and its reasons."""
    if code in _MAY_BE_MIXED and why:
        return NOT_SIGNED_IN if codes.ABOUT_AUTHENTICATION.issuperset(why) else NO_PROVIDER
    return BY_CODE.get(code, FAILED)


def reasons(data: object) -> list[str]:
    """Return the codes of the failed attempts and skips in a chat error's `data`."""
    if not isinstance(data, dict):
        return []
    attempts = [entry.get("outcome") for entry in records(data.get("attempts"))]
    skips = [entry.get("reason") for entry in records(data.get("skipped"))]
    return [str(reason) for reason in attempts + skips if reason != "ok"]
