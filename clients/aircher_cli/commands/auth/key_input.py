"""How a key gets in: a hidden prompt or standard input. Never the command line."""

import warnings
from getpass import GetPassWarning, getpass

from aircher_cli.context import Context
from aircher_cli.exit_codes import UsageError
from aircher_cli.parser import looks_like_key

KEY_ON_COMMAND_LINE = (
    "a key does not belong on the command line, where `ps` and the shell's history show it. Leave "
    'it out to be asked for it, or pipe it in: printf %s "$KEY" | aircher-cli auth login NAME'
)


def refuse_keys(words: list[str]) -> None:
    """Refuse words that may be keys, without repeating them.

    Raises:
        UsageError: one of them may be.
    """
    if any(looks_like_key(word) for word in words):
        raise UsageError(KEY_ON_COMMAND_LINE)


def read_key(context: Context, provider: str) -> str:
    """Return the key a person types unseen, or all of standard input if nobody sits there.

    Raises:
        UsageError: there is none, or the terminal would show it.
    """
    key = context.read_input() if context.has_input() else _ask_for_key(context, provider)
    if not key.strip():
        raise UsageError("no key was given", "aircher-cli auth login --help")
    return key


def _ask_for_key(context: Context, provider: str) -> str:
    with warnings.catch_warnings():
        # Without a terminal it can silence, getpass warns and goes on to show what is typed.
        warnings.simplefilter("error", GetPassWarning)
        try:
            return getpass(f"Key for {provider} (you will not see it): ")
        except GetPassWarning:
            raise UsageError("this terminal cannot hide what you type; pipe the key in") from None
        except EOFError:
            context.console.note("")  # nothing ended the prompt's line
            return ""
        except KeyboardInterrupt:
            context.console.note("")
            raise
