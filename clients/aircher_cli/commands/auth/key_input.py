"""Reads a key from a hidden prompt or from standard input, never from the command line.

Also the option that says where it is stored.
"""

import argparse
import termios

from aircher_cli.context import Context
from aircher_cli.exit_codes import UsageError
from aircher_cli.parser import may_be_key
from aircher_cli.signing_in.terminal import ask_hidden

KEY_ON_COMMAND_LINE = (
    "a key must not be on the command line, where `ps` and the shell's history show it. Leave it "
    'out to be prompted for it, or pipe it in: printf %s "$KEY" | aircher-cli auth login NAME'
)


MAX_INPUT = 9 * 1024
"""Bytes of standard input: the longest key that the daemon takes, and white space around it."""


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add `--store` to the parser of a command that stores keys."""
    parser.add_argument(
        "--store",
        choices=("keyring", "file"),
        help="where to keep the key; the file is used only where there is no keyring unless you "
        "choose it, and is not encrypted unless [auth] encrypt_with is set",
    )


def refuse_keys(words: list[str]) -> None:
    """Reject arguments that may be keys, without repeating them.

    Raises:
        UsageError: one of them may be a key.
    """
    if any(may_be_key(word) for word in words):
        raise UsageError(KEY_ON_COMMAND_LINE)


def read_key(context: Context, provider: str, what: str = "") -> str:
    """Return a key: typed at a hidden prompt, or all of standard input if that is not a terminal.

    The prompt asks for `what`, by default the key of the provider.

    Raises:
        UsageError: the key is empty or too long, or the terminal would show it.
    """
    wanted = what or f"Key for {provider}"
    key = _read_piped(context) if context.has_input() else _ask_for_key(context, wanted)
    if not key.strip():
        raise UsageError("the key is empty", "aircher-cli auth login --help")
    return key


def _read_piped(context: Context) -> str:
    data = context.read_bytes(MAX_INPUT)
    if len(data) > MAX_INPUT:
        raise UsageError("the key is longer than 8 KiB; was a whole file piped in?")
    return data.decode(errors="surrogateescape")


def _ask_for_key(context: Context, what: str) -> str:
    try:
        key = ask_hidden(f"{what} (not shown): ")
    except termios.error:
        raise UsageError(
            "this terminal cannot hide what you type; pipe the key in instead"
        ) from None
    except KeyboardInterrupt:
        context.console.note("")  # ends the line of the prompt
        raise
    if key is None:
        context.console.note("")
    return key or ""
