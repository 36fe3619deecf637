"""`aircher-cli demo`: runs the demo, which belongs to the daemon, in a process of its own."""

import argparse
import subprocess
import sys

from aircher_cli.context import Context
from aircher_cli.exit_codes import INTERRUPTED
from aircher_cli.parser import Parser, make_parser

MODULE = "aircherd.testing.demo"


def build_parser() -> Parser:
    """Return the parser of `demo`."""
    return make_parser(
        "demo",
        "See a prompt answered, the next provider step in for a refused key, and the state after "
        "it. The providers are simulated on this machine: no key and no network is used, and "
        "nothing is left behind.",
    )


def run(context: Context, options: argparse.Namespace) -> int:
    """Run the demo in our terminal and return its exit code."""
    del context, options
    child = subprocess.Popen([sys.executable, "-m", MODULE])
    while True:
        try:
            return shell_code(child.wait())  # no deadline: a person watches, and has Ctrl-C
        except KeyboardInterrupt:
            continue  # the demo got it too, and cleans up


def shell_code(returncode: int) -> int:
    """Return a child's exit code as a shell gives it: 128 + N after signal N."""
    code = 128 - returncode if returncode < 0 else returncode
    return INTERRUPTED if code == INTERRUPTED else code
