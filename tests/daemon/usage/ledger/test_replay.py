"""Recent usage, for limits."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.replay import ReplayedUsage, read_replayed_usage
from aircherd.usage.ledger.rows import LedgerEntry
from helpers.ledger.attempts import DAY, HOUR, NOW, settled, started

MIDNIGHT = NOW - 15.5 * HOUR


@pytest.fixture
def file(tmp_path):
    file = LedgerDatabase(tmp_path / "ledger.db", clock=lambda: NOW, tz=UTC)
    yield file
    file.close()


def write(file, *attempts):
    entries = [LedgerEntry(number, begun, end) for number, (begun, end) in enumerate(attempts, 1)]
    file.write(entries, first_id=1)


def replayed(file, since):
    rows = file.read(lambda c: read_replayed_usage(c, since=since, now=NOW, tz=UTC))
    return sorted(rows, key=lambda row: (row.at, row.requests == 1))


def expected(at, requests=1, **changes):
    fields = {
        "at": at,
        "provider": "work",
        "model": "large",
        "key": "default",
        "client": "nvim",
        "project": "/src/aircher",
        "outcome": "ok",
        "requests": requests,
        "input_tokens": 80 * requests,
        "output_tokens": 40 * requests,
        "cost_nano": 5_000 * requests,
    }
    return ReplayedUsage(**fields | changes)


def test_recent_attempts_come_one_by_one(file):
    """With their times, because minutes and hours are sliding windows."""
    moments = [NOW - HOUR, NOW - 1.5, NOW]
    write(file, *((started(at), settled()) for at in moments))
    assert replayed(file, NOW - HOUR) == [expected(at) for at in moments]
    assert replayed(file, NOW - 2) == [expected(at) for at in moments[1:]]


def test_older_attempts_come_as_sums_of_hours_or_days(file):
    """A month is a few rows, each within the day it counts for."""
    write(
        file,
        *((started(MIDNIGHT + minutes * 60), settled()) for minutes in (0, 10, 70)),
        *((started(MIDNIGHT - DAY + hours * HOUR), settled()) for hours in range(24)),
        (started(NOW), settled()),
    )
    assert replayed(file, MIDNIGHT - DAY) == [
        expected(MIDNIGHT - DAY, 24),
        expected(MIDNIGHT, 2),
        expected(MIDNIGHT + HOUR),
        expected(NOW),
    ]


@pytest.mark.parametrize(
    ("zone", "hours"), [("Asia/Tokyo", 0.5), ("Pacific/Kiritimati", 5.5), ("Europe/Berlin", 16.5)]
)
def test_attempts_before_a_journey_count_by_their_time(file, zone, hours):
    """It is 00:30 of the next day in Tokyo: what was used in the last half hour is of that day."""
    moments = [NOW - each * HOUR for each in (16, 6, 5, 1, 0.25)]
    write(file, *((started(at), settled()) for at in moments))
    since = NOW - hours * HOUR
    zone = ZoneInfo(zone)
    rows = file.read(lambda c: read_replayed_usage(c, since=since, now=NOW, tz=zone))
    assert sum(row.requests for row in rows) == sum(at >= since for at in moments)


def test_projects_are_summed_apart(file):
    """A limit may be for one of them."""
    write(file, *((started(MIDNIGHT, project=name), settled()) for name in ("/a", "/b", "/b")))
    found = replayed(file, MIDNIGHT)
    assert sorted(found, key=lambda row: row.project) == [
        expected(MIDNIGHT, project="/a"),
        expected(MIDNIGHT, 2, project="/b"),
    ]


def test_unknown_ends_count_as_estimated(file):
    """Attempts in progress are not included."""
    write(file, (started(key=None), None))
    assert replayed(file, MIDNIGHT) == []
    again = LedgerDatabase(file._path, clock=lambda: NOW, tz=UTC)
    file.close()
    assert replayed(again, MIDNIGHT) == [
        expected(
            NOW, key=None, outcome="unknown", input_tokens=100, output_tokens=50, cost_nano=7_000
        )
    ]
    again.close()


def test_attempts_without_usage_count_as_requests(file):
    """Unknown tokens and cost count as 0."""
    write(file, (started(), settled("timeout", usage=None, cost_nano=None)))
    assert replayed(file, MIDNIGHT) == [
        expected(NOW, outcome="timeout", input_tokens=0, output_tokens=0, cost_nano=0)
    ]


def test_days_remain_when_their_attempts_are_removed(file):
    """Monthly limits still count them."""
    write(file, (started(NOW - 40 * DAY), settled()), (started(NOW), settled()))
    while file.remove_before((739_942 - 32) * 24, limit=10):
        pass
    assert replayed(file, NOW - 40 * DAY) == [expected(MIDNIGHT - 40 * DAY), expected(NOW)]
