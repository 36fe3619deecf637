"""Which sums of days the engine lacks."""

import pytest
import trio
import trio.testing

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.fleet.day_reports import READ_SECONDS, DayReports
from aircherd.usage.ledger.fleet.day_sums import DaySum, ReadDays

OLD, NEW = DaySum(1, 100, 1000), DaySum(2, 200, 2000)


class Books:
    """A ledger with sums of two days; `asked` are the days of each read."""

    def __init__(self):
        self.sums = {"2026-11-21": OLD, "2026-11-22": OLD}
        self.ended, self.asked, self.error, self.seconds = 0, [], None, 0.0

    async def read(self, days):
        self.asked.append(days)
        if self.error is not None:
            raise self.error
        found = list(self.sums.items())[-days:] if days else self.sums
        return ReadDays(dict(found), self.seconds)


@pytest.fixture
async def books(nursery):
    """The ledger and its reports, read once."""
    books = Books()
    reports = DayReports(books.read, lambda: books.ended)
    nursery.start_soon(reports.run)
    await trio.testing.wait_all_tasks_blocked()
    return books, reports


async def test_what_was_reported_is_not_reported_again(autojump_clock, books):
    """Until it changes, and an attempt has ended."""
    ledger, reports = books
    assert reports.waiting == ledger.sums
    reports.note_reported(reports.waiting)
    assert reports.waiting == {}
    ledger.sums["2026-11-22"] = NEW
    await trio.sleep(2 * READ_SECONDS)
    assert reports.waiting == {}
    ledger.ended = 1
    await trio.sleep(2 * READ_SECONDS)
    assert reports.waiting == {"2026-11-22": NEW}
    assert ledger.asked == [None, 2]


async def test_a_ledger_that_is_slow_to_read_is_read_less_often(autojump_clock, books):
    """So that the thread has time for what it is there for."""
    ledger, reports = books
    ledger.seconds = 0.1
    for number in range(1, 41):
        ledger.ended = number
        await trio.sleep(1)
    assert 7 <= len(ledger.asked) <= 10
    assert reports.known == ledger.sums


async def test_an_engine_that_lost_everything_gets_all_days_again(autojump_clock, books):
    """At once: people may look at the sums."""
    ledger, reports = books
    reports.note_reported(reports.waiting)
    reports.forget_reported()
    await trio.testing.wait_all_tasks_blocked()
    assert reports.waiting == ledger.sums
    assert ledger.asked == [None, None]


async def test_a_ledger_that_cannot_be_read_is_read_again(autojump_clock, nursery):
    """Its days come once it can."""
    books = Books()
    books.error = LedgerUnavailable("the disk is full")
    reports = DayReports(books.read, lambda: books.ended)
    nursery.start_soon(reports.run)
    await trio.sleep(3 * READ_SECONDS)
    assert reports.waiting == {}
    books.error = None
    await trio.sleep(2 * READ_SECONDS)
    assert reports.waiting == books.sums
