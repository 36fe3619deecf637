"""`aircher-cli status`: shows the daemon, its configuration and the providers."""

import argparse
import time

from aircher_cli.commands.status.record import fetch_record
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.layout import Line
from aircher_cli.render.status.screen import has_countdown, status_lines
from aircher_cli.values import Map, number
from aircher_wire import methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_client import Client

EXAMPLES = """
aircher-cli status
aircher-cli status --watch
aircher-cli status --json | jq .requests
"""

DESCRIPTION = """\
Show the daemon, the providers that you use, which model answers by default, limits, spend, and
problems with what to do about them."""


def build_parser() -> Parser:
    """Return the parser of `status`."""
    parser = make_parser("status", DESCRIPTION, EXAMPLES)
    what = "go on and show every change at once; q leaves"
    parser.add_argument("-w", "--watch", action="store_true", help=what)
    add_json(parser, "print JSON, for scripts; with --watch one object for each change")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the daemon's status; the daemon is started if it is not running."""
    view = StatusView(context)
    if options.watch:
        from aircher_cli.watching.loop import watch  # noqa: PLC0415 -- only to go on

        return watch(context, view, as_json=options.json)
    console, now = context.console, time.time()
    with context.connect() as client:
        record = view.fetch(client, now, None)
    if options.json:
        console.json(record)
        return OK
    rows = None if console.rows is None else console.rows - 1  # the shell's prompt follows
    for line in view.lines(record, now, console.width, draws=console.is_terminal, rows=rows):
        console.styled(line)
    return OK


class StatusView:
    """The status screen as a view that can be watched."""

    topics = methods.TOPICS
    interval = 2.0
    """No event reports that a request began or a client connected; a fetch takes a millisecond."""

    def __init__(self, context: Context) -> None:
        self._console = context.console
        self._environ = context.environ

    def fetch(
        self, client: "Client", now: float, before: Map | None, *, is_news: bool = True
    ) -> Map:
        """Return the record; the state of the keyring is kept from `before`, if there is one.

        Without an event no attempt has ended, so the sums of the ledger are kept as well.
        """
        known_spend = None if is_news or before is None else before.get("spend")
        record = fetch_record(client, now, keyring=before is None, spend=known_spend)
        kept = {"keyring": before["keyring"]} if before and "keyring" in before else {}
        return {**kept, **record}

    def lines(
        self, record: Map, now: float, width: int, *, draws: bool, rows: int | None = None
    ) -> list[Line]:
        """Return the screen; `now` decides the time that the daemon is up."""
        began = number(record.get("started_at"))
        shown = record if began is None else {**record, "uptime_s": now - began}
        return status_lines(
            shown,
            width=width,
            environ=self._environ,
            now=now,
            draws=draws,
            has_unicode=self._console.has_unicode,
            rows=rows,
        )

    def has_countdown(self, record: Map, now: float) -> bool:
        """Tell whether the screen shows a time that counts down."""
        return has_countdown(record, now)

    def essence(self, record: Map) -> object:
        """Return the record without the time that the daemon is up."""
        return {name: value for name, value in record.items() if name != "uptime_s"}
