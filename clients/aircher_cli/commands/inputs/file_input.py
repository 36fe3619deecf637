"""Reads files named on the command line, and explains failures."""

import os
import stat

from aircher_cli.context import MAX_INPUT, Context
from aircher_cli.exit_codes import CommandFailed, UsageError

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from collections.abc import Callable

    DescribeTooLarge = Callable[[str, bytes, int | None], str | None]

STDIN = "-"
"""The file name that means standard input."""

MAX_BYTES = MAX_INPUT
"""Larger files are rejected here, with a better message than the daemon's."""


def read_bytes(
    context: Context, name: str, *, describe_too_large: "DescribeTooLarge | None" = None
) -> bytes:
    """Return the bytes of a file, or of standard input for `-`.

    `describe_too_large(name, first bytes, size)` may return a better message for such a file.

    Raises:
        CommandFailed: it cannot be read, is empty, or does not fit in a request.
    """
    data = context.read_bytes(MAX_BYTES) if name == STDIN else _read_file(context, name)
    shown = display_name(name)
    if not data.strip():
        raise CommandFailed(f"{shown} is empty")
    if len(data) > MAX_BYTES:
        message = describe_too_large and describe_too_large(shown, data, _file_size(name))
        raise CommandFailed(
            message or f"{shown} is over 30 MiB, more than one request can hold: send a part of it"
        )
    return data


def display_name(name: str) -> str:
    """Return the name of a file in messages and prompts."""
    return "standard input" if name == STDIN else name


def refuse_repeated_stdin(options: dict[str, int]) -> None:
    """Check that standard input is used at most once.

    Args:
        options: Option -> how often it names standard input.

    Raises:
        UsageError: it is used more than once.
    """
    if sum(options.values()) > 1:
        names = ", ".join(f"{name} -" for name, times in options.items() for _ in range(times))
        raise UsageError(f"standard input can be used only once, but is given as {names}")


def _read_file(context: Context, name: str) -> bytes:
    try:
        # A named pipe without a writer would wait here, before any notice.
        fd = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            return _read_descriptor(context, name, fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise CommandFailed(_read_error(name, error)) from None


def _read_descriptor(context: Context, name: str, fd: int) -> bytes:
    if stat.S_ISREG(os.fstat(fd).st_mode):
        with open(fd, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)
    from aircher_cli.standard_input import read_descriptor  # noqa: PLC0415 -- only for pipes

    def say_so() -> None:
        context.console.note(f"aircher-cli: reading {name} until it ends")

    return read_descriptor(fd, MAX_BYTES, until=context.read_until, on_wait=say_so)


def _file_size(name: str) -> int | None:
    """Return the size of a regular file in bytes; None for anything else."""
    try:
        found = os.stat(name)  # noqa: PTH116 - pathlib would cost a tenth of the start-up time
    except OSError:
        return None
    return found.st_size if name != STDIN and stat.S_ISREG(found.st_mode) else None


def _read_error(name: str, error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return f"cannot read {name}: it is a directory; pass the files in it"
    if isinstance(error, FileNotFoundError):
        return f"cannot read {name}: {error.strerror}{_suggest_file(name)}"
    if isinstance(error, PermissionError):
        return f"cannot read {name}: {error.strerror}; check its permissions with `ls -l`"
    return f"cannot read {name}: {error.strerror}"


def _suggest_file(name: str) -> str:
    """Suggest a file in the same directory with a similar name; empty if there is none."""
    from aircher_cli.registry import suggest  # noqa: PLC0415 -- only after a mistake

    directory, base = os.path.split(name)
    try:
        siblings = os.listdir(directory or ".")  # noqa: PTH208 - pathlib would cost more
    except OSError:
        return ""
    return suggest(base, siblings)
