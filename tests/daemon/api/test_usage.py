"""Usage reports and limits as clients see them."""

from types import SimpleNamespace

import pytest
from msgspec.msgpack import decode

from aircherd.api.params import AttemptsParams
from aircherd.api.services import no_fleet
from aircherd.api.usage import build_report, limit_rows, list_attempts, list_limits
from aircherd.chat.caller import Caller
from aircherd.config.load import parse_config
from aircherd.config.model import DEFAULT_CONFIG
from aircherd.usage.ledger.ledger import open_ledger
from aircherd.usage.ledger.writer import LedgerState
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.vocabulary.reply import Usage
from aircherd.vocabulary.usage import Settled, Started

NOW = 1_795_000_000.0
CONFIG = SimpleNamespace(current=DEFAULT_CONFIG)


def started():
    return Started(
        at=NOW,
        provider="a",
        model="m",
        key="default",
        client="test",
        project=None,
        input_estimate=1,
        output_estimate=1,
        cost_estimate_nano=None,
    )


def settled(cost_nano, **changes):
    fields = {"outcome": "ok", "ms": 5, "first_ms": 1, "usage": Usage(10, 2, 4)}
    return Settled(**{**fields, "cost_nano": cost_nano, "cost_source": "catalog", **changes})


async def test_a_report_counts_unknown_costs_apart(tmp_path):
    """Money is decimal text; a group has no field for a column without a value."""
    async with open_ledger(tmp_path / "l.db", clock=lambda: NOW) as ledger:
        ledger.settle(ledger.begin(started()), settled(1_500_000))
        ledger.settle(ledger.begin(started()), settled(None))
        services = SimpleNamespace(ledger=ledger, config=CONFIG)
        report = decode(await build_report(services, None, None, ["provider", "project"]))
    sums = {
        "requests": 2,
        "failed": 0,
        "input_tokens": 20,
        "output_tokens": 4,
        "cached_tokens": 8,
        "cache_write_tokens": 0,
        "reasoning_tokens": 0,
        "cost": "0.0015",
        "unknown_cost": 1,
        "estimated": 0,
        "estimated_input_tokens": 0,
        "estimated_output_tokens": 0,
        "estimated_cost": "0",
    }
    assert report == {
        "by": ["provider", "project"],
        "rows": [{"provider": "a", **sums}],
        "totals": sums,
        "ledger": {"state": "ok"},
    }


async def test_a_report_says_how_much_is_estimated(tmp_path):
    """Estimates are part of the totals, as for limits."""
    async with open_ledger(tmp_path / "l.db", clock=lambda: NOW) as ledger:
        guess = settled(1_500_000, tokens_estimated=True, cost_estimated=True)
        ledger.settle(ledger.begin(started()), guess)
        ledger.settle(ledger.begin(started()), settled(500_000))
        report = decode(
            await build_report(SimpleNamespace(ledger=ledger, config=CONFIG), None, None, [])
        )
    totals = report["totals"]
    assert (totals["requests"], totals["input_tokens"], totals["cost"]) == (2, 20, "0.002")
    assert (totals["estimated"], totals["estimated_input_tokens"]) == (1, 10)
    assert (totals["estimated_output_tokens"], totals["estimated_cost"]) == (2, "0.0015")


async def test_attempts_are_listed_without_what_is_unknown(tmp_path):
    """Money is decimal text; what followed a failure is a map of its own."""
    async with open_ledger(tmp_path / "l.db", clock=lambda: NOW) as ledger:
        ledger.settle(
            ledger.begin(started()), settled(None, outcome="timeout", first_ms=None, usage=None)
        )
        ledger.settle(ledger.begin(started()), settled(500_000, cost_estimated=True))
        services = SimpleNamespace(ledger=ledger, config=CONFIG)
        listed = decode(await list_attempts(services, AttemptsParams()))
        newest = decode(await list_attempts(services, AttemptsParams(limit=1)))
    names = {"at": NOW, "provider": "a", "model": "m", "key": "default", "client": "test"}
    failed, answered = listed["rows"]
    then = {"provider": "a", "model": "m", "outcome": "ok"}
    assert failed == {**names, "outcome": "timeout", "ms": 5, "then": then}
    assert answered["cost"] == "0.0005"
    assert answered["estimated"]
    assert "then" not in answered
    assert (newest["rows"], newest["more"]) == ([answered], True)
    assert "more" not in listed
    assert listed["ledger"] == {"state": "ok"}


async def test_limits_are_listed_with_their_usage():
    """One row per amount; it is `incomplete` until the past usage is loaded."""
    tracker = LimitTracker(lambda: NOW)
    config = parse_config("[[limits]]\nrequests = 5\nper = 'day'", file="f")
    tracker.configure(config.limits)
    services = SimpleNamespace(
        limits=tracker,
        fleet=no_fleet,
        ledger=SimpleNamespace(state=LedgerState("ok")),
        config=SimpleNamespace(current=config, usable=lambda: config),
    )
    report = await list_limits(services, Caller("nvim"))
    (row,) = report["limits"]
    assert (row["counted"], row["max"], row["used"], row["per"]) == ("requests", 5, 0, "day")
    assert (row["incomplete"], report["ledger"]) == (True, {"state": "ok"})
    (past,) = tracker.missing_history
    tracker.restore(past, [])
    assert "incomplete" not in (await list_limits(services, Caller("nvim")))["limits"][0]


LIMITS_OF_SOME = """
[[limits]]
requests = 1
per = "day"

[[limits]]
client = "nvim"
requests = 2
per = "day"

[[limits]]
client = "*@box"
requests = 3
per = "day"

[[limits]]
project = "/src/acme"
requests = 4
per = "day"

[projects."/src/acme"]
key = "work"
"""


@pytest.mark.parametrize(
    ("caller", "counted"),
    [
        (Caller("aircher-cli"), [1]),
        (Caller("nvim"), [1, 2]),
        (Caller("nvim@box"), [1, 3]),
        (Caller("aircher-cli", "/src/acme/sub"), [1, 4]),
        (Caller("aircher-cli", "/src/other", folder="/src/acme/sub"), [1, 4]),
        (Caller("aircher-cli", "a name", folder="/src/acme"), [1]),
        (Caller("aircher-cli", "/src"), [1]),
    ],
)
def test_limits_that_count_nothing_of_a_client_are_marked(caller, counted):
    """A client knows neither its own name for sure nor the folder that it is counted for."""
    tracker = LimitTracker(lambda: NOW)
    config = parse_config(LIMITS_OF_SOME, file="f")
    tracker.configure(config.limits)
    services = SimpleNamespace(limits=tracker, config=SimpleNamespace(current=config))
    rows = limit_rows(services, caller)
    assert [row["max"] for row in rows if "others" not in row] == counted
    assert all(row["others"] is True for row in rows if row["max"] not in counted)
