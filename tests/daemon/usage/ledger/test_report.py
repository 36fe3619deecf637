"""Reports, from real files."""

import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aircherd.errors import BadRequest
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.report import (
    GROUPS,
    ReportRow,
    Sums,
    UsageReport,
    read_report,
    validated_groups,
)
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.vocabulary.reply import Usage
from helpers.ledger.attempts import DAY, HOUR, NOW, settled, started

BERLIN = ZoneInfo("Europe/Berlin")


class Rig:
    """A ledger without a thread."""

    def __init__(self, path, tz=UTC):
        self.tz = tz
        self.file = LedgerDatabase(path, clock=lambda: NOW, tz=tz)
        self.attempts = []

    def record(self, begun, end):
        self.attempts.append((begun, end))
        self.file.write([LedgerEntry(len(self.attempts), begun, end)], first_id=1)

    def report(self, since=None, until=None, by=()):
        return self.file.read(
            lambda c: read_report(c, since=since, until=until, by=validated_groups(by), tz=self.tz)
        )


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path / "ledger.db")
    yield rig
    rig.file.close()


def one(**changes):
    """Return the sums of one attempt as `settled` creates it."""
    fields = {
        "requests": 1,
        "input_tokens": 80,
        "output_tokens": 40,
        "cached_tokens": 20,
        "cache_write_tokens": 10,
        "reasoning_tokens": 5,
        "cost_nano": 5_000,
    }
    return Sums(**fields | changes)


def added(first, second):
    """Add up two sums, field by field."""
    one, two = map(msgspec.structs.astuple, (first, second))
    return Sums(
        **dict(zip(Sums.__struct_fields__, map(sum, zip(one, two, strict=True)), strict=True))
    )


def test_an_empty_ledger_has_an_empty_report(rig):
    """Its totals are zero."""
    assert rig.report() == rig.report(by=["day"]) == UsageReport([], Sums())


def test_without_groups_there_are_totals_only(rig):
    """No row for everything."""
    rig.record(started(), settled())
    rig.record(started(), settled())
    assert rig.report() == UsageReport([], added(one(), one()))


def test_groups_are_sorted_with_none_first(rig):
    """A project is None if none was sent."""
    for project in ("/b", None, "/a", "/b"):
        rig.record(started(project=project), settled())
    assert rig.report(by=["project"]).rows == [
        ReportRow({"project": None}, one()),
        ReportRow({"project": "/a"}, one()),
        ReportRow({"project": "/b"}, added(one(), one())),
    ]


def test_days_follow_local_time(rig):
    """In the time zone of when the attempt was made."""
    rig.record(started(NOW - DAY), settled())
    rig.record(started(NOW), settled(cost_nano=1))
    assert rig.report(by=["day"]).rows == [
        ReportRow({"day": "2026-11-21"}, one()),
        ReportRow({"day": "2026-11-22"}, one(cost_nano=1)),
    ]


def test_attempts_of_unknown_cost_are_counted_as_unpriced(rig):
    """Their tokens are in the sums."""
    rig.record(started(), settled(cost_nano=None, cost_source=None))
    rig.record(started(), settled("rate_limited", usage=None, cost_nano=0, cost_source=None))
    assert rig.report(by=["outcome"]).rows == [
        ReportRow({"outcome": "ok"}, one(cost_nano=0, unpriced=1)),
        ReportRow({"outcome": "rate_limited"}, Sums(requests=1, failed=1)),
    ]


def test_unknown_ends_count_as_estimated(rig):
    """Attempts in progress are not included."""
    rig.record(started(), settled())
    rig.record(started(), None)
    assert rig.report().totals == one()
    again = Rig(rig.file._path)
    rig.file.close()
    assert again.report(by=["client"]).totals == Sums(
        requests=2,
        input_tokens=180,
        output_tokens=90,
        cached_tokens=20,
        cache_write_tokens=10,
        reasoning_tokens=5,
        cost_nano=12_000,
        estimated=1,
        estimated_input_tokens=100,
        estimated_output_tokens=50,
        estimated_cost_nano=7_000,
    )
    again.file.close()


def test_the_estimated_part_is_reported(rig):
    """Tokens and cost separately."""
    rig.record(started(), settled("cancelled", tokens_estimated=True))
    rig.record(started(), settled("timeout", cost_estimated=True))
    tokens = {"estimated": 1, "estimated_input_tokens": 80, "estimated_output_tokens": 40}
    assert rig.report(by=["outcome"]).rows == [
        ReportRow({"outcome": "cancelled"}, one(**tokens)),
        ReportRow({"outcome": "timeout"}, one(failed=1, estimated=1, estimated_cost_nano=5_000)),
    ]


def test_bounds_are_exact(rig):
    """To the millisecond; `since` is inclusive, `until` exclusive."""
    for minutes in range(0, 240, 10):
        rig.record(started(NOW - minutes * 60), settled())
    found = rig.report(NOW - 2 * HOUR, NOW)
    assert found.totals.requests == 12
    assert rig.report(NOW + 0.001).totals.requests == 0
    assert rig.report(None, NOW).totals.requests == 23


def test_a_day_without_attempts_counts_whole(rig):
    """Only its sums are left."""
    for hours in range(24):
        rig.record(started(NOW - 50 * DAY + hours * HOUR), settled())
    names = ["day", "client", "project", "outcome"]
    whole = rig.report(by=names)
    while rig.file.remove_before((739_942 - 32) * 24, limit=10):
        pass
    assert rig.report(by=names) == whole
    assert rig.report(NOW - 50 * DAY + HOUR).totals == whole.totals


def test_attempts_of_a_wrong_clock_are_reported_at_its_time(rig):
    """They are not lost."""
    for at in (0.0, NOW, NOW + 400 * DAY, float("inf")):
        rig.record(started(at), settled())
    days = [row.by["day"] for row in rig.report(by=["day"]).rows]
    assert days == ["1970-01-01", "2026-11-22", "2027-12-27", "9999-01-01"]
    assert rig.report(NOW - DAY, NOW + DAY).totals == one()


def test_an_unknown_group_is_refused(rig):
    """The message lists the known ones."""
    with pytest.raises(BadRequest, match="by: 'mood' is not one of day, provider, model"):
        validated_groups(["day", "mood"])
    assert validated_groups(["model", "day", "model"]) == ("model", "day")


# -------------------------------------------------------------- any attempts, any report

START = datetime(2026, 10, 24, 20, tzinfo=UTC).timestamp()  # clocks in Berlin go back that night
MOMENTS = st.integers(0, int(3.5 * DAY)).map(lambda seconds: START + seconds)
COUNTS = st.integers(0, 10**6)
STARTED = st.builds(
    started,
    at=MOMENTS,
    provider=st.sampled_from(["work", "home"]),
    model=st.sampled_from(["large", "small"]),
    key=st.sampled_from(["default", None]),
    client=st.sampled_from(["nvim", "aircher-cli"]),
    project=st.sampled_from([None, "/src/ü", "/src/b"]),
)
SETTLED = st.builds(
    settled,
    outcome=st.sampled_from(["ok", "unknown", "timeout"]),
    usage=st.none() | st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
    cost_nano=st.none() | COUNTS,
    tokens_estimated=st.booleans(),
    cost_estimated=st.booleans(),
)


def summed(attempts):
    """Return the sums of attempts, in plain Python."""
    total = Sums()
    for _, end in attempts:
        usage = msgspec.to_builtins(end.usage or Usage())
        del usage["cache_write_1h_tokens"]  # part of those written, and not recorded apart
        cost, is_estimated = end.cost_nano or 0, end.tokens_estimated
        total = added(
            total,
            Sums(
                requests=1,
                **usage,
                cost_nano=cost,
                unpriced=end.cost_nano is None,
                failed=end.outcome not in ("ok", "cancelled", "unknown"),
                estimated=is_estimated or end.cost_estimated,
                estimated_input_tokens=usage["input_tokens"] * is_estimated,
                estimated_output_tokens=usage["output_tokens"] * is_estimated,
                estimated_cost_nano=cost * end.cost_estimated,
            ),
        )
    return total


def label(attempt, by, tz):
    begun, end = attempt
    if by == "day":
        return datetime.fromtimestamp(begun.at, tz).date().isoformat()
    return end.outcome if by == "outcome" else getattr(begun, by)


GROUP_SETS = st.sampled_from([by for count in range(4) for by in combinations(GROUPS, count)])


@settings(max_examples=60)
@given(
    recorded=st.lists(st.tuples(STARTED, SETTLED), max_size=40),
    since=MOMENTS | st.none(),
    until=MOMENTS | st.none(),
    by=GROUP_SETS,
)
def test_a_report_is_the_sum_over_its_attempts(recorded, since, until, by):
    """For any bounds, groups and clocks."""
    with TemporaryDirectory() as folder:
        rig = Rig(Path(folder, "ledger.db"), BERLIN)
        for begun, end in recorded:
            rig.record(begun, end)
        found = rig.report(since, until, by)
        rig.file.close()
    within = [
        (begun, end)
        for begun, end in recorded
        if (since is None or begun.at >= since) and (until is None or begun.at < until)
    ]
    groups = defaultdict(list)
    for attempt in within:
        groups[tuple(label(attempt, name, BERLIN) for name in by)].append(attempt)
    assert found.totals == summed(within)
    expected = {names: summed(attempts) for names, attempts in groups.items()}
    assert {tuple(row.by.values()): row.sums for row in found.rows} == (expected if by else {})


def test_a_report_of_whole_days_reads_no_attempts(rig):
    """So their number does not matter."""
    rig.record(started(NOW - 10 * DAY), settled())
    rig.file.close()
    with closing(sqlite3.connect(rig.file._path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM attempts")
        connection.execute("DELETE FROM hours")
    assert rig.report(by=["model"]).rows == [ReportRow({"model": "large"}, one())]
