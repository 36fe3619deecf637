"""`aircher-cli allow`: shows a repository's `.aircher` file, and lets it have an effect."""

import argparse
import os

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.layout import paragraph
from aircher_client.project import FILE, find_file
from aircher_client.project_file import Decisions, ProjectFileError, entries, load

EXAMPLES = """
aircher-cli allow
aircher-cli allow ~/src/acme
aircher-cli allow --list
"""

DESCRIPTION = """\
Show the .aircher file of a repository, and use it from now on: it sets the model, the task and the
label of the key for ask, chat and route, where options do not. It can set nothing else. A file that
changes is not used until you allow it again."""

STATES = {
    "allowed": ("✓", "good", "allowed"),
    "denied": ("✗", "bad", "denied"),
    "changed": ("!", "warn", "changed since, and not used"),
    "gone": ("○", "dim", "gone"),
}
"""Decision -> symbol, style, and what is said."""


def build_parser() -> Parser:
    """Return the parser of `allow`."""
    parser = make_parser("allow", DESCRIPTION, EXAMPLES)
    add_folder(parser)
    list_help = "list what was allowed and denied"
    parser.add_argument("--list", action="store_true", help=list_help)
    add_json(parser)
    return parser


def add_folder(parser: Parser) -> None:
    """Add the folder whose file is meant."""
    folder_help = "the folder, or one above it in its repository, has the file (default: this one)"
    parser.add_argument(
        "folder", nargs="?", type=non_empty_name, metavar="FOLDER", help=folder_help
    )


def run(context: Context, options: argparse.Namespace) -> int:
    """Show the file and record that it is allowed, or list all decisions.

    Raises:
        UsageError: a folder is named for a list.
        CommandFailed: there is no such file, or it contains what it must not.
    """
    try:
        if options.list:
            if options.folder:
                raise UsageError("--list takes no folder", "aircher-cli allow --help")
            return _show_list(context, as_json=options.json)
        return _allow(context, find(options.folder), as_json=options.json)
    except ProjectFileError as error:
        raise CommandFailed(str(error)) from None


def find(folder: str | None) -> str:
    """Return the path of the file of a folder, None for the working directory.

    Raises:
        CommandFailed: there is none.
    """
    # The working directory of `ask` has no links in it.
    start = os.path.realpath(folder or ".")
    path = find_file({}, start)
    if path is None:
        raise CommandFailed(
            f"there is no file {FILE} in {start}, nor above it in its Git repository"
        )
    return path


def say(context: Context, path: str, said: str) -> None:
    """Write what was done with a file; the path stays whole, and no word is cut."""
    console = context.console
    if len(f"✓ {path} {said}") < console.width:
        console.line(f"✓ {path} {said}", "good")
        return
    console.line(f"✓ {path}", "good")
    for line in paragraph(said, console.width, indent="  ", style="good"):
        console.styled(line)


def _allow(context: Context, path: str, *, as_json: bool) -> int:
    file = load(path)
    found = entries(file)
    Decisions(context.environ).record(file, allowed=True, key=found.get("key"))
    if as_json:
        context.console.json({"file": path, "decision": "allowed", **found})
        return OK
    for line in file.text.splitlines():
        context.console.line(f"  {line}")
    say(context, path, "is used from now on, until it changes")
    return OK


def _show_list(context: Context, *, as_json: bool) -> int:
    decisions = Decisions(context.environ)
    rows = [(path, _state(decisions, path)) for path in sorted(decisions.read())]
    if as_json:
        context.console.json({"files": [{"file": path, "decision": each} for path, each in rows]})
        return OK
    for path, state in rows:
        symbol, style, said = STATES[state]
        context.console.styled([(symbol, style), (f" {path}  {said}", "")])
    if not rows:
        context.console.note("no project file was allowed or denied")
    return OK


def _state(decisions: Decisions, path: str) -> str:
    try:
        return decisions.of(load(path))
    except ProjectFileError:
        return "gone"
