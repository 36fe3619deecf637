"""The history of new limits, from real and from failing ledgers."""

from datetime import UTC

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from aircherd.config.model import Limit
from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.ledger import Mark, open_ledger
from aircherd.usage.ledger.replay import ReplayedUsage
from aircherd.usage.ledger.rows import MAX_NAME
from aircherd.usage.limits.backfill import MAX_RETRY_SECONDS, Backfill
from aircherd.usage.limits.reservation import LimitKey
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.vocabulary.reply import Usage
from helpers.ledger.attempts import NOW, open_at_noon, settled, started

DAY = Limit(per="day", requests=9)
HOUR = Limit(per="hour", requests=9)
KEY = LimitKey("work", "default", "large", "nvim")


class FailingLedger:
    """Cannot be read `times` times, then has one attempt; `reads` are the times of all tries."""

    def __init__(self, times: float = 0) -> None:
        self.times = times
        self.reason = "the disk is full"
        self.reads: list[float] = []

    def mark(self) -> Mark:
        return Mark(NOW, len(self.reads))

    async def rows_since(self, at: float, mark: Mark) -> list[ReplayedUsage]:
        self.reads.append(trio.current_time())
        await trio.lowlevel.checkpoint()
        if self.times > 0:
            self.times -= 1
            raise LedgerUnavailable(self.reason)
        return [
            ReplayedUsage(
                at=NOW - 1,
                provider="work",
                model="large",
                key="default",
                client="nvim",
                outcome="ok",
                requests=1,
                input_tokens=80,
                output_tokens=40,
                cost_nano=5_000,
            )
        ]


@pytest.fixture
def tracker():
    return LimitTracker(lambda: NOW, UTC)


def used(tracker):
    return [(status.used, status.incomplete) for status in tracker.status()]


async def test_earlier_usage_counts_when_it_is_read(tracker, nursery, autojump_clock):
    """`wait` returns as soon as it is."""
    backfill = Backfill(FailingLedger(), tracker)
    backfill.configure([DAY])
    assert used(tracker) == [(0, True)]
    nursery.start_soon(backfill.run)
    await backfill.wait(3)
    assert (used(tracker), trio.current_time()) == ([(1, False)], 0)


async def test_unreadable_history_is_retried_until_it_is_read(tracker, nursery, autojump_clock):
    """With growing pauses; `wait` returns after the first failure."""
    ledger = FailingLedger(times=9)
    backfill = Backfill(ledger, tracker)
    backfill.configure([DAY])
    nursery.start_soon(backfill.run)
    await backfill.wait(3)
    assert (used(tracker), trio.current_time()) == ([(0, True)], 0)
    tracker.reserve(KEY, 2, None).settle(Usage(1, 1), None, produced=True)
    await trio.sleep(1000)
    pauses = [late - soon for soon, late in zip(ledger.reads, ledger.reads[1:], strict=False)]
    assert pauses == [1, 2, 4, *[MAX_RETRY_SECONDS] * 6]
    assert used(tracker) == [(2, False)]
    await trio.sleep(1000)
    assert len(ledger.reads) == 10  # not read again


async def test_a_new_configuration_is_read_at_once(tracker, nursery, autojump_clock):
    """With what is still missing, without the history of removed limits."""
    ledger = FailingLedger(times=50)
    backfill = Backfill(ledger, tracker)
    backfill.configure([DAY])
    nursery.start_soon(backfill.run)
    await trio.sleep(20)
    ledger.times, before = 0, len(ledger.reads)
    backfill.configure([DAY, HOUR])
    await backfill.wait(3)
    assert (used(tracker), len(ledger.reads) - before) == ([(1, False)] * 2, 2)
    backfill.configure([])
    await trio.sleep(1000)
    assert len(ledger.reads) - before == 2


async def test_a_hanging_disk_does_not_block_the_start(tracker, nursery, autojump_clock):
    """Its limit is incomplete."""

    class Hangs(FailingLedger):
        async def rows_since(self, at: float, mark: Mark) -> list[ReplayedUsage]:
            await trio.sleep(100)
            return await super().rows_since(at, mark)

    backfill = Backfill(Hangs(), tracker)
    backfill.configure([DAY])
    nursery.start_soon(backfill.run)
    await backfill.wait(3)
    assert (used(tracker), trio.current_time()) == ([(0, True)], 3)
    await trio.sleep(100)
    assert used(tracker) == [(1, False)]


async def test_nothing_counts_twice_however_late_history_is_read(tracker, nursery, tmp_path):
    """Attempts in progress count when they end."""
    async with open_at_noon(tmp_path / "ledger.db") as ledger:
        tracker.configure([])

        def begin():
            reservation = tracker.reserve(KEY, 150, 7_000)
            return reservation, ledger.begin(started(reservation.at))

        def end(reservation, number):
            reservation.settle(Usage(80, 40), 5_000, produced=True)
            ledger.settle(number, settled())

        end(*begin())
        under_way = begin()
        backfill = Backfill(ledger, tracker)
        backfill.configure([DAY])
        end(*under_way)
        end(*begin())
        nursery.start_soon(backfill.run)
        await backfill.wait(60)
        assert used(tracker) == [(3, False)]


@pytest.mark.parametrize("back", [0, 0.01, 7200])
@pytest.mark.parametrize("model", ["large", "m" * (MAX_NAME + 1)])
async def test_attempts_in_progress_are_recognized_by_id(nursery, tmp_path, back, model):
    """Whatever the clock does meanwhile, and however long their names are."""
    now = [NOW]
    tracker = LimitTracker(lambda: now[0], UTC)
    key = LimitKey("work", "default", model, "nvim")
    async with open_ledger(tmp_path / "ledger.db", clock=lambda: now[0], tz=UTC) as ledger:
        reservation = tracker.reserve(key, 150, 7_000)
        number = ledger.begin(started(reservation.at, model=model))
        now[0] += 5
        tracker.status()
        now[0] -= back
        backfill = Backfill(ledger, tracker)
        backfill.configure([Limit(per="day", provider="work", tokens=1000)])
        reservation.settle(Usage(80, 40), 5_000, produced=True)
        ledger.settle(number, settled())
        nursery.start_soon(backfill.run)
        await backfill.wait(60)
        assert used(tracker) == [(120, False)]


async def test_two_configurations_at_once_are_read_together(tracker, nursery, autojump_clock):
    """Both callers of `wait` wait for the same try."""
    backfill, waited = Backfill(FailingLedger(), tracker), []
    nursery.start_soon(backfill.run)
    await trio.sleep(1)

    async def reload():
        backfill.configure([DAY])
        await backfill.wait(3)
        waited.append((trio.current_time(), used(tracker)))

    nursery.start_soon(reload)
    nursery.start_soon(reload)
    await trio.sleep(10)
    assert waited == [(1, [(1, False)])] * 2


async def test_a_change_during_a_read_waits_for_the_next_one(tracker, nursery, autojump_clock):
    """The read in progress lacks the new limits."""

    class Slow(FailingLedger):
        async def rows_since(self, at: float, mark: Mark) -> list[ReplayedUsage]:
            await trio.sleep(1)
            return await super().rows_since(at, mark)

    backfill = Backfill(Slow(), tracker)
    backfill.configure([DAY])
    nursery.start_soon(backfill.run)
    await trio.sleep(0.5)
    backfill.configure([DAY, HOUR])
    await backfill.wait(3)
    assert (used(tracker), trio.current_time()) == ([(1, False)] * 2, 2)


async def test_a_persistent_failure_is_logged_once(tracker, nursery, autojump_clock):
    """And again if its reason changes or it comes back."""
    ledger = FailingLedger(times=9)
    backfill = Backfill(ledger, tracker)
    with capture_logs() as logs:
        backfill.configure([DAY])
        nursery.start_soon(backfill.run)
        await trio.sleep(10)
        ledger.reason = "it is of a later version"
        await trio.sleep(1000)
        ledger.times = 1
        backfill.configure([DAY, HOUR])
        await trio.sleep(10)
    reasons = [entry["reason"] for entry in logs]
    assert reasons == ["the disk is full", ledger.reason, ledger.reason]
