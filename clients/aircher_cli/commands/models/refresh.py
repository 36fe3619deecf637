"""`aircher-cli models refresh`: ask the providers for their models, and models.dev for prices."""

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, NO_PROVIDER, OK
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.model_details import list_lines
from aircher_cli.values import as_map, records
from aircher_wire import methods

EXAMPLES = """
aircher-cli models refresh
aircher-cli models refresh openrouter
"""

NOTICE_AFTER_SECONDS = 1.0
"""Seconds of silence before we say what is going on."""


def build_parser() -> Parser:
    """Return the parser of `models refresh`."""
    parser = make_parser(
        "models refresh",
        "Ask every provider you are signed in to, or the one named, for the models it has, and "
        "fetch what models.dev knows of their sizes and prices. Free of charge. The exit code is 1 "
        "if a part of it failed, and 5 if all of it did.",
        EXAMPLES,
    )
    parser.add_argument(
        "provider", nargs="?", type=non_empty_name, metavar="PROVIDER", help="only this one"
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Refresh, and print what came of it; return 1 if a part failed, 5 if nobody could be asked.

    A local server that does not run is no failure, unless it is the one that was named.
    """
    params = {"provider": options.provider} if options.provider else {}
    with context.connect() as client, _slow_notice(context, options.provider or "the providers"):
        result = client.call(methods.MODELS_REFRESH, params)
    lists = records(result.get("lists"))
    if public := as_map(result.get("models_dev")):
        lists.append({"provider": "models.dev", **public})
    if options.json:
        context.console.json(result)
    else:
        for line in list_lines(lists, context.console.width, time.time()):
            context.console.styled(line)
    failed = [each for each in lists if each.get("error")]
    if lists and len(failed) == len(lists):
        return NO_PROVIDER
    return OK if all(each.get("is_absent") for each in failed) else FAILED


@contextmanager
def _slow_notice(context: Context, who: str) -> Iterator[None]:
    """Say on standard error what is waited for, once it takes longer than a moment."""
    note = f"aircher-cli: asking {who} what models there are ..."
    timer = threading.Timer(NOTICE_AFTER_SECONDS, context.console.note, (note,))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
