"""`aircher-cli usage --fleet`: what each machine used, and the sum."""

import argparse
import time

from aircher_cli.console import Console
from aircher_cli.exit_codes import UsageError
from aircher_cli.render.fleet.machines import day_lines, day_rows, machine_lines, sum_start
from aircher_cli.render.fleet.state import age_note, differing, problem
from aircher_cli.render.layout import Line, fit_middle, paragraph
from aircher_cli.values import Map, as_map, records, text
from aircher_wire import methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_client import Client

REPORT_TIMEOUT = 10.0
GROUPINGS = (["machine"], ["day"])


class FleetUsageView:
    """The machines with what they used; `bounds` returns the Unix times of the report."""

    topics = ("attempt", "config", "shared")
    interval = 5.0

    def __init__(self, console: Console, options: argparse.Namespace) -> None:
        self._console = console
        self._options = options
        by = options.by or ["machine"]
        if by not in GROUPINGS:
            raise UsageError("--by: with --fleet it is one of machine and day")
        self._by_day = by == ["day"]

    def fetch(
        self, client: "Client", now: float, before: Map | None, *, is_news: bool = True
    ) -> Map:
        """Return the report of now."""
        del before, is_news
        return as_map(client.call(methods.FLEET_REPORT, self.params(now), timeout=REPORT_TIMEOUT))

    def params(self, now: float) -> Map:
        """Return the first and the last day.

        Raises:
            UsageError: a time is invalid, or the end is before the start.
        """
        from aircher_cli.commands.usage import read_bounds  # noqa: PLC0415 -- it imports this

        if self._options.since == "month" and self._options.until is None:
            return {}  # of the fleet's month
        since, until = read_bounds(self._options.since, self._options.until, now)
        last = {} if until is None else {"until": _day(until - 1)}
        return {"since": _day(since), **last}

    def csv(self, report: Map) -> str:
        """Return the table as CSV."""
        import csv  # noqa: PLC0415 -- only for --csv
        from io import StringIO  # noqa: PLC0415 -- likewise

        rows = day_rows(report) if self._by_day else records(report.get("machines"))
        first = ["day"] if self._by_day else ["label", "machine"]
        out = StringIO()
        names = [*first, "requests", "tokens", "cost"]
        writer = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()

    def lines(
        self, record: Map, now: float, width: int, *, draws: bool, rows: int | None = None
    ) -> list[Line]:
        """Return the table with its notes below; where it is cut, the sum and newest day stay."""
        del draws
        notes = [paragraph(note, width, hang="  ") for note in self.notes(record, now)]
        below = [line for note in notes for line in note]
        head, body = self._parts(record, now, width)
        end = sum_start(body)
        return fit_middle(head, body[:end], [*body[end:], *below], rows, keeps_end=self._by_day)

    def table(self, record: Map, now: float, width: int) -> list[Line]:
        """Return the period, and the machines or days with the sum."""
        head, body = self._parts(record, now, width)
        return [*head, *body]

    def _parts(self, record: Map, now: float, width: int) -> tuple[list[Line], list[Line]]:
        zone = text(as_map(record.get("shared")).get("time_zone"))
        since, until = text(record.get("since")), text(record.get("until"))
        span = f"on {since}" if since == until else f"from {since} to {until}"
        body = day_lines(record, width) if self._by_day else machine_lines(record, width, now)
        head = paragraph(f"{span}, days in {zone}", width, style="dim")
        return head, body or [[("nothing was used", "")]]

    def notes(self, record: Map, now: float) -> list[str]:
        """Return what the table needs as an explanation."""
        shared = as_map(record.get("shared"))
        return list(
            filter(None, (problem(shared, now), differing(shared), age_note(record, shared)))
        )

    def has_countdown(self, record: Map, now: float) -> bool:
        """Tell that nothing counts down."""
        del record, now
        return False

    def essence(self, record: Map) -> object:
        """Return the report without its age."""
        return {name: value for name, value in record.items() if name != "age_s"}


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(moment))
