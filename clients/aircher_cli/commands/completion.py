"""`aircher-cli completion`: prints a completion script for a shell."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import PROGRAM, Parser, make_parser

SHELLS = ("bash", "zsh", "fish")

EXAMPLES = """
eval "$(aircher-cli completion bash)"     # in ~/.bashrc
eval "$(aircher-cli completion zsh)"      # in ~/.zshrc, after compinit
aircher-cli completion fish > ~/.config/fish/completions/aircher-cli.fish
"""


def build_parser() -> Parser:
    """Return the parser of `completion`."""
    parser = make_parser(
        "completion",
        "Print a script that completes commands, options, and the names of providers and models "
        "on the TAB key. The names come from the daemon, if it is running.",
        EXAMPLES,
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the script."""
    from argcomplete.shell_integration import (  # noqa: PLC0415 -- only when the script is printed
        shellcode,
    )

    context.console.write(shellcode([PROGRAM], shell=options.shell))
    return OK
