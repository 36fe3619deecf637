"""argv -> exit code: finds the command, runs it, and turns whatever goes wrong into a message.

This is the edge: beyond it there is only a shell. No traceback leaves it, for a traceback helps
nobody who types commands, and could hold what must not be printed.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from aircher_cli.console import Console, OutputClosed
from aircher_cli.context import Context
from aircher_cli.exit_codes import INTERRUPTED, OK, OUTPUT_CLOSED, HelpRequested
from aircher_cli.registry import COMMANDS, find_command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Args:
        argv: The words after the program's name; `sys.argv` by default.
    """
    if "_ARGCOMPLETE" in os.environ:  # the shell asks what fits, and leaves with the answer
        from aircher_cli.completion import complete  # noqa: PLC0415 -- costs only a TAB

        complete()
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        console = Console(sys.stdout, sys.stderr, os.environ)
        context = Context(console, os.environ, sys.stdin)
        return run(context, words)
    except KeyboardInterrupt:  # before or after the command proper
        return INTERRUPTED


def run(context: Context, words: list[str]) -> int:
    """Run a command in `context`; every failure ends here as a message and an exit code."""
    try:
        return _dispatch(context, words)
    except OutputClosed:
        return OUTPUT_CLOSED
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 -- the edge, see above
        from aircher_cli.failures import report  # noqa: PLC0415 -- costs only who failed

        try:
            return report(context, error, as_json="--json" in words)
        except OutputClosed:
            return OUTPUT_CLOSED


def _dispatch(context: Context, words: list[str]) -> int:
    found = find_command(words)
    if found is None:
        from aircher_cli.help import run_without_command  # noqa: PLC0415 -- no command needs it

        return run_without_command(context, words)
    name, arguments = found
    command = import_module(f"aircher_cli.commands.{COMMANDS[name][0]}")
    try:
        options = command.build_parser().parse(arguments)
    except HelpRequested as asked:
        context.console.write(asked.text)
        return OK
    code: int = command.run(context, options)
    return code


if __name__ == "__main__":
    sys.exit(main())
