"""Where the prompt of `ask` comes from: arguments, files, standard input."""

import select

from aircher_cli.context import Context
from aircher_cli.exits import CommandFailed, UsageError

STDIN = "-"
"""The name of a file that means standard input."""

MAX_BYTES = 30 * 1024 * 1024
"""A frame holds 32 MiB; what is larger is refused here, where it can be said in plain words."""

PATIENCE = 2.0
"""Seconds of silence on standard input before we say that we wait for it."""


def read_prompt(context: Context, words: list[str], files: list[str]) -> str:
    """Return the prompt; empty if there is none.

    Raises:
        CommandFailed: a file cannot be read or is no text, or all of it is too long.
        UsageError: standard input is named twice.
    """
    if files.count(STDIN) > 1:
        raise UsageError("-f - stands twice: standard input can be read only once")
    texts = [_read_part(context, name) for name in files]
    piped = "" if STDIN in files else _piped(context, words)
    parts = [" ".join(words), *texts, piped]
    prompt = "\n\n".join(part for part in parts if part.strip())
    if len(prompt.encode(errors="surrogateescape")) > MAX_BYTES:
        raise CommandFailed("the prompt is over 30 MiB, more than the daemon takes at once")
    return prompt


def _piped(context: Context, words: list[str]) -> str:
    if not context.has_input():
        return ""
    if words:
        _say_if_waiting(context)
    return context.read_input().rstrip("\r\n")


def _say_if_waiting(context: Context) -> None:
    """Explain a silence: started from another program, standard input may never end."""
    try:
        assert context.stdin is not None
        ready = select.select([context.stdin], [], [], PATIENCE)[0]
    except (OSError, ValueError):  # not a real file
        return
    if not ready:
        context.console.note(
            "aircher-cli: waiting for standard input to end; with < /dev/null it is left out"
        )


def _read_part(context: Context, name: str) -> str:
    if name == STDIN:
        return as_part("standard input", context.read_input())
    return read_text_file(name)


def read_text_file(name: str) -> str:
    """Return a text file as a part of the prompt: its name and what is in it.

    Bytes that are not UTF-8 survive as surrogates, as in everything a user types.

    Raises:
        CommandFailed: the file cannot be read or is no text.
    """
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - pathlib would cost a tenth of the start-up
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandFailed(f"cannot read {name}: {error.strerror}") from None
    return as_part(name, data.decode(errors="surrogateescape"))


def as_part(name: str, text: str) -> str:
    """Return text as a part of the prompt, under its name.

    Raises:
        CommandFailed: it is no text.
    """
    if "\0" in text:
        raise CommandFailed(f"{name} is not a text file")
    return f"{name}:\n{_fence(text.rstrip(chr(10)))}"


def _fence(text: str) -> str:
    """Set text in a code fence longer than any run of backquotes within."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"
