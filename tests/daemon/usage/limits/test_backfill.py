"""The pasts of new limits, over a real ledger and over one that is ill."""

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
from helpers.ledger import NOW, open_at_noon, settled, started

DAY = Limit(per="day", requests=9)
HOUR = Limit(per="hour", requests=9)
ASKING = LimitKey("work", "default", "large", "nvim")


class IllLedger:
    """Cannot be read `times` times, then holds one attempt; `asked` says when it was tried."""

    def __init__(self, times: float = 0) -> None:
        self.times = times
        self.reason = "the disk is full"
        self.asked: list[float] = []

    def mark(self) -> Mark:
        return Mark(NOW, len(self.asked))

    async def rows_since(self, at: float, mark: Mark) -> list[ReplayedUsage]:
        self.asked.append(trio.current_time())
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
def book():
    return LimitTracker(lambda: NOW, UTC)


def used(book):
    return [(status.used, status.incomplete) for status in book.status()]


async def test_what_was_used_before_is_counted_when_it_is_read(book, nursery, autojump_clock):
    """Who waits for it waits no longer than it takes."""
    reader = Backfill(IllLedger(), book)
    reader.configure([DAY])
    assert used(book) == [(0, True)]
    nursery.start_soon(reader.run)
    await reader.wait(3)
    assert (used(book), trio.current_time()) == ([(1, False)], 0)


async def test_what_cannot_be_read_is_tried_again_until_it_is(book, nursery, autojump_clock):
    """With growing pauses; who waits is told at once that it failed, and requests go on."""
    ledger = IllLedger(times=9)
    reader = Backfill(ledger, book)
    reader.configure([DAY])
    nursery.start_soon(reader.run)
    await reader.wait(3)
    assert (used(book), trio.current_time()) == ([(0, True)], 0)
    book.reserve(ASKING, 2, None).settle(Usage(1, 1), None, produced=True)
    await trio.sleep(1000)
    pauses = [late - soon for soon, late in zip(ledger.asked, ledger.asked[1:], strict=False)]
    assert pauses == [1, 2, 4, 8, 16, 32, *[MAX_RETRY_SECONDS] * 3]
    assert used(book) == [(2, False)]
    await trio.sleep(1000)
    assert len(ledger.asked) == 10  # what is read is read


async def test_a_new_configuration_is_tried_at_once(book, nursery, autojump_clock):
    """With what is still missing; the past of a limit that is gone is not asked for."""
    ledger = IllLedger(times=5)
    reader = Backfill(ledger, book)
    reader.configure([DAY])
    nursery.start_soon(reader.run)
    await trio.sleep(20)
    ledger.times, before = 0, len(ledger.asked)
    reader.configure([DAY, HOUR])
    await reader.wait(3)
    assert (used(book), len(ledger.asked) - before) == ([(1, False)] * 2, 2)
    reader.configure([])
    await trio.sleep(1000)
    assert len(ledger.asked) - before == 2


async def test_a_disk_that_hangs_keeps_nobody_waiting_for_long(book, nursery, autojump_clock):
    """Its limit says that it does not know its past."""

    class Hangs(IllLedger):
        async def rows_since(self, at: float, mark: Mark) -> list[ReplayedUsage]:
            await trio.sleep(100)
            return await super().rows_since(at, mark)

    reader = Backfill(Hangs(), book)
    reader.configure([DAY])
    nursery.start_soon(reader.run)
    await reader.wait(3)
    assert (used(book), trio.current_time()) == ([(0, True)], 3)
    await trio.sleep(100)
    assert used(book) == [(1, False)]


async def test_nothing_counts_twice_however_late_it_is_read(book, nursery, tmp_path):
    """What was begun since counts by itself; what was under way ends once."""
    async with open_at_noon(tmp_path / "ledger.db") as ledger:
        book.configure([])

        def begin():
            held = book.reserve(ASKING, 150, 7_000)
            return held, ledger.begin(started(held.at))

        def end(held, number):
            held.settle(Usage(80, 40), 5_000, produced=True)
            ledger.settle(number, settled())

        end(*begin())
        under_way = begin()
        reader = Backfill(ledger, book)
        reader.configure([DAY])
        end(*under_way)
        end(*begin())
        nursery.start_soon(reader.run)
        await reader.wait(60)
        assert used(book) == [(3, False)]


@pytest.mark.parametrize("back", [0, 0.01, 7200])
@pytest.mark.parametrize("model", ["large", "m" * (MAX_NAME + 1)])
async def test_what_is_under_way_is_known_by_its_number(nursery, tmp_path, back, model):
    """Whatever the clock does meanwhile, and however much of its names is kept."""
    now = [NOW]
    book = LimitTracker(lambda: now[0], UTC)
    asking = LimitKey("work", "default", model, "nvim")
    async with open_ledger(tmp_path / "ledger.db", clock=lambda: now[0], tz=UTC) as ledger:
        held = book.reserve(asking, 150, 7_000)
        number = ledger.begin(started(held.at, model=model))
        now[0] += 5
        book.status()
        now[0] -= back
        reader = Backfill(ledger, book)
        reader.configure([Limit(per="day", provider="work", tokens=1000)])
        held.settle(Usage(80, 40), 5_000, produced=True)
        ledger.settle(number, settled())
        nursery.start_soon(reader.run)
        await reader.wait(60)
        assert used(book) == [(120, False)]


async def test_two_configurations_at_once_are_tried_together(book, nursery, autojump_clock):
    """Who waits for the first waits for no more than who waits for the second."""
    reader, waited = Backfill(IllLedger(), book), []
    nursery.start_soon(reader.run)
    await trio.sleep(1)

    async def reload():
        reader.configure([DAY])
        await reader.wait(3)
        waited.append((trio.current_time(), used(book)))

    nursery.start_soon(reload)
    nursery.start_soon(reload)
    await trio.sleep(10)
    assert waited == [(1, [(1, False)])] * 2


async def test_who_configures_while_it_reads_waits_for_the_next_time(book, nursery, autojump_clock):
    """What is being read is not yet what is asked for."""

    class Slow(IllLedger):
        async def rows_since(self, at: float, mark: Mark) -> list[ReplayedUsage]:
            await trio.sleep(1)
            return await super().rows_since(at, mark)

    reader = Backfill(Slow(), book)
    reader.configure([DAY])
    nursery.start_soon(reader.run)
    await trio.sleep(0.5)
    reader.configure([DAY, HOUR])
    await reader.wait(3)
    assert (used(book), trio.current_time()) == ([(1, False)] * 2, 2)


async def test_what_stays_wrong_is_logged_once(book, nursery, autojump_clock):
    """And again when it is something else, or came back."""
    ledger = IllLedger(times=9)
    reader = Backfill(ledger, book)
    with capture_logs() as logs:
        reader.configure([DAY])
        nursery.start_soon(reader.run)
        await trio.sleep(10)
        ledger.reason = "it is of a later version"
        await trio.sleep(1000)
        ledger.times = 1
        reader.configure([DAY, HOUR])
        await trio.sleep(10)
    reasons = [entry["reason"] for entry in logs]
    assert reasons == ["the disk is full", ledger.reason, ledger.reason]
