"""`aircher-cli demo`: runs the demo, a part of the daemon, in a separate process."""

import argparse
import subprocess
import sys

from aircher_cli.context import Context
from aircher_cli.exit_codes import INTERRUPTED, CommandFailed
from aircher_cli.parser import Parser, make_parser

MODULE = "aircherd.testing.demo"


def build_parser() -> Parser:
    """Return the parser of `demo`."""
    return make_parser(
        "demo",
        "Watch a prompt being answered, a fallback to another provider after a rejected key, and "
        "the state afterwards. The providers are simulated on this machine: the demo needs no key "
        "and no network, and leaves nothing behind.",
    )


def run(context: Context, options: argparse.Namespace) -> int:
    """Run the demo in our terminal and return its exit code.

    Raises:
        CommandFailed: Python cannot be run, as after it was removed.
    """
    del context, options
    try:
        child = subprocess.Popen([sys.executable, "-m", MODULE])
    except OSError as error:
        message = f"cannot run {sys.executable}: {error.strerror}. Install aircher again"
        raise CommandFailed(message) from None
    while True:
        try:
            return shell_code(child.wait())  # no deadline: the user can press Ctrl-C
        except KeyboardInterrupt:
            continue  # the demo received it too, and cleans up


def shell_code(returncode: int) -> int:
    """Return a child's exit code as a shell does: 128 + N after signal N."""
    code = 128 - returncode if returncode < 0 else returncode
    return INTERRUPTED if code == INTERRUPTED else code
