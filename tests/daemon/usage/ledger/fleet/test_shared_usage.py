"""Recent usage for shared limits: nothing is on the wrong side of the start of a day or month."""

from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from aircherd.usage.ledger.clock_history import EndedAttempts, Period, note_period, read_periods
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.fleet.shared_usage import read_shared_usage
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.safety.margin import add_margin
from helpers.ledger.attempts import DAY, HOUR, settled, started

MONTH = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC).timestamp()


def opened(tmp_path, zone):
    return LedgerDatabase(tmp_path / "ledger.db", clock=lambda: NOW, tz=zone)


def write(file, attempts, first=1):
    entries = [LedgerEntry(n, begun, end) for n, (begun, end) in enumerate(attempts, first)]
    file.write(entries, first_id=1)


def rows(file, zone, cuts, *, first=0, without=(), before=10**6, steady=NOW):
    periods = file.read(read_periods)
    ended = EndedAttempts(before, frozenset(without), periods, steady)
    read = partial(read_shared_usage, ended=ended, cuts=cuts, first=first, tz=zone)
    return file.read(read)


def requests(found, since, until=1e12):
    return sum(row.requests for row in found if since <= row.steady < until)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_a_month_of_another_zone_has_no_more_and_no_less(tmp_path, zone):
    """The ledger's days are local: one of them has hours of both months."""
    local = ZoneInfo(zone)
    file = opened(tmp_path, local)
    moments = [MONTH + hours * HOUR + 60 for hours in range(-36, 36)]
    write(file, [(started(at), settled()) for at in moments])
    found = rows(file, local, [MONTH])
    assert requests(found, MONTH) == 36
    assert requests(found, 0, MONTH) == 36
    file.close()


def test_the_last_two_hours_come_one_by_one_and_the_rest_as_sums(tmp_path):
    """A month is a few rows for each model and client."""
    file = opened(tmp_path, UTC)
    old = [MONTH + minutes * 60 for minutes in range(100)]
    recent = [NOW - seconds for seconds in (7000, 50, 2)]
    write(file, [(started(at), settled()) for at in (*old, *recent)])
    found = rows(file, UTC, [MONTH, NOW - 15.5 * HOUR])
    assert sorted(row.requests for row in found) == [1, 1, 1, 100]
    assert sum(row.input_tokens for row in found) == 103 * 80
    assert sum(row.cost_nano for row in found) == 103 * 5000
    file.close()


def test_attempts_in_progress_and_of_an_earlier_id_are_left_out(tmp_path):
    """Those in progress count when they end; those of an earlier id are in the engine under it."""
    file = opened(tmp_path, UTC)
    write(file, [(started(NOW - n), settled() if n else None) for n in range(6)])
    assert requests(rows(file, UTC, [MONTH]), 0) == 5
    assert requests(rows(file, UTC, [MONTH], without={2, 3}), 0) == 3
    assert requests(rows(file, UTC, [MONTH], before=4), 0) == 2
    assert requests(rows(file, UTC, [MONTH], first=4), 0) == 3
    file.close()


def test_a_clock_that_was_set_moves_nothing(tmp_path):
    """Times are those that really passed, whatever the clock said in between."""
    file = opened(tmp_path, UTC)
    write(file, [(started(MONTH - HOUR), settled()), (started(MONTH + HOUR), settled())])
    period = Period(3, 5 * DAY, 1, 0.0)
    file.read(lambda connection: note_period(connection, period, MONTH + HOUR))
    write(file, [(started(MONTH + 5 * DAY + 2 * HOUR), settled())], first=3)
    found = rows(file, UTC, [MONTH])
    assert requests(found, MONTH) == 2
    assert max(row.steady for row in found) == pytest.approx(MONTH + 2 * HOUR, abs=2)
    file.close()


def test_what_an_unclean_end_may_have_lost_counts(tmp_path):
    """At the time of the attempts that it stands for."""
    file = opened(tmp_path, UTC)
    write(file, [(started(NOW - 30), settled(ms=1000)), (started(MONTH - 60), settled(ms=0))])
    file.read(lambda connection: add_margin(connection, NOW))
    margins = [row for row in rows(file, UTC, [MONTH]) if row.is_margin]
    assert [row.steady for row in margins] == [NOW - 30]
    file.close()
