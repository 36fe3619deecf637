"""Limits and ledger agree, however the clock is set: examples, then random sequences."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from aircherd.config.model import Limit
from aircherd.usage.ledger.clock_history import (
    LONGEST,
    Period,
    has_jumped,
    note_period,
    read_jumped_usage,
    read_periods,
    read_stored,
)
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.replay import read_replayed_usage
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.limits.reservation import LimitKey, Reservation
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.usage.limits.windows import next_start
from aircherd.usage.steady_clock import steady_base
from aircherd.vocabulary.reply import Usage
from helpers.ledger.attempts import ended, started

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86400.0
MOST = 4
KEY = LimitKey("work", "default", "large", "nvim")


class Machine:
    """A machine with a clock that may be set, a ledger, and a limit of `MOST` requests a day."""

    def __init__(self, folder: str) -> None:
        self.elapsed = 1000.0  # since it was started
        self.ahead = NOON - self.elapsed  # what has to be added for its clock's time
        self.boot = 1
        self.sent: list[tuple[float, float]] = []  # when really, and by the clock
        self.passed = 0.0  # really
        self.number = 0
        self.file = LedgerDatabase(Path(folder, "ledger.db"), clock=self.clock, tz=UTC)
        self.start()

    def clock(self) -> float:
        return self.elapsed + self.ahead

    def start(self) -> None:
        """Start the daemon: as `Ledger` and `Backfill` do."""
        stored = self.file.read(read_stored)
        clock = self.clock()
        self.added = steady_base(stored, boot=self.boot, clock=clock, elapsed=self.elapsed)
        ahead = self.ahead - self.added
        if stored.boot != self.boot or abs(ahead - stored.offset) > 1:
            self.note(ahead)
        self.tracker = LimitTracker(self.clock, UTC, steady=self.steady)
        self.tracker.after_jump = self.note
        self.tracker.configure([Limit(per="day", requests=MOST)])
        for history in self.tracker.missing_history:
            self.tracker.restore(history, self.rows(history.since))

    def steady(self) -> float:
        return self.elapsed + self.added

    def note(self, offset: float) -> None:
        period = Period(self.number + 1, offset, self.boot, self.added)
        self.file.read(lambda connection: note_period(connection, period, self.steady()))

    def rows(self, since: float):
        periods, steady = self.file.read(read_periods), self.steady()
        if has_jumped(periods, self.clock() - steady):
            return self.file.read(
                lambda connection: read_jumped_usage(
                    connection, periods, steady=steady, before=10**9, without=()
                )
            )
        return self.file.read(
            lambda connection: read_replayed_usage(
                connection, since=since, now=self.clock(), tz=UTC
            )
        )

    def ask(self) -> bool:
        """Send a request if the limit allows it."""
        found = self.tracker.reserve(KEY, 10, 10)
        if not isinstance(found, Reservation):
            return False
        self.number += 1
        at = self.clock()
        self.file.write([LedgerEntry(self.number, started(at), None)], first_id=1)
        attempt = ended(self.number, at)
        self.file.write([LedgerEntry(self.number, attempt, attempt.settled)], first_id=1)
        found.settle(Usage(5, 5), 10, produced=True)
        self.sent.append((self.passed, at))
        return True

    def ask_all(self) -> int:
        """Send requests until one is refused."""
        sent = 0
        while self.ask():
            sent += 1
        return sent

    def wait(self, seconds: float) -> None:
        self.elapsed += seconds
        self.passed += seconds

    def set_clock(self, seconds: float) -> None:
        self.ahead += seconds

    def restart_machine(self, seconds: float) -> None:
        self.boot += 1
        clock = self.clock() + seconds
        self.passed += seconds
        self.elapsed = 5.0
        self.ahead = clock - self.elapsed
        self.start()


def machine(folder: Path) -> Machine:
    return Machine(str(folder))


def test_a_clock_set_back_and_right_again_renews_nothing(tmp_path):
    """Nor do its jumps ahead, with restarts in between."""
    it = machine(tmp_path)
    sent = it.ask_all()
    for jump in (-DAY, DAY, DAY, -DAY, -365 * DAY, 365 * DAY, HOUR, -HOUR, 60, -60):
        it.set_clock(jump)
        sent += it.ask_all()
        it.start()
        sent += it.ask_all()
    assert sent == MOST


def test_a_jump_before_anything_is_sent_renews_nothing(tmp_path):
    """What is sent while the clock is wrong counts when it is right."""
    it = machine(tmp_path)
    sent = 0
    for jump in (-DAY, DAY, 31 * DAY, -31 * DAY):
        it.set_clock(jump)
        sent += it.ask_all()
        it.start()
    assert sent == MOST


def test_a_new_day_is_a_new_budget(tmp_path):
    """With and without a restart, and after the machine was off."""
    it = machine(tmp_path)
    assert it.ask_all() == MOST
    it.wait(12 * HOUR)
    assert it.ask_all() == MOST
    it.wait(24 * HOUR)
    it.start()
    assert it.ask_all() == MOST
    it.restart_machine(24 * HOUR)
    assert it.ask_all() == MOST


def test_after_a_correction_the_next_day_comes(tmp_path):
    """A clock that was a year ahead does not use up a limit for a year."""
    it = machine(tmp_path)
    it.set_clock(365 * DAY)
    assert it.ask_all() == MOST
    it.wait(HOUR)
    it.set_clock(-365 * DAY)
    assert it.ask_all() == 0
    it.wait(12 * HOUR)
    it.start()
    assert it.ask_all() == MOST


def test_old_periods_are_forgotten(tmp_path):
    """When no limit counts what was before them; then the usual sums are read again."""
    it = machine(tmp_path)
    it.ask()
    it.set_clock(DAY)
    it.ask()
    assert has_jumped(it.file.read(read_periods), it.clock() - it.steady())
    it.wait(LONGEST + DAY)
    it.restart_machine(1)
    it.ask()
    periods = it.file.read(read_periods)
    assert not has_jumped(periods, it.clock() - it.steady())


class Clocks(RuleBasedStateMachine):
    """Whatever happens to the clock, a day lets `MOST` requests out."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.machine = Machine(self.folder.name)
        self.may_jump = False

    @rule(seconds=st.sampled_from([-366 * DAY, -DAY, -HOUR, -60, 60, HOUR, DAY, 31 * DAY]))
    def jump(self, seconds: float) -> None:
        self.machine.set_clock(seconds)
        self.may_jump = True

    @rule(seconds=st.sampled_from([1, 60, 601, HOUR, 6 * HOUR, 25 * HOUR]))
    def wait(self, seconds: float) -> None:
        self.machine.wait(seconds)

    @rule()
    def restart(self) -> None:
        self.machine.start()

    @rule()
    def ask(self) -> None:
        it = self.machine
        before = list(it.sent)
        is_sent = it.ask()
        now, clock = it.passed, it.clock()
        ends = [at + next_start("day", by_clock, UTC) - by_clock for at, by_clock in before]
        held = sum(now < end for end in ends)  # of days that are not really over
        same_date = [by_clock // DAY == clock // DAY and now - at < DAY for at, by_clock in before]
        if is_sent:
            assert held < MOST
            assert sum(same_date) < MOST
        elif not self.may_jump:
            assert sum(same_date) >= MOST  # as the calendar says
        else:
            recent = [at for at, _ in before if now - at < DAY + 2 * HOUR]
            assert len(recent) >= MOST

    @invariant()
    def it_counts_what_was_sent(self) -> None:
        if hasattr(self, "machine"):
            (status,) = self.machine.tracker.status()
            assert 0 <= status.used <= len(self.machine.sent)

    def teardown(self) -> None:
        if hasattr(self, "machine"):
            self.machine.file.close()
            self.folder.cleanup()


TestClocks = Clocks.TestCase
TestClocks.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
