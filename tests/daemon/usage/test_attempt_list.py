"""Attempts one by one, from real files."""

from datetime import UTC
from types import SimpleNamespace

import pytest
import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage import attempt_list
from aircherd.usage.attempt_list import list_attempts, read_attempts
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.listed_attempts import (
    AttemptFilter,
    NextAttempt,
)
from helpers.ledger.attempts import DAY, HOUR, NOW, open_at_noon, settled, started


class Rig:
    """A ledger without a thread."""

    tz = UTC

    def __init__(self, path):
        self.file = LedgerDatabase(path, clock=lambda: NOW, tz=UTC)
        self.count = 0

    def record(self, at=NOW, end="ok", ms=1200, **names):
        self.count += 1
        ended = settled(end, ms=ms) if end else None
        entry = LedgerEntry(self.count, started(at, **names), ended)
        self.file.write([entry], first_id=1)

    def list(self, **wanted):
        return self.file.read(
            lambda c: read_attempts(c, wanted=AttemptFilter(**wanted), ledger=self)
        )

    def outcomes(self, **wanted):
        return [row.outcome for row in self.list(**wanted).rows]


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path / "ledger.db")
    yield rig
    rig.file.close()


def test_an_empty_ledger_has_no_attempts(rig):
    """Nothing more and nothing removed either."""
    found = rig.list()
    assert (found.rows, found.has_more, found.kept_since) == ([], False, None)


def test_an_attempt_is_listed_with_everything_that_is_known(rig):
    """A name that does not exist is None."""
    rig.record(key=None, project=None)
    [row] = rig.list().rows
    assert (row.at, row.provider, row.model, row.client) == (NOW, "work", "large", "nvim")
    assert (row.key, row.project, row.outcome, row.ms, row.first_ms) == (
        None,
        None,
        "ok",
        1200,
        300,
    )
    assert (row.input_tokens, row.output_tokens, row.cached_tokens) == (80, 40, 20)
    assert (row.cache_write_tokens, row.reasoning_tokens, row.cost_nano) == (10, 5, 5_000)
    assert (row.is_estimated, row.then) == (False, None)


def test_the_newest_are_last_and_the_oldest_are_left_out(rig):
    """The list is bounded, also within one hour, and says that there are more."""
    for number in range(5):
        rig.record(NOW - 3 * HOUR + number * 1800, f"o{number}")
    found = rig.list(limit=3)
    assert [row.outcome for row in found.rows] == ["o2", "o3", "o4"]
    assert found.has_more
    assert not rig.list(limit=5).has_more


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (NOW - HOUR, None, ["b", "c"]),
        (NOW - HOUR + 0.001, None, ["c"]),
        (None, NOW - HOUR, ["a"]),
        (NOW - 2 * DAY, NOW, ["a", "b"]),
        (NOW, NOW - HOUR, []),
        (float("nan"), float("inf"), ["a", "b", "c"]),
    ],
)
def test_a_period_includes_its_start_only(rig, since, until, expected):
    """Bounds are exact to the millisecond, and any number is a bound."""
    for at, outcome in ((NOW - DAY, "a"), (NOW - HOUR, "b"), (NOW, "c")):
        rig.record(at, outcome)
    assert rig.outcomes(since=since, until=until) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"provider": "spare"}, ["timeout"]),
        ({"model": "small"}, ["timeout"]),
        ({"model": "spare/small"}, ["timeout"]),
        ({"model": "work/small"}, []),
        ({"client": "nvim", "provider": "work"}, ["ok", "cancelled", "unknown"]),
        ({"outcome": "ok"}, ["ok"]),
        ({"failed": True}, ["timeout"]),
        ({"provider": "x\0\ud800"}, []),
    ],
)
def test_filters_are_combined(rig, wanted, expected):
    """What was cancelled or interrupted did not fail, as in reports."""
    rig.record(end="ok")
    rig.record(end="cancelled")
    rig.record(end="unknown")
    rig.record(end="timeout", provider="spare", model="small")
    assert rig.outcomes(**wanted) == expected


def test_attempts_in_progress_are_not_listed(rig):
    """They have no outcome yet."""
    rig.record(end=None)
    assert rig.outcomes() == []


def test_a_failure_says_what_answered_then(rig):
    """The next attempt of the same client and project, begun as the failed one ended."""
    rig.record(end="rate_limited", ms=500)
    rig.record(NOW + 0.1, "ok", provider="other-client", client="chat")
    rig.record(NOW + 0.5, "ok", provider="spare")
    failed, *_ = rig.list().rows
    assert failed.then == NextAttempt("spare", "large", "ok")


def test_what_began_as_the_failure_ended_answered(rig):
    """Not another request of the same client, which began a moment earlier or later."""
    rig.record(end="rate_limited", ms=500)
    rig.record(NOW + 0.46, "ok", provider="earlier")
    rig.record(NOW + 0.502, "ok", provider="spare")
    rig.record(NOW + 0.6, "ok", provider="later")
    assert rig.list().rows[0].then == NextAttempt("spare", "large", "ok")


@pytest.mark.parametrize("delay", [0.3, 0.7, 2.6])
def test_a_later_request_is_not_what_answered(rig, delay):
    """An attempt that begins before the end, or a command later, is of another request."""
    rig.record(end="rate_limited", ms=500)
    rig.record(NOW + delay, "ok")
    assert rig.list(failed=True).rows[0].then is None


def test_an_attempt_in_progress_is_not_what_answered(rig):
    """Whether it answers is not known yet."""
    rig.record(end="rate_limited", ms=500)
    rig.record(NOW + 0.5, None)
    assert rig.list(failed=True).rows[0].then is None


def test_removed_attempts_are_mentioned(rig):
    """The list says since when it is complete, if it could have more otherwise."""
    rig.record()
    hour = attempt_list.local_hour(NOW, UTC)
    rig.file.remove_before(hour, limit=10)
    assert rig.list(since=NOW - DAY).kept_since == NOW - NOW % HOUR
    assert rig.list(since=NOW).kept_since is None


def test_only_the_rows_of_the_newest_hours_are_searched(rig):
    """A period is found through the indexes: no statement scans all attempts."""
    plans = []
    rig.record(end="timeout")

    def read(connection):
        connection.set_trace_callback(plans.append)
        try:
            read_attempts(connection, wanted=AttemptFilter(since=NOW, failed=True), ledger=rig)
        finally:
            connection.set_trace_callback(None)
        explained = [
            connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
            for statement in plans
            if "attempts" in statement or "hours" in statement
        ]
        return [step for steps in explained for *_, step in steps]

    steps = rig.file.read(read)
    searched = [step for step in steps if step.startswith("SEARCH attempts USING INDEX")]
    assert [step.split("(")[1] for step in searched] == ["hour=?)"], steps
    assert not [step for step in steps if step in {"SCAN attempts", "SCAN hours", "SCAN later"}]


def test_old_rows_of_a_busy_hour_are_not_read(rig, monkeypatch):
    """The work depends on the limit, not on the number of attempts in the hour."""
    entries = [
        LedgerEntry(number + 1, started(NOW + number / 1000), settled("timeout"))
        for number in range(5000)
    ]
    rig.file.write(entries, first_id=1)
    steps = []
    monkeypatch.setattr("aircherd.usage.ledger.sqlite.PROGRESS_STEPS", 1)
    clock = SimpleNamespace(monotonic=lambda: steps.append(1) or 0.0)
    monkeypatch.setattr(attempt_list, "time", clock)
    found = rig.list(limit=3)
    assert [row.at for row in found.rows] == [NOW + number / 1000 for number in range(4997, 5000)]
    assert len(steps) < len(entries)


def test_reading_stops_after_a_time(rig, monkeypatch):
    """The ledger's thread must not be kept from writing."""
    monkeypatch.setattr("aircherd.usage.ledger.sqlite.PROGRESS_STEPS", 1)
    rig.record()
    found = rig.file.read(lambda c: read_attempts(c, wanted=AttemptFilter(), ledger=rig, seconds=0))
    assert found is None
    assert rig.outcomes() == ["ok"]


async def test_the_list_has_what_was_just_recorded(tmp_path):
    """Reading waits until everything recorded before is written."""
    async with open_at_noon(tmp_path / "ledger.db") as ledger:
        ledger.settle(ledger.begin(started()), settled("timeout"))
        found = await list_attempts(ledger, AttemptFilter(failed=True))
    assert [row.outcome for row in found.rows] == ["timeout"]


async def test_a_slow_list_is_an_error_that_says_what_to_do(tmp_path, monkeypatch):
    """It suggests a narrower question."""
    monkeypatch.setattr(attempt_list, "read_attempts", lambda *_, **__: None)
    async with open_at_noon(tmp_path / "ledger.db") as ledger:
        with pytest.raises(LedgerUnavailable, match="choose a shorter period"):
            await list_attempts(ledger, AttemptFilter())


async def test_a_disk_that_does_not_answer_is_an_error(tmp_path, autojump_clock):
    """A caller never waits forever."""

    class Silent:
        tz = UTC

        async def read_file(self, _work):
            await trio.sleep_forever()

    with pytest.raises(LedgerUnavailable, match="did not answer within 10 s"):
        await list_attempts(Silent(), AttemptFilter())
