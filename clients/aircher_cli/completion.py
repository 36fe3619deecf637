"""Answers the shell when somebody presses TAB: one parser of all commands, walked by argcomplete.

The shell runs the program with `_ARGCOMPLETE` set; nobody else pays for the imports here. Names of
providers and models come from a daemon that runs; none is started for a TAB.
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
"""Seconds that a TAB waits for the daemon."""

Completer = Callable[..., list[str]]

SHELL_SAFE = re.compile(r"\w[\w./:@+,-]*")
"""What means nothing to any shell. Models are named by servers, and a TAB writes into a command."""


def complete() -> None:
    """Print the words that fit what was typed, in the form the shell asked for; then leave."""
    argcomplete.autocomplete(full_parser(), always_complete_options="long")


def full_parser() -> Parser:
    """Return one parser with every command below it."""
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
    for action in own._actions:  # noqa: SLF001 - argparse has no other way to them
        if completer := COMPLETERS.get(action.dest):
            action.completer = completer  # type: ignore[attr-defined] # argcomplete's own hook


def _rows(method: str, field: str, timeout: float = TIMEOUT_SECONDS) -> Iterator[dict[str, object]]:
    """Yield what the daemon lists; nothing where it does not run: a TAB is no place to say so."""
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
    """Return the models that can be asked for, as provider/model."""
    rows = _rows(methods.MODELS_LIST, "models")
    return _plain(f"{row['provider']}/{row['model']}" for row in rows)


def _plain(names: Iterable[str]) -> list[str]:
    return [name for name in names if SHELL_SAFE.fullmatch(name)]


COMPLETERS: dict[str, Completer] = {"provider": provider_names, "model": model_names}
"""By the name of the option or argument, which is the same in every command."""
