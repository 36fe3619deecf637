"""`aircher-cli deny`: a repository's `.aircher` file has no effect, and is not mentioned."""

import argparse
import os

from aircher_cli.commands.allow import add_folder, find, say
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_client.project import FILE, find_choices
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
        path = _find(context, options.folder)
        if not os.path.lexists(path) and decisions.forget(path):
            decision = "forgotten"
        else:
            decision = "denied"
            decisions.record(load(path), allowed=False)
    except ProjectFileError as error:
        raise CommandFailed(str(error)) from None
    if options.json:
        context.console.json({"file": path, "decision": decision})
        return OK
    said = "is not used" if decision == "denied" else "is gone, and so is what you decided about it"
    say(context, path, said)
    return OK


def _find(context: Context, folder: str | None) -> str:
    """Return the path of the file of a folder, or of one that is gone and was decided about.

    Raises:
        CommandFailed: there is none.
    """
    start = os.path.realpath(folder or ".")
    named = {**context.environ, "AIRCHER_PROJECT": start}  # it may be set and empty
    gone = os.path.join(start, FILE)  # noqa: PTH118
    first = next(find_choices(named, start), gone)
    if os.path.lexists(first) or first != gone:
        return first
    # Outside of a repository, too: it may be none any more.
    return gone if gone in Decisions(context.environ).read() else find(folder)
