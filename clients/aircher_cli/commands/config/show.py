"""`aircher-cli config show`: shows the settings in effect and where they come from."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser, may_be_key
from aircher_cli.registry import suggest
from aircher_cli.render.config.settings import setting_lines
from aircher_cli.render.formatting import short_path
from aircher_cli.render.layout import paragraph
from aircher_cli.values import Map, records, text
from aircher_wire import methods

EXAMPLES = """
aircher-cli config show
aircher-cli config show providers.work
aircher-cli config show --all --json | jq '.rows[] | select(.source == "environment")'
"""

DESCRIPTION = """\
Show the settings in effect and where each comes from: a line of the configuration file, an
environment variable of the daemon, or a default. Without arguments, settings that have their
default are left out. Keys are never shown."""


def build_parser() -> Parser:
    """Return the parser of `config show`."""
    parser = make_parser("config show", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "key", nargs="?", metavar="KEY", help="only this setting or section, with its defaults"
    )
    parser.add_argument("--all", action="store_true", help="include settings with their default")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the settings.

    Raises:
        CommandFailed: there is no such setting.
    """
    with context.connect() as client:
        result = client.call(
            methods.CONFIG_SHOW, {"all": True} if options.all or options.key else {}
        )
    rows = records(result.get("rows"))
    if options.key:
        rows = _selected(rows, options.key)
    if options.json:
        context.console.json({**result, "rows": rows})
        return OK
    home, file = context.environ.get("HOME", ""), text(result.get("file"))
    if not result.get("exists", True) and not options.key:
        note = f"{short_path(file, home)} does not exist; the defaults are used"
        for line in paragraph(note, context.console.width, style="dim"):
            context.console.styled(line)
    for line in setting_lines(rows, file, context.console.width, home):
        context.console.styled(line)
    return OK


def _selected(rows: list[Map], key: str) -> list[Map]:
    """Return the rows of a setting or a section.

    Raises:
        CommandFailed: there are none.
    """
    wanted = plain_key(key)
    found = [row for row in rows if _is_within(plain_key(text(row.get("path"))), wanted)]
    if not found:
        known = {part for row in rows for part in _prefixes(text(row.get("path")))}
        meant = suggest(key, sorted(known))
        name = "this" if may_be_key(key) else key
        raise CommandFailed(
            f"{name} is not set{meant}; all settings: aircher-cli config show --all",
            code="unknown_key",
        )
    return found


def plain_key(key: str) -> str:
    """Return a key without quotes, which a shell removes anyway."""
    return key.replace('"', "").replace("'", "")


def _is_within(path: str, key: str) -> bool:
    return path == key or path.startswith((f"{key}.", f"{key}["))


def _prefixes(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[: length + 1]) for length in range(len(parts))]
