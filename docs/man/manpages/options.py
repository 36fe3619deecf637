"""The options of a command, from its argparse parser."""

import argparse
import re

from manpages import roff

_HELP = ("-h", "--help")
_METAVAR = re.compile(r"\b[A-Z][A-Z_]+\b")


def synopsis(parser: argparse.ArgumentParser) -> str:
    """Return how a command is called: the program in bold, names of values in italics."""
    usage = " ".join(parser.format_usage().split()).removeprefix("usage: ")
    usage = re.sub(r" \[-h\]", "", usage)
    name, rest = parser.prog, usage.removeprefix(parser.prog)
    parts = [
        roff.italic(part) if _METAVAR.fullmatch(part) else roff.escape(part)
        for part in re.split(r"(\b[A-Z][A-Z_]+\b)", rest)
    ]
    return f".TP\n{roff.bold(name)}{''.join(parts)}\n\\&\n"


def option_sections(parser: argparse.ArgumentParser, *, level: str) -> str:
    """Return all options by their groups; `--help` is left out. `level` is SH or SS."""
    formatter = parser._get_formatter()
    sections: list[str] = []
    for group in parser._action_groups:
        entries = [
            _option(formatter, action) for action in group._group_actions if _is_shown(action)
        ]
        if entries:
            title = (group.title or "options").capitalize()
            title = "Arguments" if title == "Positional arguments" else title
            about = roff.lead(roff.escape(group.description)) if group.description else ""
            sections += [_heading(title, level), about, *entries]
    return "".join(sections)


def _heading(title: str, level: str) -> str:
    if level == "SH":
        return roff.heading(title)
    if level == "SS":
        return roff.subheading(title)
    return ""


def _is_shown(action: argparse.Action) -> bool:
    return action.help is not argparse.SUPPRESS and not set(_HELP) & set(action.option_strings)


def _option(formatter: argparse.HelpFormatter, action: argparse.Action) -> str:
    body = formatter._expand_help(action) if action.help else ""
    return roff.item(_tag(formatter, action), roff.escape(" ".join(body.split())))


def _tag(formatter: argparse.HelpFormatter, action: argparse.Action) -> str:
    if not action.option_strings:
        default = formatter._get_default_metavar_for_positional(action)
        return roff.italic(formatter._metavar_formatter(action, default)(1)[0])
    value = ""
    if action.nargs != 0:
        default = formatter._get_default_metavar_for_optional(action)
        value = " " + roff.italic(formatter._format_args(action, default))
    return ", ".join(f"{roff.bold(name)}{value}" for name in action.option_strings)
