"""Files that a command line names: their bytes, or why there are none and what to do."""

import os

from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed, UsageError

STDIN = "-"
"""The name of a file that means standard input."""

MAX_BYTES = 30 * 1024 * 1024
"""A frame holds 32 MiB; what is larger is refused here, where it can be said in plain words."""


def read_bytes(context: Context, name: str) -> bytes:
    """Return what is in a file, `-` being standard input.

    Raises:
        CommandFailed: it cannot be read, is empty or is larger than any request.
    """
    data = context.read_bytes() if name == STDIN else _read_file(name)
    called = display_name(name)
    if not data.strip():
        raise CommandFailed(f"{called} is empty: there is nothing in it to send")
    if len(data) > MAX_BYTES:
        raise CommandFailed(
            f"{called} is over 30 MiB, more than the daemon takes at once: send a part of it"
        )
    return data


def display_name(name: str) -> str:
    """Return what messages and models call a file."""
    return "standard input" if name == STDIN else name


def refuse_repeated_stdin(options: dict[str, int]) -> None:
    """Check that standard input is named once at most.

    Args:
        options: How often each option names it.

    Raises:
        UsageError: it is named more often.
    """
    if sum(options.values()) > 1:
        names = ", ".join(f"{name} -" for name, times in options.items() for _ in range(times))
        raise UsageError(f"standard input can be read only once, and is asked for by {names}")


def _read_file(name: str) -> bytes:
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - pathlib would cost a tenth of the start-up
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandFailed(_read_error(name, error)) from None


def _read_error(name: str, error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return f"cannot read {name}: it is a directory; name the files in it one by one"
    if isinstance(error, FileNotFoundError):
        return f"cannot read {name}: {error.strerror}{_suggest_file(name)}"
    if isinstance(error, PermissionError):
        return f"cannot read {name}: {error.strerror}; `ls -l` shows who may"
    return f"cannot read {name}: {error.strerror}"


def _suggest_file(name: str) -> str:
    """Return a hint at a file beside it with nearly the same name, if there is one."""
    from aircher_cli.registry import suggest  # noqa: PLC0415 -- only a mistake needs it

    directory, base = os.path.split(name)
    try:
        beside = os.listdir(directory or ".")  # noqa: PTH208 - pathlib would cost more
    except OSError:
        return ""
    return suggest(base, beside)
