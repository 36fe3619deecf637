"""`aircher-cli protocol`: describes the methods of the daemon, for authors of clients."""

import argparse
import json

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser, may_be_key, non_empty_name
from aircher_cli.registry import suggest
from aircher_cli.render.protocol import (
    method_lines,
    notifications,
    overview_lines,
    with_definitions,
)
from aircher_cli.values import Map, as_map, text
from aircher_wire import methods

EXAMPLES = """
aircher-cli protocol
aircher-cli protocol models.list
aircher-cli protocol chat.delta
aircher-cli protocol --json | jq '.methods | keys'
"""

DESCRIPTION = """\
Describe how programs talk to the daemon on its socket: every method and notification, or one with
its parameters, its result and its errors. With --json it is JSON Schema, from which types can be
generated, and with which a client can be tested."""


def build_parser() -> Parser:
    """Return the parser of `protocol`."""
    parser = make_parser("protocol", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "method",
        nargs="?",
        type=non_empty_name,
        metavar="METHOD",
        help="only this method or notification",
    )
    add_json(parser, "print JSON Schema, for programs")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the description that the daemon has of itself.

    Raises:
        CommandFailed: there is no such method.
    """
    with context.connect() as client:
        document = as_map(json.loads(text(client.call(methods.PROTOCOL_SCHEMA).get("schema"))))
    console, name = context.console, options.method
    if name is None:
        if options.json:
            console.json(document)
            return OK
        lines = overview_lines(document, console.width)
    else:
        method = _find(document, name)
        if options.json:
            console.json(with_definitions(method, document))
            return OK
        lines = method_lines(name, method, document, console.width)
    for line in lines:
        console.styled(line)
    return OK


def _find(document: Map, name: str) -> Map:
    known = {**as_map(document.get("methods")), **notifications(document)}
    if name not in known:
        named = "such a method" if may_be_key(name) else f"method {name}"
        raise CommandFailed(
            f"there is no {named}{suggest(name, list(known))}; all of them: aircher-cli protocol",
            code="unknown_method",
        )
    return as_map(known[name])
