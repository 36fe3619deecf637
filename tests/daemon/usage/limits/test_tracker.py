"""The limits: examples, then random sequences of events."""

import math
import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from aircherd.config.model import Limit, Route
from aircherd.usage.ledger.replay import ReplayedUsage
from aircherd.usage.limits.reservation import LimitKey, Reservation
from aircherd.usage.limits.tracker import MAX_MATCHES, LimitTracker
from aircherd.vocabulary.availability import Limited, LimitStatus
from aircherd.vocabulary.reply import Usage
from helpers.ledger.machine_zone import MachineZone

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
MIDNIGHT = NOON + 12 * 3600
CENT = 10**7
KEY = LimitKey("anthropic", "default", "claude-x", "nvim")
TEN = 10
DOLLAR_A_DAY = Limit(per="day", usd=Decimal(1))


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def tracker_of(clock: Clock, *limits: Limit) -> LimitTracker:
    tracker = LimitTracker(clock, UTC)
    tracker.configure(limits)
    restore(tracker)
    return tracker


def restore(tracker: LimitTracker, *rows: ReplayedUsage) -> None:
    """Restore the same rows for all missing history."""
    for history in tracker.missing_history:
        tracker.restore(history, rows)


def reserve(tracker: LimitTracker, cost: int | None = CENT, key: LimitKey = KEY) -> Reservation:
    reservation = tracker.reserve(key, TEN, cost)
    assert isinstance(reservation, Reservation)
    return reservation


def use(tracker: LimitTracker, cost: int = CENT, key: LimitKey = KEY) -> tuple[LimitStatus, ...]:
    return reserve(tracker, cost, key).settle(Usage(6, 4), cost, produced=True)


def numbers(tracker: LimitTracker) -> list[tuple[object, object]]:
    return [(row.used, row.reserved) for row in tracker.status()]


def row(at: float, requests: int = 1, tokens: int = 10, cost: int = CENT) -> ReplayedUsage:
    return ReplayedUsage(
        at=at,
        provider=KEY.provider,
        model=KEY.model,
        key=KEY.key,
        client=KEY.client,
        outcome="ok",
        requests=requests,
        input_tokens=tokens,
        output_tokens=0,
        cost_nano=cost,
    )


def test_days_begin_at_the_new_midnight_after_a_journey(clock: Clock) -> None:
    """Also for history that was not read yet."""
    machine = MachineZone("UTC")
    tracker = LimitTracker(clock, machine)
    tracker.configure([DOLLAR_A_DAY])
    changes: list[None] = []
    tracker.after_change = lambda: changes.append(None)
    (history,) = tracker.missing_history
    assert history.since == NOON - 12 * 3600
    use(tracker)
    machine.travel("Asia/Tokyo")
    tracker.change_zone()
    assert (history.since, len(changes)) == (NOON - 21 * 3600, 1)
    restore(tracker, row(NOON - 20 * 3600))
    assert numbers(tracker) == [("0.02", "0")]
    assert [status.resets_at for status in tracker.status()] == [MIDNIGHT - 9 * 3600]
    clock.now = MIDNIGHT - 9 * 3600
    assert numbers(tracker) == [("0", "0")]


# ------------------------------------------------------------------ one request


def test_without_limits_every_request_is_allowed(clock):
    """Nothing is counted."""
    tracker = tracker_of(clock)
    assert tracker.check(KEY, TEN, None) is None
    assert use(tracker) == ()
    assert tracker.status() == []


def test_settling_replaces_reservations_by_usage(clock):
    """Requests, tokens and money."""
    tracker = tracker_of(clock, Limit(per="day", requests=10, tokens=100, usd=Decimal(1)))
    reservation = reserve(tracker)
    assert numbers(tracker) == [(0, 1), (0, 10), ("0", "0.01")]
    reservation.settle(Usage(30, 5), 2 * CENT, produced=True)
    assert numbers(tracker) == [(1, 0), (35, 0), ("0.02", "0")]


def test_an_attempt_that_produced_nothing_counts_as_a_request(clock):
    """Whatever usage was reported."""
    tracker = tracker_of(clock, Limit(per="day", requests=10, tokens=100, usd=Decimal(1)))
    reserve(tracker).settle(Usage(30, 5), CENT, produced=False)
    assert numbers(tracker) == [(1, 0), (0, 0), ("0", "0")]


def test_a_reservation_ends_once(clock):
    """Later calls change nothing."""
    tracker = tracker_of(clock, Limit(per="day", requests=10, warn_at=0.1))
    reservation = reserve(tracker)
    assert len(reservation.settle(None, None, produced=True)) == 1
    assert reservation.settle(None, None, produced=True) == ()
    assert numbers(tracker) == [(1, 0)]


def test_a_refusal_names_the_limit(clock):
    """With usage and end time; `check` and `reserve` agree."""
    tracker = tracker_of(clock, Limit(per="month", requests=100), Limit(per="minute", requests=2))
    use(tracker)
    clock.now += 10
    use(tracker)
    refused = tracker.check(KEY, TEN, CENT)
    assert refused == tracker.reserve(KEY, TEN, CENT)
    assert refused
    assert (refused.reason, refused.until) == ("limit_reached", NOON + 61)
    assert "everything: 2 requests a minute" in refused.message
    clock.now = NOON + 61
    assert tracker.check(KEY, TEN, CENT) is None


def test_an_unknown_price_is_refused_only_under_a_limit_in_usd(clock):
    """Tokens can be counted without a price."""
    cheap = Limit(per="day", usd=Decimal(1), provider="anthropic")
    tracker = tracker_of(clock, Limit(per="day", tokens=100), cheap)
    refused = tracker.check(KEY, TEN, None)
    assert refused
    assert refused.reason == "price_unknown"
    assert tracker.check(KEY._replace(provider="openai"), TEN, None) is None


def test_free_requests_are_allowed_after_the_budget_is_spent(clock):
    """A local model can be the fallback; `usd = 0` allows nothing else."""
    tracker = tracker_of(clock, Limit(per="day", usd=Decimal(0)))
    assert tracker.check(KEY, TEN, 0) is None
    assert tracker.check(KEY, TEN, 1)


@pytest.mark.parametrize(
    ("limit", "others"),
    [
        (Limit(per="day", requests=1), []),
        (Limit(per="day", requests=1, provider="anthropic"), ["provider"]),
        (Limit(per="day", requests=1, provider="anthropic", key="default"), ["provider", "key"]),
        (
            Limit(
                per="day", requests=1, provider="anthropic", model=Route("anthropic", "claude-x")
            ),
            ["provider", "model"],
        ),
        (Limit(per="day", requests=1, client="nvim"), ["client"]),
    ],
)
def test_a_limit_counts_keys_that_agree_with_all_it_names(clock, limit, others):
    """A key that differs in one of them is not counted."""
    tracker = tracker_of(clock, limit)
    use(tracker)
    assert tracker.check(KEY, TEN, CENT)
    for name in LimitKey._fields:
        other = KEY._replace(**{name: "another"})
        assert (tracker.check(other, TEN, CENT) is None) == (name in others)


def test_a_request_counts_at_the_time_it_was_sent(clock):
    """A request from before midnight counts for yesterday; its reservation counts until its end."""
    tracker = tracker_of(clock, DOLLAR_A_DAY)
    clock.now = MIDNIGHT - 1
    reservation = reserve(tracker)
    clock.now = MIDNIGHT + 1
    assert numbers(tracker) == [("0", "0.01")]
    reservation.settle(None, CENT, produced=True)
    assert numbers(tracker) == [("0", "0")]


def test_the_user_is_notified_once_at_four_fifths(clock):
    """Of usage, not of reservations."""
    tracker = tracker_of(clock, DOLLAR_A_DAY)
    reservation = [reserve(tracker, 30 * CENT) for _ in range(3)]
    assert [h.settle(None, 30 * CENT, produced=True) for h in reservation[:2]] == [(), ()]
    news = reservation[2].settle(None, 30 * CENT, produced=True)
    assert [(n.limit, n.used, n.share) for n in news] == [
        ("everything: 1.00 USD a day", "0.9", 0.9)
    ]
    assert use(tracker) == ()


# ------------------------------------------------------------------ configuration and history


def test_history_is_missing_since_the_start_of_the_longest_new_window(clock):
    """None is missing without a new limit."""
    tracker = LimitTracker(clock, UTC)
    day, hour = Limit(per="day", requests=9), Limit(per="hour", requests=9)
    asked = []
    for limits in ([], [hour], [day, hour], [day]):
        tracker.configure(limits)
        asked.append([history.since for history in tracker.missing_history])
        restore(tracker)
    assert asked == [[], [NOON - 3600], [NOON - 12 * 3600], []]


def test_restored_usage_counts(clock):
    """Single attempts and sums; older ones do not count."""
    limits = [Limit(per="day", requests=99, usd=Decimal(1)), Limit(per="minute", tokens=99)]
    tracker = LimitTracker(clock, UTC)
    tracker.configure(limits)
    rows = (row(NOON - 13 * 3600), row(NOON - 7200, 5, 50, 5 * CENT), row(NOON - 30))
    restore(tracker, *rows)
    assert numbers(tracker) == [(6, 0), ("0.06", "0"), (10, 0)]


def test_a_row_from_the_future_counts_as_of_now(clock):
    """A clock that was once a year ahead does not exhaust a limit for a year."""
    tracker = LimitTracker(clock, UTC)
    tracker.configure([Limit(per="minute", requests=1)])
    restore(tracker, row(NOON + 365 * 24 * 3600))
    assert tracker.check(KEY, TEN, CENT)
    clock.now += 61
    assert tracker.check(KEY, TEN, CENT) is None


def test_a_warning_is_not_repeated_after_a_restart(clock):
    """The user was notified before."""
    tracker = LimitTracker(clock, UTC)
    tracker.configure([DOLLAR_A_DAY])
    restore(tracker, row(NOON, cost=90 * CENT))
    assert use(tracker) == ()


def test_unchanged_limits_keep_their_usage(clock):
    """Also with another maximum; a new limit has missing history."""
    tracker = tracker_of(clock, DOLLAR_A_DAY, Limit(per="hour", requests=5))
    use(tracker)
    tracker.configure([Limit(per="day", usd=Decimal(2)), Limit(per="month", requests=5)])
    restore(tracker, row(NOON - 3600), row(NOON - 7200))
    assert numbers(tracker) == [("0.01", "0"), (2, 0)]
    assert [status.max for status in tracker.status()] == ["2", 5]


def test_requests_in_progress_count_under_a_new_limit(clock):
    """And no longer under a removed one."""
    tracker = tracker_of(clock, Limit(per="hour", requests=5))
    reservation = reserve(tracker)
    tracker.configure([Limit(per="day", requests=5)])
    restore(tracker)
    assert numbers(tracker) == [(0, 1)]
    reservation.settle(None, None, produced=True)
    assert numbers(tracker) == [(1, 0)]


def test_requests_that_end_while_history_is_read_count_once(clock):
    """Whether they began before or after the limit was set."""
    tracker = tracker_of(clock)
    before = reserve(tracker)
    tracker.configure([Limit(per="day", requests=9)])
    during = reserve(tracker)
    for reservation in (before, during):
        reservation.settle(None, None, produced=True)
    restore(tracker, row(NOON - 60))
    assert numbers(tracker) == [(3, 0)]


def test_each_change_of_limits_has_its_own_missing_history(clock):
    """The earlier one still waits."""
    tracker = tracker_of(clock)
    short, long = Limit(per="minute", requests=9), Limit(per="day", requests=9)
    tracker.configure([short])
    reserve(tracker).settle(None, None, produced=True)
    tracker.configure([short, long])
    first, second = tracker.missing_history
    assert (first.since, second.since) == (NOON - 60, NOON - 12 * 3600)
    tracker.restore(first, [row(NOON - 30)])
    assert numbers(tracker) == [(2, 0), (0, 0)]
    tracker.restore(second, [row(NOON - 7200), row(NOON - 30), row(NOON)])
    assert numbers(tracker) == [(2, 0), (3, 0)]


def test_a_limit_with_missing_history_is_incomplete(clock):
    """It counts from now on; others are complete."""
    tracker = tracker_of(clock, DOLLAR_A_DAY)
    tracker.configure([DOLLAR_A_DAY, Limit(per="hour", requests=5)])
    assert [status.incomplete for status in tracker.status()] == [False, True]
    use(tracker)
    assert numbers(tracker) == [("0.01", "0"), (1, 0)]
    restore(tracker, row(NOON - 60))
    assert numbers(tracker) == [("0.01", "0"), (2, 0)]
    assert [status.incomplete for status in tracker.status()] == [False, False]


def test_a_removed_limit_has_no_missing_history(clock):
    """Rows that arrive later are ignored."""
    tracker = tracker_of(clock)
    tracker.configure([DOLLAR_A_DAY])
    (history,) = tracker.missing_history
    tracker.configure([])
    assert tracker.missing_history == ()
    tracker.restore(history, [row(NOON)])
    assert not tracker.has_limits


# ------------------------------------------------------------------ the clock


def test_a_clock_set_back_leaves_a_minute_a_minute(clock):
    """It neither frees a limit nor exhausts it for longer."""
    tracker = tracker_of(clock, Limit(per="minute", requests=1))
    use(tracker)
    clock.now -= 10 * 24 * 3600
    assert tracker.check(KEY, TEN, CENT)
    clock.now += 61
    assert tracker.check(KEY, TEN, CENT) is None


def test_a_request_in_progress_while_the_clock_is_set_back_counts(clock):
    """At the time of the new clock when it was sent."""
    tracker = tracker_of(clock, Limit(per="minute", requests=1))
    reservation = reserve(tracker)
    clock.now -= 7200
    reservation.settle(None, None, produced=True)
    assert numbers(tracker) == [(1, 0)]
    clock.now += 61
    assert numbers(tracker) == [(0, 0)]


def test_a_month_may_pass_while_suspended(clock):
    """Both month and minute start at zero."""
    tracker = tracker_of(clock, Limit(per="month", requests=1), Limit(per="minute", requests=1))
    use(tracker)
    clock.now += 40 * 24 * 3600
    assert numbers(tracker) == [(0, 0), (0, 0)]


# ------------------------------------------------------------------ bounds


def test_the_cache_of_keys_is_bounded(clock):
    """Clients may make up names."""
    tracker = tracker_of(clock, DOLLAR_A_DAY)
    for number in range(MAX_MATCHES + 10):
        tracker.check(KEY._replace(client=str(number)), TEN, CENT)
    assert len(tracker._matches) <= MAX_MATCHES


def test_200_concurrent_requests_do_not_overspend(clock):
    """Usage and reservations never exceed the limit."""
    tracker, reservation, served = tracker_of(clock, DOLLAR_A_DAY), [], 0
    chance = random.Random(5)  # noqa: S311 - dice
    for _ in range(200):
        got = tracker.reserve(KEY, TEN, chance.randint(1, 9) * CENT)
        if isinstance(got, Reservation):
            served += 1
            reservation.append(got)
        if reservation and chance.random() < 0.4:
            ended = reservation.pop(chance.randrange(len(reservation)))
            ended.settle(None, ended.amounts.nano, produced=True)
        status = tracker.status()[0]
        assert Decimal(status.used) + Decimal(status.reserved) <= 1
    assert 10 < served < 100


def test_statistics_count_limits_and_open_reservations(clock):
    """As does the repr."""
    tracker = tracker_of(clock, Limit(per="day", requests=5, tokens=50), DOLLAR_A_DAY)
    reserve(tracker)
    assert tracker.has_limits
    assert tracker.statistics() == {"limits": 3, "open": 1}
    assert repr(tracker) == "<LimitTracker of 3 amounts, 1 open reservations>"


# ------------------------------------------------------------------ random sequences


class Life(RuleBasedStateMachine):
    """Requests begin and end in any order while time passes."""

    reservation = Bundle("held")

    @initialize()
    def open(self) -> None:
        self.clock = Clock()
        self.limits = [Limit(per="minute", tokens=40), Limit(per="day", usd=Decimal("0.2"))]
        self.tracker = tracker_of(self.clock, *self.limits)
        self.settled: list[tuple[float, int, int]] = []
        self.open_now: set[int] = set()

    @rule(target=reservation, tokens=st.integers(0, 30), cents=st.integers(0, 10))
    def begin(self, tokens: int, cents: int) -> Reservation | None:
        expected = self.tracker.check(KEY, tokens, cents * CENT)
        before = self.sums()
        got = self.tracker.reserve(KEY, tokens, cents * CENT)
        if isinstance(got, Limited):
            assert got == expected
            assert self.sums() == before
            return None
        assert expected is None
        # Usage may be beyond the limit already, but nothing is added to it.
        for needed, (used, reserved), most in zip(
            (tokens, cents * CENT), self.sums(), (40, 20 * CENT), strict=True
        ):
            assert not needed or used + reserved <= most
        self.open_now.add(id(got))
        return got

    @rule(reservation=consumes(reservation), tokens=st.integers(0, 60), cents=st.integers(0, 20))
    def settle(self, reservation: Reservation | None, tokens: int, cents: int) -> None:
        if reservation is not None:
            reservation.settle(Usage(tokens, 0), cents * CENT, produced=True)
            self.settled.append((reservation.at, tokens, cents * CENT))
            self.open_now.discard(id(reservation))
            reservation.settle(Usage(9, 9), CENT, produced=True)  # changes nothing

    @rule(reservation=consumes(reservation))
    def fail(self, reservation: Reservation | None) -> None:
        if reservation is not None:
            reservation.settle(None, None, produced=False)
            self.open_now.discard(id(reservation))

    @rule(seconds=st.floats(0, 40_000))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def reload(self) -> None:
        self.tracker.configure(self.limits)
        assert self.tracker.missing_history == ()

    def sums(self) -> list[tuple[int, int]]:
        return [(c.window.used, c.reserved) for c in self.tracker._counters.values()]

    @invariant()
    def what_is_used_is_what_was_settled_in_the_window(self) -> None:
        if not hasattr(self, "book"):
            return
        self.tracker.status()
        now = self.clock.now
        (tokens, held_tokens), (nano, held_nano) = self.sums()
        inside = sum(tokens for at, tokens, _ in self.settled if at > now - 60)
        around = sum(tokens for at, tokens, _ in self.settled if at > now - 61)
        today = now - now % (24 * 3600)
        assert inside <= tokens <= around
        assert nano == sum(nano for at, _, nano in self.settled if at >= today)
        assert min(held_tokens, held_nano) >= 0
        if not self.open_now:
            assert held_tokens == held_nano == 0


TestLife = Life.TestCase


@given(st.lists(st.tuples(st.integers(0, 100_000), st.integers(1, 5)), max_size=30))
def test_a_restart_changes_no_usage(attempts):
    """The ledger's rows add up to what was counted before."""
    clock = Clock()
    limits = [Limit(per=per, requests=10**6) for per in ("minute", "hour", "day", "month")]
    tracker, rows = tracker_of(clock, *limits), []
    for pause, cents in attempts:
        clock.now += pause / 1000
        use(tracker, cents * CENT)
        rows.append(row(clock.now, cost=cents * CENT))
    again = LimitTracker(clock, UTC)
    again.configure(limits)
    restore(again, *rows)
    assert numbers(again) == numbers(tracker)


@pytest.mark.parametrize(
    ("per", "passed"),
    [
        ("minute", datetime(2026, 11, 22, 15, 31, 1, tzinfo=UTC)),
        ("hour", datetime(2026, 11, 22, 16, 30, 10, tzinfo=UTC)),
        ("day", datetime(2026, 11, 23, tzinfo=UTC)),
        ("month", datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_limit_is_incomplete_until_its_window_has_passed_a_loss(clock, per, passed):
    """Lost attempts may have been within it."""
    clock.now = lost = datetime(2026, 11, 22, 15, 30, 0, 500_000, tzinfo=UTC).timestamp()
    losses = [-math.inf]
    tracker = LimitTracker(clock, UTC, lost_at=lambda: losses[-1])
    tracker.configure([Limit(per=per, requests=5)])
    restore(tracker)
    assert [status.incomplete for status in tracker.status()] == [False]
    losses.append(lost)
    states = []
    for clock.now in (lost, passed.timestamp() - 0.1, passed.timestamp()):
        states += [status.incomplete for status in tracker.status()]
    assert states == [True, True, False]
