"""`aircher-cli deny`: a repository's `.aircher` file has no effect, and is not mentioned."""

import argparse
import os

from aircher_cli.commands.allow import add_folder, find
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_client.project import FILE
from aircher_client.project_file import Decisions, ProjectFileError, load

EXAMPLES = """
aircher-cli deny
aircher-cli deny ~/src/acme
"""

DESCRIPTION = """\
Do not use the .aircher file of a repository, and do not mention it until it changes. This takes
back `allow`."""


def build_parser() -> Parser:
    """Return the parser of `deny`."""
    parser = make_parser("deny", DESCRIPTION, EXAMPLES)
    add_folder(parser)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Record that the file is denied; of one that is gone, forget what was decided.

    Raises:
        CommandFailed: there is no such file, and none was allowed.
    """
    try:
        decisions = Decisions(context.environ)
        gone = os.path.join(os.path.realpath(options.folder or "."), FILE)  # noqa: PTH118
        if not os.path.lexists(gone) and decisions.forget(gone):
            path, decision = gone, "forgotten"
        else:
            path, decision = find(options.folder), "denied"
            decisions.record(load(path), allowed=False)
    except ProjectFileError as error:
        raise CommandFailed(str(error)) from None
    if options.json:
        context.console.json({"file": path, "decision": decision})
        return OK
    said = "is not used" if decision == "denied" else "is gone, and so is what you decided about it"
    context.console.line(f"✓ {path} {said}", "good")
    return OK
