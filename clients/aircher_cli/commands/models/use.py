"""`aircher-cli models use`: sets the default model."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.formatting import short_path
from aircher_cli.render.layout import paragraph
from aircher_cli.values import Map, as_map, text
from aircher_wire import methods

EXAMPLES = """
aircher-cli models use anthropic/claude-sonnet-5
aircher-cli models use sonnet
"""


def build_parser() -> Parser:
    """Return the parser of `models use`."""
    parser = make_parser(
        "models use",
        "Set the default model, which is used without -m: any name that -m takes. It is written to "
        "your configuration file, which is not changed otherwise. You are warned if the provider "
        "does not list the model, and if a part of its chain has no key.",
        EXAMPLES,
    )
    parser.add_argument("model", type=non_empty_name, metavar="MODEL", help="the model")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Set the default, and print what changed and where.

    Raises:
        DaemonError: the model is unknown, or the configuration cannot be written.
    """
    with context.connect() as client:
        before = text(as_map(client.call(methods.STATUS).get("default")).get("model"))
        result = client.call(methods.MODELS_USE, {"model": options.model})
        if options.json:
            context.console.json(result)
            return OK
        model = text(result.get("model"))
        from aircher_cli.signing_in.notes import chosen_notes  # noqa: PLC0415 -- after the change

        notes = chosen_notes(client, context.environ, model)
    file = short_path(text(result.get("file")), context.environ.get("HOME", ""))
    instead = f" instead of {before}" if before else ""
    message, style = f"✓ {model} is now the default{instead}, in {file}", "good"
    if model == before:
        message, style = f"{model} is already the default, in {file}", ""
    for line in paragraph(message, context.console.width, hang="  ", style=style):
        context.console.styled(line)
    for note in [*_unlisted_notes(result, model), *notes]:
        context.console.note(note)
    return OK


def _unlisted_notes(result: Map, model: str) -> list[str]:
    """Return a warning if the provider does not list the model; it may have it nevertheless."""
    if not result.get("unlisted"):
        return []
    provider, _, name = model.partition("/")
    close = text(result.get("nearest"))
    meant = f"; did you mean {close}?" if close else "."
    return [f"! {provider} does not list {name!r}{meant} It will be asked for it all the same."]
