"""`aircher-cli usage`: shows requests, tokens and costs from the ledger."""

import argparse
import time

from aircher_cli.commands.inputs.time_input import TIME_FORMATS, read_span
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UsageError
from aircher_cli.parser import PROGRAM, Parser, make_parser
from aircher_cli.registry import suggest
from aircher_cli.render.usage import (
    SUMS,
    describe_period,
    estimated_note,
    unpriced_note,
    usage_lines,
)
from aircher_cli.values import Map, as_map, records, text
from aircher_wire import methods

EXAMPLES = """
aircher-cli usage
aircher-cli usage --since 7d --by day
aircher-cli usage --by project,model --since today
aircher-cli usage --since 2026-11-01 --until 2026-11-15 --csv > november.csv
aircher-cli usage --json | jq -r .totals.cost
"""

DESCRIPTION = """\
Show requests, tokens and cost since the first of this month, by provider and model. A fallback
counts as one request for each provider that was asked. The cost is what the provider reports, or
else computed from known prices; an unknown cost is shown as ? and not included in the total. Usage
of interrupted requests is estimated and marked with ~."""

GROUPINGS = ("day", "provider", "model", "client", "project", "key", "outcome")
"""Columns that a report can be grouped by."""


def build_parser() -> Parser:
    """Return the parser of `usage`."""
    parser = make_parser("usage", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    by_help = f"group by these, separated by commas: {', '.join(GROUPINGS)}"
    add("--by", type=_groups, default=["provider", "model"], metavar="WHAT", help=by_help)
    add("--since", default="month", metavar="WHEN", help=f"for example {TIME_FORMATS}")
    add("--until", metavar="WHEN", help="likewise; a day is included entirely")
    form = parser.add_mutually_exclusive_group().add_argument
    form("--json", action="store_true", help="print JSON, for scripts")
    form("--csv", action="store_true", help="print CSV, for spreadsheets")
    return parser


def _groups(typed: str) -> list[str]:
    """Parse names separated by commas; duplicates are dropped."""
    names = [name.strip() for name in typed.split(",")]
    for name in names:
        if name not in GROUPINGS:
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
    since, until = read_bounds(options.since, options.until, time.time())
    params: Map = {"since": since, "by": options.by}
    if until is not None:
        params["until"] = until
    with context.connect() as client:
        report = client.call(methods.USAGE_REPORT, params)
    if options.json:
        context.console.json(report)
    elif options.csv:
        context.console.write(csv_text(records(report.get("rows")), options.by))
    else:
        _show(context.console, report, options.by, describe_period(since, until))
    if not options.json and (note := ledger_note(as_map(report.get("ledger")))):
        context.console.note(note)
    return OK


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


def _show(console: Console, report: Map, by: list[str], span: str) -> None:
    if not records(report.get("rows")):
        console.line(f"no usage {span}")
        return
    console.line(span, "dim")
    lines = usage_lines(
        report, by, console.width, draws=console.is_terminal, has_unicode=console.has_unicode
    )
    for line in lines:
        console.styled(line)
    for note in (estimated_note(report), unpriced_note(report)):
        if note:
            console.note(note)


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
