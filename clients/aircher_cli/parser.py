"""argparse, tamed: fast to build, one style of help and of errors, and never a key in a message."""

import argparse
import os
from collections.abc import Sequence

from aircher_cli.console import terminal_width
from aircher_cli.exit_codes import HelpRequested, UsageError
from aircher_cli.registry import suggest

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from typing import NoReturn

PROGRAM = "aircher-cli"
EXAMPLES = "examples:\n"

_KEY_STARTS = ("sk-", "sk_", "pk-", "rk-", "gsk_", "xai-", "AIza")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal, 90 columns at most."""

    def __init__(self, prog: str) -> None:
        # With a width given, argparse does not import shutil for every argument it is told of.
        width = min(90, terminal_width(os.environ)) - 1
        super().__init__(prog, max_help_position=min(28, width // 2), width=width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Wrap descriptions; leave examples as they are, to be copied."""
        if text.startswith(EXAMPLES):
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(  # noqa: SLF001 -- as our base class does
            self, text, width, indent
        )


class Parser(argparse.ArgumentParser):
    """Raises instead of printing and leaving; `parse` takes options anywhere."""

    def error(self, message: str) -> "NoReturn":
        """Turn argparse's complaint into ours."""
        raise UsageError(message, hint=f"{self.prog} --help")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Refuse what is none of an option's words, and name the nearest one.

        argparse's own words repeat whatever was typed, and people do type keys there.
        """
        known = [] if action.choices is None else [str(choice) for choice in action.choices]
        if action.choices is not None and value not in known:
            meant = suggest(str(value), known)
            typed = "" if looks_like_key(str(value)) else f", not {value}"
            raise argparse.ArgumentError(action, f"takes one of {', '.join(known)}{typed}{meant}")

    def print_help(self, file: object = None) -> "NoReturn":
        """Hand the help to whoever knows where to print it."""
        del file
        raise HelpRequested(self.format_help())

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse, with positional arguments and options in any order.

        An unknown option is named without its value: people do type keys there.

        Raises:
            UsageError: the words do not fit.
            HelpRequested: the words ask for help.
        """
        words, hidden = _hide_after_dashes(list(words))
        options, unknown = self.parse_known_intermixed_args(words)
        for non_empty_name, value in vars(options).items():
            setattr(options, non_empty_name, _unhide(value, hidden))
        if unknown:
            self.error(_unknown_arguments(unknown))
        return options


def _hide_after_dashes(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Replace what follows `--` by words that look like nothing argparse knows.

    It would otherwise forget about the `--` when options may stand anywhere. The NUL in them
    cannot come from a command line.
    """
    if "--" not in words:
        return words, {}
    at = words.index("--")
    hidden = {f"\0{number}": word for number, word in enumerate(words[at + 1 :])}
    return [*words[:at], *hidden], hidden


def _unhide(value: object, hidden: dict[str, str]) -> object:
    if isinstance(value, list):
        return [_unhide(entry, hidden) for entry in value]
    return hidden.get(value, value) if isinstance(value, str) else value


def looks_like_key(word: str) -> bool:
    """Tell whether a word may be a key, and so must not be repeated in a message."""
    return word.startswith(_KEY_STARTS) or len(word) > 64


def _unknown_arguments(unknown: list[str]) -> str:
    names = [option_name(word) for word in unknown if word.startswith("-") and word != "--"]
    if names:
        return f"unknown option {', '.join(names)}"
    return f"{len(unknown)} argument{'s' if len(unknown) > 1 else ''} too many"


def option_name(word: str) -> str:
    """Return the name of an option without a value that is glued to it."""
    return word.split("=", 1)[0] if word.startswith("--") else word[:2]


def make_parser(non_empty_name: str, description: str, examples: str = "") -> Parser:
    """Return the parser of one command; `examples` are lines as one would type them."""
    parser = Parser(
        prog=f"{PROGRAM} {non_empty_name}",
        description=description,
        epilog=f"{EXAMPLES}{_indent(examples)}" if examples else None,
        formatter_class=_Formatter,
        allow_abbrev=False,  # an abbreviation that works today is ambiguous tomorrow
    )
    parser._optionals.title = "options"  # noqa: SLF001 - the only way to name the group
    return parser


def add_json(parser: Parser, what: str = "print JSON, for scripts") -> None:
    """Add the option that every command for scripts has."""
    parser.add_argument("--json", action="store_true", help=what)


def _indent(text: str) -> str:
    return "\n".join(f"  {line.strip()}" for line in text.strip().splitlines())


def positive_int(text: str) -> int:
    """Parse a whole number from 1."""
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError("takes a whole number from 1")
    return value


def positive(text: str) -> float:
    """Parse a number over 0; infinity and NaN are not numbers here."""
    value = _number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("takes a number over 0")
    return value


def non_negative(text: str) -> float:
    """Parse a number from 0; infinity and NaN are not numbers here."""
    value = _number(text)
    if value < 0:
        raise argparse.ArgumentTypeError("takes a number from 0")
    return value


def fraction(text: str) -> float:
    """Parse a number over 0 and up to 1."""
    value = _number(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError("takes a number over 0 and up to 1")
    return value


def _number(text: str) -> float:
    """Return a number, and -1 for what is none."""
    try:
        value = float(text)
    except ValueError:
        return -1.0
    return value if abs(value) < float("inf") else -1.0


def non_empty_text(text: str) -> str:
    """Take any text, white space too, but not an empty one."""
    if not text:
        raise argparse.ArgumentTypeError("takes a text, and this one is empty")
    return text


def non_empty_name(text: str) -> str:
    """Take a name as it is, but not an empty one: that is a shell's variable nobody has set."""
    if not text.strip():
        raise argparse.ArgumentTypeError("takes a name, and this one is empty")
    return text
