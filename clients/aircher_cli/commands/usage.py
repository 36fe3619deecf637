"""`aircher-cli usage`: shows requests, tokens and costs from the ledger."""

import argparse
import time

from aircher_cli.commands.inputs.time_input import TIME_FORMATS, read_span
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UsageError
from aircher_cli.parser import PROGRAM, Parser, make_parser
from aircher_cli.registry import suggest
from aircher_cli.render.layout import Line, fit_middle, paragraph
from aircher_cli.render.usage import (
    SUMS,
    describe_period,
    estimated_note,
    unpriced_note,
    usage_lines,
)
from aircher_cli.values import Map, as_map, number, records, text
from aircher_wire import methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_client import Client

EXAMPLES = """
aircher-cli usage
aircher-cli usage --since 7d --by day
aircher-cli usage --by project,model --since today
aircher-cli usage --since 2026-11-01 --until 2026-11-15 --csv > november.csv
aircher-cli usage --since today --watch
aircher-cli usage --fleet --by day
aircher-cli usage --json | jq -r .totals.cost
"""

DESCRIPTION = """\
Show requests, tokens and cost since the first of this month, by provider and model. A fallback
counts as one request for each provider that was asked. The cost is what the provider reports, or
else computed from known prices; an unknown cost is shown as ? and not included in the total. Usage
of interrupted requests is estimated and marked with ~. With --fleet, show what each machine that
shares limits with this one used, and the sum."""

REPORT_TIMEOUT = 10.0
"""Seconds until a report that is watched is given up; the next one may work."""

GROUPINGS = ("day", "provider", "model", "client", "project", "key", "outcome")
"""Columns that a report can be grouped by."""


def build_parser() -> Parser:
    """Return the parser of `usage`."""
    parser = make_parser("usage", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    by_help = f"group by these, separated by commas: {', '.join(GROUPINGS)}"
    add("--by", type=_groups, metavar="WHAT", help=by_help)
    add("--fleet", action="store_true", help="each machine and the sum; --by machine or day")
    add("--since", default="month", metavar="WHEN", help=f"for example {TIME_FORMATS}")
    add("--until", metavar="WHEN", help="likewise; a day is included entirely")
    add_watch(parser)
    form = parser.add_mutually_exclusive_group().add_argument
    form("--json", action="store_true", help="print JSON, for scripts")
    form("--csv", action="store_true", help="print CSV, for spreadsheets")
    return parser


def add_watch(parser: Parser) -> None:
    """Add `--watch`."""
    what = "go on and show every change at once; q leaves"
    parser.add_argument("-w", "--watch", action="store_true", help=what)


def _groups(typed: str) -> list[str]:
    """Parse names separated by commas; duplicates are dropped. `machine` is for `--fleet`."""
    names = [name.strip() for name in typed.split(",")]
    for name in names:
        if name not in GROUPINGS and names != ["machine"]:
            meant = suggest(name, list(GROUPINGS))
            raise argparse.ArgumentTypeError(
                f"must be one or more of {', '.join(GROUPINGS)}{meant}"
            )
    return list(dict.fromkeys(names))


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the report; return 0 even if nothing was used.

    Raises:
        UsageError: a time is invalid, or the end is before the start.
    """
    if options.fleet:
        return _run_fleet(context, options)
    if options.by == ["machine"]:
        raise UsageError("--by machine: needs --fleet")
    options.by = options.by or ["provider", "model"]
    view = UsageView(context.console, options)
    if options.watch:
        if options.csv:
            raise UsageError("--watch: prints no CSV; --json prints an object for each change")
        from aircher_cli.watching.loop import watch  # noqa: PLC0415 -- only to go on

        return watch(context, view, as_json=options.json)
    now = time.time()
    params = view.params(now)
    with context.connect() as client:
        report = client.call(methods.USAGE_REPORT, params)
    if options.json:
        context.console.json(report)
    elif options.csv:
        context.console.write(csv_text(records(report.get("rows")), options.by))
    else:
        console, shown = context.console, {**params, **report}
        for line in view.table(shown, console.width, draws=console.is_terminal):
            console.styled(line)
        for note in view.notes(report):
            context.console.note(note)
    if not options.json and (note := ledger_note(as_map(report.get("ledger")))):
        context.console.note(note)
    return OK


def _run_fleet(context: Context, options: argparse.Namespace) -> int:
    from aircher_cli.commands.fleet.usage import FleetUsageView  # noqa: PLC0415 -- for --fleet

    view, console, now = FleetUsageView(context.console, options), context.console, time.time()
    if options.watch:
        if options.csv:
            raise UsageError("--watch: prints no CSV; --json prints an object for each change")
        from aircher_cli.watching.loop import watch  # noqa: PLC0415 -- only to go on

        return watch(context, view, as_json=options.json)
    params = view.params(now)
    with context.connect() as client:
        report = client.call(methods.FLEET_REPORT, params)
    if options.json:
        console.json(report)
        return OK
    if options.csv:
        console.write(view.csv(report))
    else:
        for line in view.table(report, now, console.width):
            console.styled(line)
    for note in view.notes(report, now):
        console.note(note)
    return OK


class UsageView:
    """The report as a view that can be watched; its period moves with the time."""

    topics = ("attempt", "config")
    interval = 60.0

    def __init__(self, console: Console, options: argparse.Namespace) -> None:
        self._has_unicode = console.has_unicode
        self._options = options

    def params(self, now: float) -> Map:
        """Return the parameters of `usage.report`.

        Raises:
            UsageError: a time is invalid, or the end is before the start.
        """
        since, until = read_bounds(self._options.since, self._options.until, now)
        return {
            "since": since,
            "by": self._options.by,
            **({} if until is None else {"until": until}),
        }

    def fetch(
        self, client: "Client", now: float, before: Map | None, *, is_news: bool = True
    ) -> Map:
        """Return the report of now."""
        del before, is_news
        params = self.params(now)
        return {**params, **client.call(methods.USAGE_REPORT, params, timeout=REPORT_TIMEOUT)}

    def lines(
        self, record: Map, now: float, width: int, *, draws: bool, rows: int | None = None
    ) -> list[Line]:
        """Return the table with its notes below; where it is cut, its sum and newest day stay."""
        del now
        notes = [*self.notes(record), ledger_note(as_map(record.get("ledger")))]
        below = [line for note in notes if note for line in paragraph(note, width, hang="  ")]
        span, *table = self.table(record, width, draws=draws)
        end = len(table) - (len(records(record.get("rows"))) > 1)
        head, body, total = [span, *table[:1]], table[1:end], table[max(1, end) :]
        by_day = self._options.by[:1] == ["day"]
        return fit_middle(head, body, [*total, *below], rows, keeps_end=by_day)

    def table(self, report: Map, width: int, *, draws: bool) -> list[Line]:
        """Return the period and the table; one line if nothing was used."""
        since, until = (number(report.get(name)) for name in ("since", "until"))
        span = describe_period(since or 0.0, until)
        if not records(report.get("rows")):
            return [[(f"no usage {span}", "")]]
        by = self._options.by
        table = usage_lines(report, by, width, draws=draws, has_unicode=self._has_unicode)
        return [[(span, "dim")], *table]

    def notes(self, report: Map) -> list[str]:
        """Return what the table needs as an explanation."""
        if not records(report.get("rows")):
            return []
        return [note for note in (estimated_note(report), unpriced_note(report)) if note]

    def has_countdown(self, record: Map, now: float) -> bool:
        """Tell that nothing counts down."""
        del record, now
        return False

    def essence(self, record: Map) -> object:
        """Return the report without its period, which moves."""
        return {name: value for name, value in record.items() if name not in {"since", "until"}}


def read_bounds(since: str, until: str | None, now: float) -> tuple[float, float | None]:
    """Return the start of the report and the first moment after it; None means now.

    Raises:
        UsageError: a time is invalid, or the end is before the start.
    """
    start, _ = read_span(since, "--since", now)
    if until is None:
        return start, None
    _, end = read_span(until, "--until", now)
    if end <= start:
        raise UsageError(f"--until {until} is not after --since {since}")
    return start, None if end > now else end


def csv_text(rows: list[Map], by: list[str]) -> str:
    """Return rows as CSV with a header; unknown values are empty."""
    import csv  # noqa: PLC0415 -- only for --csv
    from io import StringIO  # noqa: PLC0415 -- likewise

    out = StringIO()
    names = [*by, *SUMS]
    writer = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def ledger_note(ledger: Map) -> str:
    """Return a note if the ledger is incomplete, or an empty string."""
    reason = text(ledger.get("reason"))
    if ledger.get("state") in {None, "ok"}:
        # It works now, but has lost something before: a damaged file or a few attempts.
        return f"{PROGRAM}: these totals are incomplete: {reason}" if reason else ""
    reason = reason or "it cannot be written"
    return f"{PROGRAM}: these totals may lack recent usage: {reason}"
