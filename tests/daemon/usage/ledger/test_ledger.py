"""The ledger, over real files, through restarts, kills, full disks and cancellation."""

import json
import math
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import UTC
from decimal import Decimal
from pathlib import Path

import pytest
import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.ledger import open_ledger
from aircherd.usage.ledger.report import Sums
from aircherd.usage.ledger.writer import LedgerState
from helpers import ledger_victim
from helpers.daemon.load import wait_for
from helpers.ledger import DAY, HOUR, NOW, attempts, execute, open_at_noon, settled, started, sums

ROOT = Path(__file__).parents[4]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "ledger.db"


async def totals(ledger):
    return (await ledger.report(None, None, [])).totals


async def test_an_attempt_is_there_after_a_restart(path):
    """CounterKey once, with what it took."""
    async with open_at_noon(path) as ledger:
        number = ledger.begin(started())
        ledger.settle(number, settled())
        assert await ledger.flush()
        before = await totals(ledger)
    async with open_at_noon(path) as ledger:
        assert await totals(ledger) == before
        assert before.requests == 1


async def test_leaving_writes_what_is_left(path):
    """Nobody has to flush."""
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started()), settled())
    assert attempts(path) == [(1, "ok")]


async def test_a_report_has_all_that_was_settled_before_it(path):
    """Without a flush."""
    async with open_at_noon(path) as ledger:
        for _ in range(3):
            ledger.settle(ledger.begin(started()), settled())
        (row,) = (await ledger.report(NOW - DAY, None, ["provider", "day"])).rows
        assert row.by == {"provider": "work", "day": "2026-11-22"}
        assert row.sums.requests == 3


async def test_the_rows_since_a_time_are_those_for_limits(path):
    """Attempts under way are not among them."""
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started(NOW - 1)), settled())
        ledger.settle(ledger.begin(started(NOW - 100)), settled())
        ledger.begin(started())
        (spent,) = await ledger.rows_since(NOW - 10)
        assert (spent.at, spent.requests, spent.cost_nano) == (NOW - 1, 1, 5_000)


async def test_rows_until_a_mark_are_those_of_attempts_that_had_ended(path):
    """Whenever they are asked for, also where numbers go on after those of a file."""
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started(NOW - 1)), settled())
    async with open_at_noon(path) as ledger:
        begun = ledger.begin(started(NOW - 2))
        mark = ledger.mark()
        ledger.settle(ledger.begin(started(NOW)), settled())
        assert [row.at for row in await ledger.rows_since(NOW - 10, mark)] == [NOW - 1]
        ledger.settle(begun, settled())
        assert [row.at for row in await ledger.rows_since(NOW - 10, mark)] == [NOW - 1]


async def test_an_attempt_that_fits_no_file_holds_up_no_other(path):
    """It is left out, and those of its batch are whole."""
    async with open_at_noon(path) as ledger:
        for changes in ({}, {"cost_nano": Decimal(1)}, {}, {"cost_source": object()}):
            ledger.settle(ledger.begin(started()), settled(**changes))
        assert await ledger.flush()
        assert (ledger.statistics().waiting, ledger.statistics().lost) == (0, 2)
        assert (await totals(ledger)).requests == 2
        (row,) = (await ledger.report(None, None, ["provider"])).rows
        assert row.by == {"provider": "work"}


async def test_what_was_under_way_at_a_mark_is_in_no_sum_either(path):
    """However long it takes."""
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started(NOW - 1)), settled())
    async with open_at_noon(path) as ledger:
        ended = [ledger.begin(started(NOW - ago)) for ago in (9 * HOUR, 2)]
        under_way = [ledger.begin(started(NOW - ago)) for ago in (9 * HOUR, 2)]
        for number in ended:
            ledger.settle(number, settled())
        mark = ledger.mark()
        for number in under_way:
            ledger.settle(number, settled())
        found = await ledger.rows_since(NOW - DAY, mark)
        assert sorted(row.at for row in found) == [NOW - 9 * HOUR, NOW - 2, NOW - 1]
        assert sum(row.requests for row in found) == 3


async def test_an_attempt_is_settled_once(path):
    """Whoever settles it again, or one that never was, changes nothing."""
    async with open_at_noon(path) as ledger:
        number = ledger.begin(started())
        ledger.settle(number, settled())
        ledger.settle(number, settled("timeout", cost_nano=1))
        ledger.settle(started(id=number.id + 100), settled())
    assert attempts(path, "id, outcome, cost_nano") == [(1, "ok", 5_000)]


async def test_what_is_open_at_the_end_is_unknown_at_the_next_start(path):
    """With its estimate, and numbers go on after it."""
    async with open_at_noon(path) as ledger:
        ledger.begin(started())
    assert attempts(path) == [(1, "started")]
    async with open_at_noon(path) as ledger:
        found = await totals(ledger)
        assert (found.estimated, found.cost_nano) == (1, 7_000)
        assert ledger.begin(started()).id == 2
    assert attempts(path) == [(1, "unknown"), (2, "started")]


async def test_it_counts_what_it_was_told(path):
    """For people and tests."""
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started()), settled())
        ledger.begin(started())
        await ledger.flush()
        found = ledger.statistics()
        assert (found.begun, found.settled, found.in_progress, found.waiting) == (2, 1, 1, 0)
        assert (found.written, found.lost, found.removed) == (2, 0, 0)
        assert repr(ledger) == f"<Ledger ok {found}>"


async def test_no_secret_of_an_attempt_is_in_the_file(path):
    """There is no field for one: names and numbers are all that is told."""
    fields = {*started().__struct_fields__, *settled().__struct_fields__}
    assert not fields & {"messages", "prompt", "reply", "content", "secret"}
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started()), settled())
    assert b"default" in path.read_bytes()  # the key's label, and nothing else of it


async def test_old_attempts_go_and_their_days_stay(path):
    """In the background, from the start on."""
    async with open_at_noon(path) as ledger:
        for days in (100, 50, 1):
            ledger.settle(ledger.begin(started(NOW - days * DAY)), settled())
    async with open_ledger(path, clock=lambda: NOW, tz=UTC, keep_days=lambda: 60) as ledger:
        await wait_for(lambda: ledger.statistics().removed > 0, "an old attempt is gone")
        assert (await totals(ledger)).requests == 3
    assert attempts(path) == [(2, "ok"), (3, "ok")]


async def test_a_clock_that_jumps_breaks_no_report(path):
    """Each attempt is where the clock put it, and all are in the sum."""
    now = [NOW]
    async with open_ledger(path, clock=lambda: now[0], tz=UTC) as ledger:
        for jump in (0, -400 * DAY, 800 * DAY, -400 * DAY):
            now[0] += jump
            ledger.settle(ledger.begin(started(now[0])), settled())
        days = [row.by["day"] for row in (await ledger.report(None, None, ["day"])).rows]
        assert days == ["2025-10-18", "2026-11-22", "2027-12-27"]
        assert (await totals(ledger)).requests == 4
        assert sum(spent.requests for spent in await ledger.rows_since(NOW - DAY)) == 3


# -------------------------------------------------------------- kill -9


@pytest.mark.timeout(180)
def test_after_a_kill_at_any_moment_nothing_is_lost_or_counted_twice(path):
    """200 times: what was flushed is there once, the rest once or unknown, the sums agree."""
    done = subprocess.run(
        [sys.executable, ledger_victim.__file__, path, "200", "5"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{ROOT / 'daemon'}:{ROOT / 'tests'}"},
        check=True,
    )
    told = json.loads(done.stdout)
    assert len(told) > 200  # most of them lived long enough

    async def open_once_more():
        async with open_at_noon(path) as ledger:
            assert ledger.state == LedgerState("ok")
            return await totals(ledger)

    found = trio.run(open_once_more)
    rows = attempts(path, "outcome, ms")
    times = Counter(ms for outcome, ms in rows if outcome == "ok")
    assert set(told) <= set(times)
    assert set(times.values()) == {1}
    assert {outcome for outcome, _ in rows} == {"ok", "unknown"}
    unknown = len(rows) - len(times)
    assert found.cost_nano == len(times) * 5_000 + unknown * 7_000
    for table in ("hours", "days"):
        said, true = sums(path, table)
        assert said == true


# -------------------------------------------------------------- full, read-only, damaged, later


@contextmanager
def small_disk(folder):
    """A real file system of 2 MiB."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs: run as root, or in a user namespace")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def remount(folder, mode):
    subprocess.run(["mount", "-o", f"remount,{mode}", str(folder)], check=True)


async def test_a_full_disk_stops_nobody_and_is_caught_up_with(tmp_path):
    """A real one: it fills up, the state says so, room is made, and everything is there."""
    with small_disk(tmp_path / "small") as folder:
        path = folder / "ledger.db"
        async with open_at_noon(path) as ledger:
            assert await ledger.flush()
            (folder / "other").write_bytes(b"x" * 1_900_000)
            for number in range(3000):
                ledger.settle(ledger.begin(started()), settled(ms=number))
                if number % 100 == 0:
                    await ledger.flush()
            assert not await ledger.flush()
            assert ledger.state.status == "degraded"
            assert "the disk is full" in ledger.state.reason
            assert ledger.statistics().waiting > 0
            # What is in the file can be read.
            assert (await totals(ledger)).requests + ledger.statistics().waiting == 3000
            (folder / "other").unlink()
            assert await ledger.flush()
            assert ledger.state == LedgerState("ok")
            assert (await totals(ledger)).requests == 3000
        assert sorted(attempts(path, "ms")) == [(number,) for number in range(3000)]


async def test_a_disk_that_is_full_from_the_start_is_caught_up_with(tmp_path):
    """There is no file yet, and attempts are held in memory."""
    with small_disk(tmp_path / "small") as folder:
        fill = folder / "other"
        fill.write_bytes(b"x" * 2044 * 1024)
        async with open_at_noon(folder / "ledger.db") as ledger:
            assert ledger.state.status == "degraded"
            ledger.settle(ledger.begin(started()), settled())
            with pytest.raises(LedgerUnavailable):
                await totals(ledger)
            fill.unlink()
            assert await ledger.flush()
            assert (await totals(ledger)).requests == 1


async def test_a_read_only_file_system_stops_nobody(tmp_path):
    """A real one; when it can be written to again, everything is there."""
    with small_disk(tmp_path / "small") as folder:
        path = folder / "ledger.db"
        async with open_at_noon(path) as ledger:
            ledger.settle(ledger.begin(started()), settled())
        remount(folder, "ro")
        async with open_at_noon(path) as ledger:
            assert "Read-only file system" in ledger.state.reason
            attempt = ledger.begin(started())
            assert attempt.id == 1  # the file cannot be read, so the count starts again
            ledger.settle(attempt, settled())
            assert not await ledger.flush()
            remount(folder, "rw")
            assert await ledger.flush()
        assert attempts(path) == [(1, "ok"), (2, "ok")]


async def test_a_directory_that_cannot_be_made_stops_nobody(tmp_path):
    """The state names it."""
    (tmp_path / "data").write_bytes(b"a file")
    async with open_at_noon(tmp_path / "data" / "ledger.db") as ledger:
        ledger.settle(ledger.begin(started()), settled())
        assert not await ledger.flush()
        assert ledger.state.status == "degraded"
        assert str(tmp_path / "data") in ledger.state.reason


async def test_a_damaged_file_is_replaced_and_the_state_says_so(path):
    """It works again, but what was in it is missing: both are to be known."""
    path.parent.mkdir()
    path.write_bytes(b"x" * 10_000)
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started()), settled())
        assert await ledger.flush()
        assert ledger.state.status == "ok"
        assert "was damaged" in ledger.state.reason
    assert attempts(path) == [(1, "ok")]


async def test_when_something_was_lost_is_told(path):
    """Of a damaged file, after the next start too; of a good one nothing."""
    async with open_at_noon(path) as ledger:
        assert ledger.lost_at == -math.inf
    path.write_bytes(b"x" * 10_000)
    for _ in range(2):
        async with open_at_noon(path) as ledger:
            assert ledger.lost_at == NOW


async def test_a_file_of_a_later_version_is_never_written_to(path):
    """The daemon runs, counts in memory, and the state says what to do."""
    async with open_at_noon(path) as ledger:
        ledger.begin(started())
    execute(path, "PRAGMA user_version = 99")
    content = path.read_bytes()
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started()), settled())
        assert not await ledger.flush()
        assert ledger.state.status == "degraded"
        assert "of a later version (99" in ledger.state.reason
        for question in (totals(ledger), ledger.rows_since(NOW)):
            with pytest.raises(LedgerUnavailable, match="move the file away"):
                await question
    assert path.read_bytes() == content
    assert attempts(path) == [(1, "started")]


# -------------------------------------------------------------- cancellation


async def test_a_lock_at_the_end_loses_nothing(path):
    """Who has the file for a moment is waited for, as long as an end may take."""
    async with open_at_noon(path):
        pass
    other = sqlite3.connect(path, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(2.0, other.close)
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started()), settled())
        timer.start()
    timer.join()
    assert attempts(path) == [(1, "ok")]


async def test_a_cancelled_context_writes_what_is_left(path):
    """The daemon may be told to stop at any moment."""
    with trio.CancelScope() as scope:
        async with open_at_noon(path) as ledger:
            ledger.settle(ledger.begin(started()), settled())
            scope.cancel()
            await trio.sleep_forever()
    assert attempts(path) == [(1, "ok")]


async def test_cancelled_while_opening_it_leaves_nothing_open(path):
    """Another can open it at once."""
    with trio.CancelScope() as scope:
        scope.cancel()
        async with open_at_noon(path):
            pytest.fail("it was cancelled before")
    async with open_at_noon(path) as ledger:
        assert await ledger.flush()


async def test_an_error_of_who_uses_it_passes_through(path):
    """As it was raised, and what is left is written."""

    async def use():
        async with open_at_noon(path) as ledger:
            ledger.settle(ledger.begin(started()), settled())
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await use()
    assert attempts(path) == [(1, "ok")]


async def test_a_cancelled_report_leaves_the_ledger_working(path):
    """The next one is answered."""
    async with open_at_noon(path) as ledger:
        with trio.CancelScope() as scope:
            scope.cancel()
            await ledger.report(None, None, ["day"])
        assert scope.cancelled_caught
        assert await totals(ledger) == Sums()


async def test_a_virtual_clock_does_not_cut_the_opening_short(path, autojump_clock):
    """The file may come a little late: numbers are given out all the same, and hold."""
    for _ in range(2):
        async with open_at_noon(path) as ledger:
            ledger.settle(ledger.begin(started()), settled())
            assert await ledger.flush()
    assert attempts(path) == [(1, "ok"), (2, "ok")]


async def test_after_the_end_it_says_so(path):
    """Who tells it something then is not hurt."""
    async with open_at_noon(path) as ledger:
        pass
    ledger.settle(ledger.begin(started()), settled())
    with pytest.raises(LedgerUnavailable, match="closed"):
        await ledger.flush()
