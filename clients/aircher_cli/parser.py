"""argparse with fast set-up, our style of help and errors, and never a key in a message."""

import argparse
import os
from collections.abc import Sequence

from aircher_cli.console import terminal_width
from aircher_cli.exit_codes import HelpRequested, UsageError
from aircher_cli.registry import suggest

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from typing import NoReturn

PROGRAM = "aircher-cli"
MAX_DIGITS = 18
"""Of a whole number."""
EXAMPLES = "examples:\n"

_KEY_STARTS = ("sk-", "sk_", "pk-", "rk-", "gsk_", "xai-", "AIza", "ak-air-")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal, 90 columns at most."""

    def __init__(self, prog: str) -> None:
        # With an explicit width, argparse does not import shutil for every argument.
        width = min(90, terminal_width(os.environ)) - 1
        super().__init__(prog, max_help_position=min(28, width // 2), width=width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Wrap descriptions; break examples so that they can be copied."""
        if text.startswith(EXAMPLES):
            from aircher_cli.render.layout import command_lines  # noqa: PLC0415 -- only for help

            columns = terminal_width(os.environ)
            return "\n".join(
                each for line in text.splitlines() for each in command_lines(line, columns)
            )
        return argparse.HelpFormatter._fill_text(  # noqa: SLF001 -- as our base class does
            self, text, width, indent
        )


class Parser(argparse.ArgumentParser):
    """Raises instead of printing and exiting; `parse` accepts options anywhere."""

    def error(self, message: str) -> "NoReturn":
        """Raise our own error instead of argparse's, which repeats a value that may be a key."""
        option, ignored, _ = message.partition(": ignored explicit argument ")
        if ignored:
            message = f"{option}: takes no such value"
        raise UsageError(message, hint=f"{self.prog} --help")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Reject a value that is not one of the choices, and suggest the closest one.

        argparse's own message repeats what was typed, which may be a key.
        """
        known = [] if action.choices is None else [str(choice) for choice in action.choices]
        if action.choices is not None and value not in known:
            meant = suggest(str(value), known)
            typed = "" if may_be_key(str(value)) else f", not {value}"
            raise argparse.ArgumentError(action, f"must be one of {', '.join(known)}{typed}{meant}")

    def print_help(self, file: object = None) -> "NoReturn":
        """Raise the help text, for the caller to print."""
        del file
        raise HelpRequested(self.format_help())

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse, with positional arguments and options in any order.

        An unknown option is reported without its value, which may be a key.

        Raises:
            UsageError: the arguments are invalid.
            HelpRequested: the arguments contain `--help`.
        """
        words, hidden = _hide_after_dashes(list(words))
        options, unknown = self.parse_known_intermixed_args(words)
        for non_empty_name, value in vars(options).items():
            setattr(options, non_empty_name, _unhide(value, hidden))
        if unknown:
            self.error(_unknown_arguments(unknown))
        return options


def _hide_after_dashes(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Replace the arguments after `--` with placeholders that do not look like options.

    argparse ignores the `--` when options may stand anywhere. The placeholders contain NUL, which
    cannot occur in an argument.
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


def may_be_key(word: str) -> bool:
    """Tell whether an argument may be a key, and so must not be repeated in a message."""
    return word.startswith(_KEY_STARTS) or len(word) > 64


def _unknown_arguments(unknown: list[str]) -> str:
    names = [option_name(word) for word in unknown if word.startswith("-") and word != "--"]
    if names:
        return f"unknown option {', '.join(names)}"
    return f"{len(unknown)} unexpected argument{'s' if len(unknown) > 1 else ''}"


def option_name(word: str) -> str:
    """Return the name of an option without a value attached to it."""
    return word.split("=", 1)[0] if word.startswith("--") else word[:2]


def add_task(parser: Parser) -> None:
    """Add `--task` to `parser`."""
    task_help = "a preset, [tasks.NAME] in the configuration; other options take precedence"
    parser.add_argument("-t", "--task", type=non_empty_name, metavar="NAME", help=task_help)


def add_key(parser: "Parser | argparse._ArgumentGroup") -> None:
    """Add `--key` to `parser`."""
    key_help = "use only keys with this label, as auth status shows it"
    parser.add_argument("--key", dest="label", type=key_label, metavar="LABEL", help=key_help)


def make_parser(
    non_empty_name: str, description: str, examples: str = "", kind: type[Parser] = Parser
) -> Parser:
    """Return the parser of one command; `examples` are command lines."""
    parser = kind(
        prog=f"{PROGRAM} {non_empty_name}",
        description=description,
        epilog=f"{EXAMPLES}{_indent(examples)}" if examples else None,
        formatter_class=_Formatter,
        allow_abbrev=False,  # an abbreviation may become ambiguous later
    )
    parser._optionals.title = "options"  # noqa: SLF001 - argparse has no public way to name the group
    return parser


def add_json(parser: Parser, what: str = "print JSON, for scripts") -> None:
    """Add the `--json` option."""
    parser.add_argument("--json", action="store_true", help=what)


def _indent(text: str) -> str:
    return "\n".join(f"  {line.strip()}" for line in text.strip().splitlines())


def positive_int(text: str) -> int:
    """Parse a positive whole number."""
    # A longer one may not fit into a message to the daemon.
    value = int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else 0
    if value < 1:
        raise argparse.ArgumentTypeError("must be a whole number, 1 or more")
    return value


def positive(text: str) -> float:
    """Parse a number above 0; infinity and NaN are rejected."""
    value = _number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("must be a number above 0")
    return value


def non_negative(text: str) -> float:
    """Parse a number that is 0 or more; infinity and NaN are rejected."""
    value = _number(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must be a number, 0 or more")
    return value


def fraction(text: str) -> float:
    """Parse a number above 0 and at most 1."""
    value = _number(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError("must be a number above 0 and at most 1")
    return value


def _number(text: str) -> float:
    """Parse a finite number; return -1 for anything else."""
    try:
        value = float(text)
    except ValueError:
        return -1.0
    return value if abs(value) < float("inf") else -1.0


def non_empty_text(text: str) -> str:
    """Accept any text except an empty one."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def key_label(text: str) -> str:
    """Accept the label of a key, and never a key itself."""
    if may_be_key(text):
        raise argparse.ArgumentTypeError(
            "takes the label of a key, not the key: see 'aircher-cli auth status'"
        )
    return non_empty_name(text)


def non_empty_name(text: str) -> str:
    """Accept any name except an empty one, which is usually an unset shell variable."""
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return text
