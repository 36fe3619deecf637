"""The history of attempts: what is asked of the ledger, and which live events match the same."""

import argparse

from aircher_cli.commands.inputs.time_input import read_span
from aircher_cli.exit_codes import UsageError
from aircher_cli.render.formatting import count, format_date
from aircher_cli.values import Map, as_map, number, records, text
from aircher_wire import codes

FAILED, ALL = "failed", "all"

NO_ERROR = frozenset({"ok", codes.CANCELLED, "unknown"})
"""Outcomes that are no failure, as in `usage`."""

COMMON_FIELDS = ("provider", "model", "key", "outcome", "ms")
"""What an event about an attempt and its row in the ledger have in common."""


def read_params(options: argparse.Namespace, now: float) -> Map:
    """Return the parameters of `attempts.list`.

    Raises:
        UsageError: a time is invalid, or the end is before the start.
    """
    since, _ = read_span(options.since, "--since", now)
    params: Map = {"since": since, "limit": options.limit}
    if options.until is not None:
        _, until = read_span(options.until, "--until", now)
        if until <= since:
            raise UsageError(f"--until {options.until} is not after --since {options.since}")
        params["until"] = until
    if options.provider is not None:
        params["provider"] = options.provider
    outcome = options.outcome or FAILED
    if outcome == FAILED:
        params["failed"] = True
    elif outcome != ALL:
        params["outcome"] = outcome
    return params


def matches(event: Map, provider: str | None, outcome: str | None) -> bool:
    """Tell whether a live event is one that the options select; None selects all.

    That events were dropped concerns every reader.
    """
    if event.get("topic") == "lagged":
        return True
    if provider is not None and event.get("provider") != provider:
        return False
    if outcome in {None, ALL} or event.get("topic") != "attempt":
        return True
    found = text(event.get("outcome"))
    return found not in NO_ERROR if outcome == FAILED else found == outcome


def is_listed(event: Map, rows: list[Map]) -> bool:
    """Tell whether an event is about an attempt of the history."""
    return event.get("topic") == "attempt" and any(
        all(event.get(name) == row.get(name) for name in COMMON_FIELDS) for row in rows
    )


def headline(params: Map, rows: list[Map], *, has_more: bool) -> str:
    """Return what the rows are: how many of which attempts, of which period."""
    what = "failed attempt" if params.get("failed") else "attempt"
    about = f" with the outcome {text(params['outcome'])}" if "outcome" in params else ""
    since, until = number(params.get("since")) or 0.0, number(params.get("until"))
    span = f"since {format_date(since)}"
    if until is not None:
        span += f" until {format_date(until)}"
    about += f" of {text(params['provider'])}" if "provider" in params else ""
    if not rows:
        return f"no {what}{about} {span}"
    newest = f"the newest {len(rows):,} of the {what}s" if has_more else count(len(rows), what)
    return f"{newest}{about} {span}"


def notes(listed: Map) -> list[str]:
    """Return what the list may lack."""
    found = []
    if (kept := number(listed.get("kept_since"))) is not None:
        found.append(
            f"attempts before {format_date(kept)} were removed; 'aircher-cli usage' has their sums"
        )
    if reason := text(as_map(listed.get("ledger")).get("reason")):
        found.append(f"attempts may be missing: {reason}")
    return found


def as_events(listed: Map) -> list[Map]:
    """Return the rows as events, for scripts: with their topic."""
    return [{"topic": "attempt", **row} for row in records(listed.get("rows"))]
