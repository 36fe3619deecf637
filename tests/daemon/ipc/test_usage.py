"""What was spent and what is left, as clients get it."""

from types import SimpleNamespace

from aircherd.config.load import parse_config
from aircherd.ipc import usage
from aircherd.usage.ledger import open_ledger
from aircherd.usage.limit_book import LimitBook
from aircherd.vocabulary.reply import Usage
from aircherd.vocabulary.usage import Settled, Started

NOW = 1_795_000_000.0


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


def settled(cost_nano):
    return Settled(
        outcome="ok",
        ms=5,
        first_ms=1,
        usage=Usage(10, 2, 4),
        cost_nano=cost_nano,
        cost_source="catalog",
    )


async def test_sums_with_what_nobody_knows_beside_them(tmp_path):
    """Money as decimal text; a group has only the names it has."""
    async with open_ledger(tmp_path / "l.db", clock=lambda: NOW) as ledger:
        ledger.settle(ledger.begin(started()), settled(1_500_000))
        ledger.settle(ledger.begin(started()), settled(None))
        services = SimpleNamespace(ledger=ledger)
        told = await usage.report(services, None, None, ["provider", "project"])
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
    }
    assert told == {
        "by": ["provider", "project"],
        "rows": [{"provider": "a", **sums}],
        "totals": sums,
        "ledger": {"state": "ok"},
    }


def test_limits_as_rows():
    """One for each amount."""
    book = LimitBook(lambda: NOW)
    book.configure(parse_config("[[limits]]\nrequests = 5\nper = 'day'", file="f").limits)
    (row,) = usage.limits(SimpleNamespace(limits=book))["limits"]
    assert (row["counted"], row["max"], row["used"], row["per"]) == ("requests", 5, 0, "day")
