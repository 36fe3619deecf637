"""The book of limits: examples, then whatever order things happen in."""

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

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
MIDNIGHT = NOON + 12 * 3600
CENT = 10**7
ASKING = LimitKey("anthropic", "default", "claude-x", "nvim")
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


def book_of(clock: Clock, *limits: Limit) -> LimitTracker:
    book = LimitTracker(clock, UTC)
    book.configure(limits)
    restore(book)
    return book


def restore(book: LimitTracker, *rows: ReplayedUsage) -> None:
    """Give every past that is awaited the same rows."""
    for past in book.missing_history:
        book.restore(past, rows)


def reserve(book: LimitTracker, cost: int | None = CENT, asking: LimitKey = ASKING) -> Reservation:
    held = book.reserve(asking, TEN, cost)
    assert isinstance(held, Reservation)
    return held


def use(book: LimitTracker, cost: int = CENT, asking: LimitKey = ASKING) -> tuple[LimitStatus, ...]:
    return reserve(book, cost, asking).settle(Usage(6, 4), cost, produced=True)


def numbers(book: LimitTracker) -> list[tuple[object, object]]:
    return [(row.used, row.reserved) for row in book.status()]


def row(at: float, requests: int = 1, tokens: int = 10, cost: int = CENT) -> ReplayedUsage:
    return ReplayedUsage(
        at=at,
        provider=ASKING.provider,
        model=ASKING.model,
        key=ASKING.key,
        client=ASKING.client,
        outcome="ok",
        requests=requests,
        input_tokens=tokens,
        output_tokens=0,
        cost_nano=cost,
    )


# ------------------------------------------------------------------ one request


def test_without_limits_everybody_may(clock):
    """Nothing is counted."""
    book = book_of(clock)
    assert book.check(ASKING, TEN, None) is None
    assert use(book) == ()
    assert book.status() == []


def test_what_was_reserved_is_replaced_by_what_was_used(clock):
    """Requests, tokens and money."""
    book = book_of(clock, Limit(per="day", requests=10, tokens=100, usd=Decimal(1)))
    held = reserve(book)
    assert numbers(book) == [(0, 1), (0, 10), ("0", "0.01")]
    held.settle(Usage(30, 5), 2 * CENT, produced=True)
    assert numbers(book) == [(1, 0), (35, 0), ("0.02", "0")]


def test_an_attempt_that_produced_nothing_is_a_request_and_nothing_else(clock):
    """Whatever it was said to take."""
    book = book_of(clock, Limit(per="day", requests=10, tokens=100, usd=Decimal(1)))
    reserve(book).settle(Usage(30, 5), CENT, produced=False)
    assert numbers(book) == [(1, 0), (0, 0), ("0", "0")]


def test_a_reservation_ends_once(clock):
    """What comes after changes nothing."""
    book = book_of(clock, Limit(per="day", requests=10, warn_at=0.1))
    held = reserve(book)
    assert len(held.settle(None, None, produced=True)) == 1
    assert held.settle(None, None, produced=True) == ()
    assert numbers(book) == [(1, 0)]


def test_at_the_limit_the_refusal_names_it(clock):
    """With what is used and when there is room again; `check` and `reserve` say the same."""
    book = book_of(clock, Limit(per="month", requests=100), Limit(per="minute", requests=2))
    use(book)
    clock.now += 10
    use(book)
    refused = book.check(ASKING, TEN, CENT)
    assert refused == book.reserve(ASKING, TEN, CENT)
    assert refused
    assert (refused.reason, refused.until) == ("limit_reached", NOON + 61)
    assert "everything: 2 requests a minute" in refused.message
    clock.now = NOON + 61
    assert book.check(ASKING, TEN, CENT) is None


def test_an_unknown_price_is_passed_over_only_under_a_limit_in_usd(clock):
    """Tokens can be counted without a price."""
    cheap = Limit(per="day", usd=Decimal(1), provider="anthropic")
    book = book_of(clock, Limit(per="day", tokens=100), cheap)
    refused = book.check(ASKING, TEN, None)
    assert refused
    assert refused.reason == "price_unknown"
    assert book.check(ASKING._replace(provider="openai"), TEN, None) is None


def test_what_costs_nothing_is_served_when_the_money_is_spent(clock):
    """A local model is the fallback of a spent budget; `usd = 0` allows nobody else."""
    book = book_of(clock, Limit(per="day", usd=Decimal(0)))
    assert book.check(ASKING, TEN, 0) is None
    assert book.check(ASKING, TEN, 1)


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
def test_a_limit_counts_those_who_agree_with_all_it_names(clock, limit, others):
    """Whoever differs in one of them is another."""
    book = book_of(clock, limit)
    use(book)
    assert book.check(ASKING, TEN, CENT)
    for name in LimitKey._fields:
        other = ASKING._replace(**{name: "another"})
        assert (book.check(other, TEN, CENT) is None) == (name in others)


def test_a_request_counts_when_it_was_sent(clock):
    """One that began before midnight is yesterday's; until its end what it reserved counts."""
    book = book_of(clock, DOLLAR_A_DAY)
    clock.now = MIDNIGHT - 1
    held = reserve(book)
    clock.now = MIDNIGHT + 1
    assert numbers(book) == [("0", "0.01")]
    held.settle(None, CENT, produced=True)
    assert numbers(book) == [("0", "0")]


def test_at_four_fifths_the_limit_is_news_once(clock):
    """Of what is used, not of what is reserved."""
    book = book_of(clock, DOLLAR_A_DAY)
    held = [reserve(book, 30 * CENT) for _ in range(3)]
    assert [h.settle(None, 30 * CENT, produced=True) for h in held[:2]] == [(), ()]
    news = held[2].settle(None, 30 * CENT, produced=True)
    assert [(n.limit, n.used, n.share) for n in news] == [
        ("everything: 1.00 USD a day", "0.9", 0.9)
    ]
    assert use(book) == ()


# ------------------------------------------------------------------ the configuration, the past


def test_the_past_is_asked_for_as_far_back_as_it_counts(clock):
    """The longest of the new windows; nothing where none is new."""
    book = LimitTracker(clock, UTC)
    day, hour = Limit(per="day", requests=9), Limit(per="hour", requests=9)
    asked = []
    for limits in ([], [hour], [day, hour], [day]):
        book.configure(limits)
        asked.append([past.since for past in book.missing_history])
        restore(book)
    assert asked == [[], [NOON - 3600], [NOON - 12 * 3600], []]


def test_after_a_restart_what_was_used_is_used(clock):
    """Attempt by attempt or in sums; what is too old does not count."""
    limits = [Limit(per="day", requests=99, usd=Decimal(1)), Limit(per="minute", tokens=99)]
    book = LimitTracker(clock, UTC)
    book.configure(limits)
    rows = (row(NOON - 13 * 3600), row(NOON - 7200, 5, 50, 5 * CENT), row(NOON - 30))
    restore(book, *rows)
    assert numbers(book) == [(6, 0), ("0.06", "0"), (10, 0)]


def test_a_row_from_the_future_counts_as_of_now(clock):
    """For one window: a clock that was once a year ahead does not close a limit for a year."""
    book = LimitTracker(clock, UTC)
    book.configure([Limit(per="minute", requests=1)])
    restore(book, row(NOON + 365 * 24 * 3600))
    assert book.check(ASKING, TEN, CENT)
    clock.now += 61
    assert book.check(ASKING, TEN, CENT) is None


def test_a_warning_is_not_given_again_after_a_restart(clock):
    """Whoever starts over four fifths has been told."""
    book = LimitTracker(clock, UTC)
    book.configure([DOLLAR_A_DAY])
    restore(book, row(NOON, cost=90 * CENT))
    assert use(book) == ()


def test_limits_that_stay_keep_what_they_counted(clock):
    """Also when there is more or less to be had; a new one begins with its past."""
    book = book_of(clock, DOLLAR_A_DAY, Limit(per="hour", requests=5))
    use(book)
    book.configure([Limit(per="day", usd=Decimal(2)), Limit(per="month", requests=5)])
    restore(book, row(NOON - 3600), row(NOON - 7200))
    assert numbers(book) == [("0.01", "0"), (2, 0)]
    assert [status.max for status in book.status()] == ["2", 5]


def test_what_is_under_way_counts_under_a_new_limit(clock):
    """And no more under one that is gone."""
    book = book_of(clock, Limit(per="hour", requests=5))
    held = reserve(book)
    book.configure([Limit(per="day", requests=5)])
    restore(book)
    assert numbers(book) == [(0, 1)]
    held.settle(None, None, produced=True)
    assert numbers(book) == [(1, 0)]


def test_what_ends_while_the_past_is_being_read_counts_by_itself(clock):
    """Be it begun before or after the limit was there; the rows are what had ended before."""
    book = book_of(clock)
    before = reserve(book)
    book.configure([Limit(per="day", requests=9)])
    during = reserve(book)
    for held in (before, during):
        held.settle(None, None, produced=True)
    restore(book, row(NOON - 60))
    assert numbers(book) == [(3, 0)]


def test_each_change_of_the_limits_has_its_own_past(clock):
    """A past that is not read yet waits beside the next one."""
    book = book_of(clock)
    short, long = Limit(per="minute", requests=9), Limit(per="day", requests=9)
    book.configure([short])
    reserve(book).settle(None, None, produced=True)
    book.configure([short, long])
    first, second = book.missing_history
    assert (first.since, second.since) == (NOON - 60, NOON - 12 * 3600)
    book.restore(first, [row(NOON - 30)])
    assert numbers(book) == [(2, 0), (0, 0)]
    book.restore(second, [row(NOON - 7200), row(NOON - 30), row(NOON)])
    assert numbers(book) == [(2, 0), (3, 0)]


def test_a_limit_whose_past_is_not_read_says_so(clock):
    """It counts from now on; the others are whole."""
    book = book_of(clock, DOLLAR_A_DAY)
    book.configure([DOLLAR_A_DAY, Limit(per="hour", requests=5)])
    assert [status.incomplete for status in book.status()] == [False, True]
    use(book)
    assert numbers(book) == [("0.01", "0"), (1, 0)]
    restore(book, row(NOON - 60))
    assert numbers(book) == [("0.01", "0"), (2, 0)]
    assert [status.incomplete for status in book.status()] == [False, False]


def test_a_limit_that_goes_before_its_past_is_there_is_gone(clock):
    """Nobody waits for it any more, and what comes late is for nobody."""
    book = book_of(clock)
    book.configure([DOLLAR_A_DAY])
    (past,) = book.missing_history
    book.configure([])
    assert book.missing_history == ()
    book.restore(past, [row(NOON)])
    assert not book.has_limits


# ------------------------------------------------------------------ the clock


def test_a_clock_set_back_leaves_a_minute_a_minute(clock):
    """It neither frees a limit nor closes it until the clock is where it was."""
    book = book_of(clock, Limit(per="minute", requests=1))
    use(book)
    clock.now -= 10 * 24 * 3600
    assert book.check(ASKING, TEN, CENT)
    clock.now += 61
    assert book.check(ASKING, TEN, CENT) is None


def test_a_request_under_way_while_the_clock_is_set_back_counts(clock):
    """As sent when it was, by the new clock."""
    book = book_of(clock, Limit(per="minute", requests=1))
    held = reserve(book)
    clock.now -= 7200
    held.settle(None, None, produced=True)
    assert numbers(book) == [(1, 0)]
    clock.now += 61
    assert numbers(book) == [(0, 0)]


def test_a_month_goes_by_in_sleep(clock):
    """A laptop that wakes up has a new month, and an empty minute."""
    book = book_of(clock, Limit(per="month", requests=1), Limit(per="minute", requests=1))
    use(book)
    clock.now += 40 * 24 * 3600
    assert numbers(book) == [(0, 0), (0, 0)]


# ------------------------------------------------------------------ bounds


def test_names_of_clients_do_not_fill_the_memory(clock):
    """They make up as many as they like."""
    book = book_of(clock, DOLLAR_A_DAY)
    for number in range(MAX_MATCHES + 10):
        book.check(ASKING._replace(client=str(number)), TEN, CENT)
    assert len(book._matches) <= MAX_MATCHES


def test_200_requests_at_once_do_not_overspend(clock):
    """However they are interleaved, no more is reserved and spent than there is."""
    book, held, served = book_of(clock, DOLLAR_A_DAY), [], 0
    chance = random.Random(5)  # noqa: S311 - dice
    for _ in range(200):
        got = book.reserve(ASKING, TEN, chance.randint(1, 9) * CENT)
        if isinstance(got, Reservation):
            served += 1
            held.append(got)
        if held and chance.random() < 0.4:
            ended = held.pop(chance.randrange(len(held)))
            ended.settle(None, ended.amounts.nano, produced=True)
        status = book.status()[0]
        assert Decimal(status.used) + Decimal(status.reserved) <= 1
    assert 10 < served < 100


def test_a_book_says_how_much_it_has_to_do(clock):
    """Amounts that are limited, attempts under way."""
    book = book_of(clock, Limit(per="day", requests=5, tokens=50), DOLLAR_A_DAY)
    reserve(book)
    assert book.has_limits
    assert book.statistics() == {"limits": 3, "open": 1}
    assert repr(book) == "<LimitTracker of 3 amounts, 1 open reservations>"


# ------------------------------------------------------------------ whatever happens


class Life(RuleBasedStateMachine):
    """Requests begin, end and are given up in any order while time goes by."""

    held = Bundle("held")

    @initialize()
    def open(self) -> None:
        self.clock = Clock()
        self.limits = [Limit(per="minute", tokens=40), Limit(per="day", usd=Decimal("0.2"))]
        self.book = book_of(self.clock, *self.limits)
        self.settled: list[tuple[float, int, int]] = []
        self.open_now: set[int] = set()

    @rule(target=held, tokens=st.integers(0, 30), cents=st.integers(0, 10))
    def begin(self, tokens: int, cents: int) -> Reservation | None:
        expected = self.book.check(ASKING, tokens, cents * CENT)
        before = self.sums()
        got = self.book.reserve(ASKING, tokens, cents * CENT)
        if isinstance(got, Limited):
            assert got == expected
            assert self.sums() == before
            return None
        assert expected is None
        # Whatever was taken beyond the limit before: nothing is added to it.
        for needed, (used, reserved), most in zip(
            (tokens, cents * CENT), self.sums(), (40, 20 * CENT), strict=True
        ):
            assert not needed or used + reserved <= most
        self.open_now.add(id(got))
        return got

    @rule(held=consumes(held), tokens=st.integers(0, 60), cents=st.integers(0, 20))
    def settle(self, held: Reservation | None, tokens: int, cents: int) -> None:
        if held is not None:
            held.settle(Usage(tokens, 0), cents * CENT, produced=True)
            self.settled.append((held.at, tokens, cents * CENT))
            self.open_now.discard(id(held))
            held.settle(Usage(9, 9), CENT, produced=True)  # changes nothing

    @rule(held=consumes(held))
    def fail(self, held: Reservation | None) -> None:
        if held is not None:
            held.settle(None, None, produced=False)
            self.open_now.discard(id(held))

    @rule(seconds=st.floats(0, 40_000))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def reload(self) -> None:
        self.book.configure(self.limits)
        assert self.book.missing_history == ()

    def sums(self) -> list[tuple[int, int]]:
        return [(c.window.used, c.reserved) for c in self.book._counters.values()]

    @invariant()
    def what_is_used_is_what_was_settled_in_the_window(self) -> None:
        if not hasattr(self, "book"):
            return
        self.book.status()
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
def test_a_restart_changes_nothing(attempts):
    """What the ledger's rows make is what was counted as it happened."""
    clock = Clock()
    limits = [Limit(per=per, requests=10**6) for per in ("minute", "hour", "day", "month")]
    book, rows = book_of(clock, *limits), []
    for pause, cents in attempts:
        clock.now += pause / 1000
        use(book, cents * CENT)
        rows.append(row(clock.now, cost=cents * CENT))
    again = LimitTracker(clock, UTC)
    again.configure(limits)
    restore(again, *rows)
    assert numbers(again) == numbers(book)


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
    """What the ledger lost may have been within it, and one after another has passed it."""
    clock.now = lost = datetime(2026, 11, 22, 15, 30, 0, 500_000, tzinfo=UTC).timestamp()
    losses = [-math.inf]
    book = LimitTracker(clock, UTC, lost_at=lambda: losses[-1])
    book.configure([Limit(per=per, requests=5)])
    restore(book)
    assert [status.incomplete for status in book.status()] == [False]
    losses.append(lost)
    told = []
    for clock.now in (lost, passed.timestamp() - 0.1, passed.timestamp()):
        told += [status.incomplete for status in book.status()]
    assert told == [True, True, False]
