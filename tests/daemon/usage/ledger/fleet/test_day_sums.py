"""Sums of days, in the fleet's zone and by the engine's clock."""

from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from aircherd.usage.ledger.clock_history import EndedAttempts, read_periods
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.fleet.day_sums import DaySum, read_day_sums, time_day_sums
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.time_buckets import local_hour
from helpers.ledger.attempts import DAY, HOUR, settled, started

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC).timestamp()
MIDNIGHT = NOW - 15.5 * HOUR
BERLIN = ZoneInfo("Europe/Berlin")


def opened(tmp_path, zone=UTC):
    return LedgerDatabase(tmp_path / "ledger.db", clock=lambda: NOW, tz=zone)


def write(file, *moments):
    entries = [LedgerEntry(n, started(at), settled()) for n, at in enumerate(moments, 1)]
    file.write(entries, first_id=1)


def sums(file, zone=UTC, *, tz=UTC, ahead=0.0, **changes):
    ended = EndedAttempts(10**6, frozenset(), file.read(read_periods), NOW)
    options = {"ended": ended, "ahead": ahead, "zone": zone, "first": 0, "tz": tz} | changes
    return file.read(partial(read_day_sums, **options))


def test_days_are_those_of_the_fleet(tmp_path):
    """Not those of the machine, which the ledger's own sums are of."""
    file = opened(tmp_path, ZoneInfo("Asia/Kolkata"))
    write(file, MIDNIGHT - 60, MIDNIGHT + 60, MIDNIGHT - 1.5 * HOUR, NOW)
    one = DaySum(1, 120, 5000)
    two = DaySum(2, 240, 10_000)
    kolkata = ZoneInfo("Asia/Kolkata")
    assert sums(file, tz=kolkata) == {"2026-11-21": two, "2026-11-22": two}
    berlin = {"2026-11-21": one, "2026-11-22": DaySum(3, 360, 15_000)}
    assert sums(file, BERLIN, tz=kolkata) == berlin
    file.close()


def test_days_go_by_the_engine_s_clock(tmp_path):
    """A machine whose clock is an hour behind counts as the others do."""
    file = opened(tmp_path)
    write(file, MIDNIGHT - 0.5 * HOUR)
    assert list(sums(file)) == ["2026-11-21"]
    assert list(sums(file, ahead=HOUR)) == ["2026-11-22"]
    file.close()


def test_removed_attempts_leave_the_sums_of_local_days(tmp_path):
    """So that a fleet's days can be restored, also where attempts are kept for 32 days."""
    file = opened(tmp_path)
    write(file, NOW - 50 * DAY, NOW - 40 * DAY, NOW - 2 * DAY, NOW)
    before = sums(file)
    kept = local_hour(MIDNIGHT - 32 * DAY, UTC)
    while file.remove_before(kept, limit=100):
        pass
    assert sums(file) == before
    assert list(before) == ["2026-10-03", "2026-10-13", "2026-11-20", "2026-11-22"]
    # Under another id than before, they are not this machine's.
    assert list(sums(file, first=3)) == ["2026-11-20", "2026-11-22"]
    file.close()


def test_only_so_many_days(tmp_path):
    """A read of what may have changed is short."""
    file = opened(tmp_path)
    write(file, NOW - 70 * DAY, NOW - 3 * DAY, NOW - DAY, NOW)
    assert list(sums(file, days=2)) == ["2026-11-21", "2026-11-22"]
    assert len(sums(file)) == 3
    file.close()


def test_what_a_read_costs_is_known(tmp_path):
    """The time of the thread, not the time that it waited."""
    file = opened(tmp_path)
    write(file, NOW)
    ended = EndedAttempts(10**6, frozenset(), file.read(read_periods), NOW)
    options = {"ahead": 0.0, "zone": UTC, "first": 0, "tz": UTC, "days": 2}
    found = file.read(partial(time_day_sums, ended=ended, **options))
    assert list(found.sums) == ["2026-11-22"]
    assert found.seconds >= 0
    file.close()
