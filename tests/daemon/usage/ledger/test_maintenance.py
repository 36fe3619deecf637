"""Old rows are removed and the file is checked, without holding up writes."""

import math
import time
from datetime import UTC

import pytest

from aircherd.usage.ledger import maintenance as module
from aircherd.usage.ledger.errors import FileError
from aircherd.usage.ledger.maintenance import Maintenance
from helpers.ledger.attempts import NOW


class FakeDatabase:
    """A database with `old` rows, and a check that ends early if it must stop."""

    def __init__(self):
        self.old = 0
        self.removals = []
        self.error = None

    def remove_before(self, hour, *, limit):
        if self.error:
            raise self.error
        self.removals.append((hour, limit))
        removed, self.old = min(self.old, limit), max(self.old - limit, 0)
        return removed

    def check(self, must_stop):
        return not must_stop()


def maintenance_of(database, keep_days=None):
    return Maintenance(database, clock=lambda: NOW, tz=UTC, keep_days=lambda: keep_days)


def never():
    return False


def always():
    return True


def test_old_rows_are_removed_in_steps():
    """The next step is due soon, and after the last one in an hour; a month is always kept."""
    database = FakeDatabase()
    database.old = 700
    maintenance = maintenance_of(database, keep_days=7)
    pauses = []
    for _ in range(3):
        maintenance.clean()
        pauses.append(round(maintenance._clean_at - time.monotonic(), 1))
    assert pauses == [module.STEP_SECONDS] * 2 + [module.CLEAN_SECONDS]
    assert database.removals == [((739_942 - 32) * 24, module.STEP_ROWS)] * 3
    assert maintenance.removed == 700


def test_without_a_number_of_days_nothing_is_removed():
    """It is asked again in an hour."""
    database = FakeDatabase()
    maintenance = maintenance_of(database)
    assert maintenance.is_cleaning_due
    maintenance.clean()
    assert (database.removals, maintenance.is_cleaning_due) == ([], False)


def test_a_failed_removal_is_tried_again_in_an_hour():
    """Not at once: the disk may be full."""
    database = FakeDatabase()
    database.error = FileError("the disk is full")
    maintenance = maintenance_of(database, keep_days=90)
    with pytest.raises(FileError):
        maintenance.clean()
    assert not maintenance.is_cleaning_due


def test_the_check_runs_once():
    """It is not due at the start, and never again after it has finished."""
    maintenance = maintenance_of(FakeDatabase())
    assert not maintenance.is_check_due
    maintenance.check(never, never)
    assert maintenance._check_at == math.inf


def test_the_check_gives_way_a_few_times():
    """After that, writes and queries wait for it."""
    maintenance = maintenance_of(FakeDatabase())
    for _ in range(module.MAX_CHECKS_STOPPED):
        maintenance.check(never, always)
        assert maintenance.due_at < math.inf
    maintenance.check(never, always)
    assert maintenance._check_at == math.inf


def test_the_check_always_gives_way_to_the_end():
    """Closing the ledger does not wait for it."""
    maintenance = maintenance_of(FakeDatabase())
    for _ in range(module.MAX_CHECKS_STOPPED + 1):
        maintenance.check(always, never)
    assert maintenance._check_at < math.inf
