"""Completes commands for the shell: argcomplete walks one parser that has all commands.

The shell runs the program with `_ARGCOMPLETE` set; only then is this module imported. The names of
providers, models and tasks come from a running daemon; pressing TAB does not start one.
"""

import argparse
import os
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module

import argcomplete

from aircher_cli.parser import PROGRAM, Parser
from aircher_cli.registry import COMMANDS, GROUPS, commands_of
from aircher_client.client import Client
from aircher_client.errors import ClientError
from aircher_wire import methods

TIMEOUT_SECONDS = 1.0
"""Seconds to wait for the daemon after a TAB."""

Completer = Callable[..., list[str]]

SHELL_SAFE = re.compile(r"\w[\w./:@+,-]*")
"""Names that no shell interprets. Servers choose the names of models, so they are checked."""


def complete() -> None:
    """Print the completions of what was typed, in the shell's format; does not return."""
    argcomplete.autocomplete(full_parser(), always_complete_options="long")


def full_parser() -> Parser:
    """Return one parser with every command as a subparser."""
    parser = Parser(prog=PROGRAM)
    first = parser.add_subparsers()
    for group in GROUPS:
        second = first.add_parser(group).add_subparsers()
        for command in commands_of(group):
            _add(second, command.split()[1], command)
    for command in COMMANDS:
        if " " not in command:
            _add(first, command, command)
    return parser


def _add(below: "argparse._SubParsersAction[Parser]", word: str, command: str) -> None:
    module = import_module(f"aircher_cli.commands.{COMMANDS[command][0]}")
    own = below.add_parser(word, parents=[module.build_parser()], add_help=False)
    for action in own._actions:  # noqa: SLF001 - argparse has no public access to them
        if completer := COMPLETERS.get(action.dest):
            action.completer = completer  # type: ignore[attr-defined] # argcomplete's own hook


def _rows(method: str, field: str, timeout: float = TIMEOUT_SECONDS) -> Iterator[dict[str, object]]:
    """Yield the rows of a list from the daemon; none if it does not run or fails."""
    try:
        with Client.connect(os.environ, autostart=False, timeout=timeout) as client:
            result = client.call(method, timeout=timeout)
    except (ClientError, OSError):
        return
    rows = result.get(field) if isinstance(result, dict) else None
    yield from rows if isinstance(rows, list) else ()


def provider_names(**_: object) -> list[str]:
    """Return the providers that are configured."""
    return _plain(str(row["provider"]) for row in _rows(methods.STATUS, "providers"))


def model_names(**_: object) -> list[str]:
    """Return the available models as provider/model."""
    rows = _rows(methods.MODELS_LIST, "models")
    return _plain(f"{row['provider']}/{row['model']}" for row in rows)


def task_names(**_: object) -> list[str]:
    """Return the presets in the configuration."""
    return _plain(str(row["name"]) for row in _rows(methods.STATUS, "tasks"))


def _plain(names: Iterable[str]) -> list[str]:
    return [name for name in names if SHELL_SAFE.fullmatch(name)]


COMPLETERS: dict[str, Completer] = {
    "provider": provider_names,
    "model": model_names,
    "task": task_names,
}
"""Name of an option or argument -> its completer; the names are the same in every command."""
