"""argv -> exit code: finds the command, runs it, and turns every failure into a message.

No traceback is printed: it does not help the user, and could contain secrets.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from aircher_cli.console import Console, OutputClosed
from aircher_cli.context import Context
from aircher_cli.exit_codes import (
    FAILED,
    INSTALLATION_GONE,
    INTERRUPTED,
    OK,
    OUTPUT_CLOSED,
    HelpRequested,
)
from aircher_cli.registry import COMMANDS, LATE_NOTICES, OWN_NOTICES, find_command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Args:
        argv: The arguments after the program's name; those of `sys.argv` by default.
    """
    if "_ARGCOMPLETE" in os.environ:  # the shell asks for completions; this does not return
        from aircher_cli.completion import complete  # noqa: PLC0415 -- only for a TAB

        complete()
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        console = Console(sys.stdout, sys.stderr, os.environ)
        context = Context(console, os.environ, sys.stdin)
        return run(context, words)
    except KeyboardInterrupt:  # before or after the command itself
        return INTERRUPTED


def run(context: Context, words: list[str]) -> int:
    """Run a command; every failure becomes a message and an exit code."""
    try:
        return _dispatch(context, words)
    except OutputClosed:
        return OUTPUT_CLOSED
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 -- the outermost handler
        try:
            from aircher_cli.failures import report  # noqa: PLC0415 -- only after a failure

            context.note_late(getattr(error, "code", None))
            own = words[: words.index("--")] if "--" in words else words
            return report(context, error, as_json="--json" in own)
        except OutputClosed:
            return OUTPUT_CLOSED
        except ImportError:  # there is nothing left to load a better message from
            context.console.note(f"aircher-cli: {INSTALLATION_GONE}")
            return FAILED


def _dispatch(context: Context, words: list[str]) -> int:
    found = find_command(words)
    if found is None:
        from aircher_cli.help import run_without_command  # noqa: PLC0415 -- not needed by commands

        return run_without_command(context, words)
    name, arguments = found
    command = import_module(f"aircher_cli.commands.{COMMANDS[name][0]}")
    context.own_notices = OWN_NOTICES.get(name, frozenset())
    context.late_notices = LATE_NOTICES.get(name, frozenset())
    try:
        options = command.build_parser().parse(arguments)
    except HelpRequested as request:
        context.console.write(request.text)
        return OK
    code: int = command.run(context, options)
    context.note_late()
    return code


if __name__ == "__main__":
    sys.exit(main())
