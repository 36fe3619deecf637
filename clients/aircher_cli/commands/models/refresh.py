"""`aircher-cli models refresh`: fetches models from the providers and prices from models.dev."""

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, NO_PROVIDER, NOT_SIGNED_IN, OK
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.models.details import list_lines
from aircher_cli.values import Map, as_map, records
from aircher_wire import methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_client import Client

EXAMPLES = """
aircher-cli models refresh
aircher-cli models refresh openrouter
"""

NOTICE_AFTER_SECONDS = 1.0
"""Seconds before a notice says what is waited for."""


def build_parser() -> Parser:
    """Return the parser of `models refresh`."""
    parser = make_parser(
        "models refresh",
        "Fetch the list of models of each provider you are signed in to, or of the one named, and "
        "sizes and prices from models.dev. Free of charge. The exit code is 1 if a part failed, "
        "and if everything failed, 5, or 4 if a usable key is missing.",
        EXAMPLES,
    )
    parser.add_argument(
        "provider", nargs="?", type=non_empty_name, metavar="PROVIDER", help="only this provider"
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Refresh, and print the outcome; return 1 if a part failed, 5 or 4 if everything failed.

    A local server that is not running is a failure only if the user named it.
    """
    params = {"provider": options.provider} if options.provider else {}
    with context.connect() as client, _slow_notice(context, options.provider or "the providers"):
        result = client.call(methods.MODELS_REFRESH, params)
        notes = _notes(context, client, result, options.provider)
    lists = records(result.get("lists"))
    if public := as_map(result.get("models_dev")):
        lists.append({"provider": "models.dev", **public})
    if options.json:
        context.console.json(result)
    else:
        for line in list_lines(lists, context.console.width, time.time()):
            context.console.styled(line)
        for note in notes:
            context.console.note(note)
    failed = [each for each in lists if each.get("error")]
    if lists and len(failed) == len(lists):
        return NOT_SIGNED_IN if notes else NO_PROVIDER
    return OK if all(each.get("is_absent") for each in failed) else FAILED


def _notes(context: Context, client: "Client", result: Map, provider: str | None) -> list[str]:
    """Return what to do if keys are why no list was fetched; local servers have none."""
    if any(
        each.get("fetched_at") and not each.get("error") for each in records(result.get("lists"))
    ):
        return []
    from aircher_cli.signing_in.notes import (  # noqa: PLC0415 -- rarely needed
        model_notes,
        provider_notes,
    )

    if provider:
        return provider_notes(client, context.environ, provider)
    return model_notes(client, context.environ, None)


@contextmanager
def _slow_notice(context: Context, source: str) -> Iterator[None]:
    """Print a notice to standard error if the block takes longer than a second."""
    note = f"aircher-cli: fetching the list of models from {source} ..."
    timer = threading.Timer(NOTICE_AFTER_SECONDS, context.console.note, (note,))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
