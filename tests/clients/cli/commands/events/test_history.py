"""The history's questions and sentences."""

import argparse
import time

import pytest

from aircher_cli.commands.events.history import headline, is_listed, matches, notes, read_params
from aircher_cli.values import Map

NOW = time.mktime((2026, 11, 5, 12, 0, 0, 0, 0, -1))


def options(**changes: object) -> argparse.Namespace:
    defaults = {"since": "1h", "until": None, "provider": None, "outcome": None, "limit": 200}
    return argparse.Namespace(**{**defaults, **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"since": NOW - 3600, "failed": True}),
        ({"since": "30min"}, {"since": NOW - 1800, "failed": True}),
        ({"outcome": "failed"}, {"since": NOW - 3600, "failed": True}),
        ({"outcome": "all"}, {"since": NOW - 3600}),
        ({"outcome": "timeout"}, {"since": NOW - 3600, "outcome": "timeout"}),
        (
            {"since": "2h", "until": "1h"},
            {"since": NOW - 7200, "until": NOW - 3600, "failed": True},
        ),
        ({"provider": "work"}, {"since": NOW - 3600, "provider": "work", "failed": True}),
    ],
)
def test_options_become_parameters(changes: Map, expected: Map) -> None:
    """Failures are what a person asks for who gives no outcome."""
    assert read_params(options(**changes), NOW) == {"limit": 200, **expected}


FAILED: Map = {"topic": "attempt", "provider": "work", "outcome": "timeout"}


@pytest.mark.parametrize(
    ("event", "provider", "outcome", "expected"),
    [
        (FAILED, None, None, True),
        (FAILED, "work", "failed", True),
        (FAILED, "spare", None, False),
        (FAILED, None, "timeout", True),
        (FAILED, None, "network", False),
        ({**FAILED, "outcome": "ok"}, None, "failed", False),
        ({**FAILED, "outcome": "cancelled"}, None, "failed", False),
        ({**FAILED, "outcome": "ok"}, None, "all", True),
        ({"topic": "config"}, None, "failed", True),
        ({"topic": "config"}, "work", None, False),
        ({"topic": "lagged"}, "work", "failed", True),
    ],
)
def test_live_events_are_filtered_as_the_history(
    event: Map, provider: str | None, outcome: str | None, expected: object
) -> None:
    """Only attempts have an outcome; that events were lost concerns every reader."""
    assert matches(event, provider, outcome) is expected


def test_an_event_about_a_listed_attempt_is_recognised() -> None:
    """By what both have."""
    row: Map = {"at": 1.0, "provider": "work", "model": "m", "outcome": "timeout", "ms": 5}
    event: Map = {"topic": "attempt", "at": 2.0, **{n: row[n] for n in row if n != "at"}}
    assert is_listed(event, [row])
    assert not is_listed({**event, "ms": 6}, [row])
    assert not is_listed({**event, "topic": "provider"}, [row])


@pytest.mark.parametrize(
    ("params", "rows", "expected"),
    [
        ({"failed": True}, 0, "no failed attempt since 2026-11-05"),
        ({"failed": True}, 1, "1 failed attempt since 2026-11-05"),
        ({}, 3, "3 attempts since 2026-11-05"),
        ({"outcome": "ok"}, 2, "2 attempts with the outcome ok since 2026-11-05"),
        ({"provider": "work"}, 2, "2 attempts of work since 2026-11-05"),
        ({"until": NOW}, 2, "2 attempts since 2026-11-05 until 2026-11-05 12:00"),
    ],
)
def test_the_headline_says_what_is_listed(params: Map, rows: int, expected: str) -> None:
    """How many of what, and of which period."""
    midnight = NOW - 12 * 3600
    listed: list[Map] = [{}] * rows
    assert headline({"since": midnight, **params}, listed, has_more=False) == expected


def test_a_headline_of_a_part_says_so() -> None:
    """The count is not that of all."""
    line = headline({"since": NOW, "failed": True}, [{}, {}], has_more=True)
    assert line.startswith("the newest 2 of the failed attempts since ")


def test_a_complete_list_needs_no_note() -> None:
    """An old daemon's answer does not either."""
    assert notes({"rows": [], "ledger": {"state": "ok"}}) == []
    assert notes({}) == []
