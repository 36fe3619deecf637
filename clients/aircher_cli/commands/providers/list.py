"""`aircher-cli providers list`: lists the providers and where each is configured."""

import argparse

from aircher_cli.commands.providers.entries import ProviderEntry
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.daemon import provider_cells
from aircher_cli.render.formatting import short_path
from aircher_cli.render.layout import columns, paragraph
from aircher_cli.values import Map, records, text
from aircher_wire import methods

EXAMPLES = """
aircher-cli providers list
aircher-cli providers list --json | jq -r '.providers[] | select(.builtin | not).provider'
"""


def build_parser() -> Parser:
    """Return the parser of `providers list`."""
    parser = make_parser(
        "providers list",
        "List the providers: their state, their API, their address, and where each is configured.",
        EXAMPLES,
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the providers; return 0 whatever their states."""
    with context.connect() as client:
        rows = records(client.call(methods.STATUS).get("providers"))
        shown = client.call(methods.CONFIG_SHOW, {"all": True})
    settings = records(shown.get("rows"))
    file = text(shown.get("file"))
    providers = [_record(row, settings) for row in rows]
    if options.json:
        context.console.json({"file": file, "providers": providers})
        return OK
    name = short_path(file, context.environ.get("HOME", ""))
    width = context.console.width
    cells = [provider_cells(each, (text(each.get("kind")), "")) for each in providers]
    heads = columns(cells, width, droppable=(3,))
    for provider, head in zip(providers, heads, strict=True):
        for line in (
            *head,
            *paragraph(_details(provider, name), width, indent="    ", style="dim"),
        ):
            context.console.styled(line)
    return OK


def _record(row: Map, settings: list[Map]) -> Map:
    """Return a row of `status` with `builtin`, `configured`, and the entry's first `line`."""
    found = ProviderEntry(text(row.get("provider")), settings)
    record: Map = {
        **row,
        "builtin": found.is_builtin,
        "configured": found.entry is not None,
    }
    return record if found.line is None else {**record, "line": found.line}


def _details(provider: Map, file: str) -> str:
    line = provider.get("line")
    place = file if line is None else f"{file}:{line}"
    where = place if provider.get("configured") else "built in"
    url = text(provider.get("base_url"))  # unknown of an entry that is refused
    return f"{url}, {where}" if url else where
