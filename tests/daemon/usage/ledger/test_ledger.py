"""The ledger with real files: restarts, kills, full disks, cancellation."""

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
import trio.lowlevel

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger import writer
from aircherd.usage.ledger.ledger import open_ledger
from aircherd.usage.ledger.report import Sums
from aircherd.usage.ledger.writer import LedgerState
from helpers.daemon.load import wait_for
from helpers.ledger import victim
from helpers.ledger.attempts import (
    DAY,
    HOUR,
    NOW,
    attempts,
    execute,
    open_at_noon,
    settled,
    started,
    sums,
)

ROOT = Path(__file__).parents[4]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "ledger.db"


async def totals(ledger):
    return (await ledger.report(None, None, [])).totals


async def test_an_attempt_survives_a_restart(path):
    """It is counted once, with its usage."""
    async with open_at_noon(path) as ledger:
        number = ledger.begin(started())
        ledger.settle(number, settled())
        assert await ledger.flush()
        before = await totals(ledger)
    async with open_at_noon(path) as ledger:
        assert await totals(ledger) == before
        assert before.requests == 1


async def test_leaving_the_context_writes_what_is_left(path):
    """Without a flush."""
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started()), settled())
    assert attempts(path) == [(1, "ok")]


async def test_a_report_includes_everything_settled_before(path):
    """Without a flush."""
    async with open_at_noon(path) as ledger:
        for _ in range(3):
            ledger.settle(ledger.begin(started()), settled())
        (row,) = (await ledger.report(NOW - DAY, None, ["provider", "day"])).rows
        assert row.by == {"provider": "work", "day": "2026-11-22"}
        assert row.sums.requests == 3


async def test_rows_since_lacks_attempts_in_progress(path):
    """They are reserved in memory."""
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started(NOW - 1)), settled())
        ledger.settle(ledger.begin(started(NOW - 100)), settled())
        ledger.begin(started())
        (spent,) = await ledger.rows_since(NOW - 10)
        assert (spent.at, spent.requests, spent.cost_nano) == (NOW - 1, 1, 5_000)


async def test_rows_since_with_a_mark_does_not_change(path):
    """Even if ids continue those of an earlier run."""
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started(NOW - 1)), settled())
    async with open_at_noon(path) as ledger:
        begun = ledger.begin(started(NOW - 2))
        mark = ledger.mark()
        ledger.settle(ledger.begin(started(NOW)), settled())
        assert [row.at for row in await ledger.rows_since(NOW - 10, mark)] == [NOW - 1]
        ledger.settle(begun, settled())
        assert [row.at for row in await ledger.rows_since(NOW - 10, mark)] == [NOW - 1]


async def test_an_unwritable_attempt_does_not_block_others(path):
    """It is discarded, the rest of its batch is written."""
    async with open_at_noon(path) as ledger:
        for changes in ({}, {"cost_nano": Decimal(1)}, {}, {"cost_source": object()}):
            ledger.settle(ledger.begin(started()), settled(**changes))
        assert await ledger.flush()
        assert (ledger.statistics().waiting, ledger.statistics().lost) == (0, 2)
        assert (await totals(ledger)).requests == 2
        (row,) = (await ledger.report(None, None, ["provider"])).rows
        assert row.by == {"provider": "work"}


async def test_attempts_in_progress_at_a_mark_are_in_no_sum(path):
    """However old they are."""
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
    """Later calls, and calls for an unknown attempt, change nothing."""
    async with open_at_noon(path) as ledger:
        number = ledger.begin(started())
        ledger.settle(number, settled())
        ledger.settle(number, settled("timeout", cost_nano=1))
        ledger.settle(started(id=number.id + 100), settled())
    assert attempts(path, "id, outcome, cost_nano") == [(1, "ok", 5_000)]


async def test_attempts_that_end_while_they_are_written_are_complete(path, monkeypatch):
    """The thread takes them at any moment between `begin` and `settle`."""
    monkeypatch.setattr(writer, "BATCH_SECONDS", 0)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        async with open_at_noon(path) as ledger:
            for number in range(3000):
                attempt = ledger.begin(started())
                if number % 3 == 0:
                    await trio.lowlevel.checkpoint()
                ledger.settle(attempt, settled())
            assert await ledger.flush()
            assert (ledger.statistics().waiting, ledger.statistics().lost) == (0, 0)
    finally:
        sys.setswitchinterval(interval)
    assert attempts(path) == [(number, "ok") for number in range(1, 3001)]


async def test_attempts_in_progress_at_the_end_are_unknown_after_a_restart(path):
    """They count as estimated, and ids continue."""
    async with open_at_noon(path) as ledger:
        ledger.begin(started())
    assert attempts(path) == [(1, "started")]
    async with open_at_noon(path) as ledger:
        found = await totals(ledger)
        assert (found.estimated, found.cost_nano) == (1, 7_000)
        assert ledger.begin(started()).id == 2
    assert attempts(path) == [(1, "unknown"), (2, "started")]


async def test_statistics_count_attempts(path):
    """For people and tests."""
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started()), settled())
        ledger.begin(started())
        await ledger.flush()
        found = ledger.statistics()
        assert (found.begun, found.settled, found.in_progress, found.waiting) == (2, 1, 1, 0)
        assert (found.written, found.lost, found.removed) == (2, 0, 0)
        assert repr(ledger) == f"<Ledger ok {found}>"


async def test_the_file_has_no_field_for_a_secret(path):
    """Only names and numbers are recorded."""
    fields = {*started().__struct_fields__, *settled().__struct_fields__}
    assert not fields & {"messages", "prompt", "reply", "content", "secret"}
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started()), settled())
    assert b"default" in path.read_bytes()  # only the key's label


async def test_old_attempts_are_removed_but_not_their_days(path):
    """In the background, from the start on."""
    async with open_at_noon(path) as ledger:
        for days in (100, 50, 1):
            ledger.settle(ledger.begin(started(NOW - days * DAY)), settled())
    async with open_ledger(path, clock=lambda: NOW, tz=UTC, keep_days=lambda: 60) as ledger:
        await wait_for(lambda: ledger.statistics().removed > 0, "an old attempt is gone")
        assert (await totals(ledger)).requests == 3
    assert attempts(path) == [(2, "ok"), (3, "ok")]


async def test_a_jumping_clock_breaks_no_report(path):
    """Each attempt is on the day of the clock, and in the totals."""
    now = [NOW]
    async with open_ledger(path, clock=lambda: now[0], tz=UTC) as ledger:
        for jump in (0, -400 * DAY, 800 * DAY, -400 * DAY):
            now[0] += jump
            ledger.settle(ledger.begin(started(now[0])), settled())
        days = [row.by["day"] for row in (await ledger.report(None, None, ["day"])).rows]
        assert days == ["2025-10-18", "2026-11-22", "2027-12-27"]
        assert (await totals(ledger)).requests == 4
        assert sum(row.requests for row in await ledger.rows_since(NOW - DAY)) == 3


# -------------------------------------------------------------- kill -9


@pytest.mark.timeout(180)
def test_a_kill_loses_no_flushed_attempt_and_doubles_none(path):
    """In 200 rounds; sums agree with attempts."""
    done = subprocess.run(
        [sys.executable, victim.__file__, path, "200", "5"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{ROOT / 'daemon'}:{ROOT / 'tests'}"},
        check=True,
    )
    flushed = json.loads(done.stdout.splitlines()[-1])
    assert len(flushed) > 100  # most of them lived long enough

    async def open_once_more():
        async with open_at_noon(path) as ledger:
            assert ledger.state == LedgerState("ok")
            return await totals(ledger)

    found = trio.run(open_once_more)
    rows = attempts(path, "outcome, ms")
    times = Counter(ms for outcome, ms in rows if outcome == "ok")
    assert set(flushed) <= set(times)
    assert set(times.values()) == {1}
    assert {outcome for outcome, _ in rows} == {"ok", "unknown"}
    unknown = len(rows) - len(times)
    assert found.cost_nano == len(times) * 5_000 + unknown * 7_000
    for table in ("hours", "days"):
        actual, expected = sums(path, table)
        assert actual == expected


# -------------------------------------------------------------- full, read-only, damaged, later


@contextmanager
def small_disk(folder):
    """Mount a real file system of 2 MiB."""
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


async def test_a_full_disk_blocks_no_attempt_and_is_caught_up(tmp_path):
    """On a real file system: it fills up, `state` reports it, room is made, nothing is missing."""
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


async def test_a_disk_that_is_full_at_the_start_is_caught_up(tmp_path):
    """Attempts are held in memory meanwhile."""
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


async def test_a_read_only_file_system_blocks_no_attempt(tmp_path):
    """On a real one; when it is writable again, nothing is missing."""
    with small_disk(tmp_path / "small") as folder:
        path = folder / "ledger.db"
        async with open_at_noon(path) as ledger:
            ledger.settle(ledger.begin(started()), settled())
        remount(folder, "ro")
        async with open_at_noon(path) as ledger:
            assert "read-only file system: mount it writable" in ledger.state.reason
            attempt = ledger.begin(started())
            assert attempt.id == 1  # the file cannot be read, so the count starts again
            ledger.settle(attempt, settled())
            assert not await ledger.flush()
            remount(folder, "rw")
            assert await ledger.flush()
        assert attempts(path) == [(1, "ok"), (2, "ok")]


async def test_a_directory_that_cannot_be_created_blocks_no_attempt(tmp_path):
    """`state` names it."""
    (tmp_path / "data").write_bytes(b"a file")
    async with open_at_noon(tmp_path / "data" / "ledger.db") as ledger:
        ledger.settle(ledger.begin(started()), settled())
        assert not await ledger.flush()
        assert ledger.state.status == "degraded"
        assert str(tmp_path / "data") in ledger.state.reason


async def test_a_replaced_file_is_reported_by_the_state(path):
    """The ledger works, but lacks earlier attempts."""
    path.parent.mkdir()
    path.write_bytes(b"x" * 10_000)
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started()), settled())
        assert await ledger.flush()
        assert ledger.state.status == "ok"
        assert "was damaged" in ledger.state.reason
    assert attempts(path) == [(1, "ok")]


async def test_lost_at_is_the_time_of_the_last_loss(path):
    """Also after a restart; -inf for an intact file."""
    async with open_at_noon(path) as ledger:
        assert ledger.lost_at == -math.inf
    path.write_bytes(b"x" * 10_000)
    for _ in range(2):
        async with open_at_noon(path) as ledger:
            assert ledger.lost_at == NOW


async def test_a_file_of_a_later_version_is_never_written(path):
    """Attempts are held in memory, and the state says what to do."""
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


async def test_closing_waits_for_a_lock(path):
    """As long as closing may take; then the attempt waits in the spare file."""
    async with open_at_noon(path):
        pass
    other = sqlite3.connect(path, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(2.0, other.close)
    async with open_at_noon(path) as ledger:
        ledger.settle(ledger.begin(started()), settled())
        timer.start()
    timer.join()
    async with open_at_noon(path):
        pass
    assert attempts(path) == [(1, "ok")]


async def test_a_cancelled_context_writes_what_is_left(path):
    """The daemon may be stopped at any moment."""
    with trio.CancelScope() as scope:
        async with open_at_noon(path) as ledger:
            ledger.settle(ledger.begin(started()), settled())
            scope.cancel()
            await trio.sleep_forever()
    assert attempts(path) == [(1, "ok")]


async def test_a_cancelled_opening_leaves_nothing_open(path):
    """The file can be opened again at once."""
    with trio.CancelScope() as scope:
        scope.cancel()
        async with open_at_noon(path):
            pytest.fail("it was cancelled before")
    async with open_at_noon(path) as ledger:
        assert await ledger.flush()


async def test_an_error_in_the_context_passes_through(path):
    """What is left is written."""

    async def use():
        async with open_at_noon(path) as ledger:
            ledger.settle(ledger.begin(started()), settled())
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await use()
    assert attempts(path) == [(1, "ok")]


async def test_a_cancelled_report_does_not_break_the_ledger(path):
    """The next one succeeds."""
    async with open_at_noon(path) as ledger:
        with trio.CancelScope() as scope:
            scope.cancel()
            await ledger.report(None, None, ["day"])
        assert scope.cancelled_caught
        assert await totals(ledger) == Sums()


async def test_a_late_file_keeps_ids_consistent(path, autojump_clock):
    """A virtual clock does not wait for the file."""
    for _ in range(2):
        async with open_at_noon(path) as ledger:
            ledger.settle(ledger.begin(started()), settled())
            assert await ledger.flush()
    assert attempts(path) == [(1, "ok"), (2, "ok")]


async def test_a_closed_ledger_reports_it(path):
    """Recording an attempt does not fail."""
    async with open_at_noon(path) as ledger:
        pass
    ledger.settle(ledger.begin(started()), settled())
    with pytest.raises(LedgerUnavailable, match="closed"):
        await ledger.flush()
