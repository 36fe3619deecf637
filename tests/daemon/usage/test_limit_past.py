"""The past of a new limit: every attempt once, whoever counts it."""

from datetime import UTC

import pytest

from aircherd.config.model import Scope
from aircherd.usage.limit_counter import Counted, LimitCounter
from aircherd.usage.limit_past import AwaitedPast, covers
from aircherd.usage.reservation import Amounts, Asking, Reservation
from aircherd.usage.spent import Spent

NOW = 1_700_000_000.1234567
ASKING = Asking("p", None, "m", "c")


def row(at: float, *, client: str = "c", requests: int = 1) -> Spent:
    return Spent(
        at=at,
        provider="p",
        model="m",
        key=None,
        client=client,
        outcome="ok",
        requests=requests,
        input_tokens=0,
        output_tokens=0,
        cost_nano=0,
    )


def under_way(at: float) -> Reservation:
    return Reservation(ASKING, Amounts(1, 0, 0), at, (), lambda _held, _used: ())


@pytest.fixture
def counter() -> LimitCounter:
    made = LimitCounter(Counted(Scope(provider="p"), "hour", "requests"), UTC)
    made.allow(10, 0.8)
    made.sum.forget(NOW)
    return made


def test_what_is_counted_as_it_ends_is_left_out_of_the_rows(counter):
    """Known again by its millisecond, for the ledger keeps no less."""
    past = AwaitedPast([counter], NOW - 3600, [under_way(NOW - 5), under_way(NOW)])
    past.fill([row(round(at, 3)) for at in (NOW - 9, NOW - 5, NOW)], NOW)
    assert counter.sum.used == 1


def test_two_attempts_of_one_moment_are_two(counter):
    """One of them is counted already, and one is not."""
    past = AwaitedPast([counter], NOW - 3600, [under_way(NOW)])
    past.fill([row(NOW), row(NOW), row(NOW, client="another")], NOW)
    assert counter.sum.used == 2


def test_a_sum_counts_as_many_as_it_is_of(counter):
    """Rows may be of whole hours."""
    AwaitedPast([counter], NOW - 3600, []).fill([row(NOW, requests=7)], NOW)
    assert counter.sum.used == 7


def test_what_was_news_before_is_none_again(counter):
    """Not of the restart."""
    AwaitedPast([counter], NOW - 3600, []).fill([row(NOW, requests=9)], NOW)
    assert not counter.is_news(NOW)


@pytest.mark.parametrize(
    ("scope", "is_covered"),
    [
        (Scope(), True),
        (Scope(provider="p"), True),
        (Scope(provider="p", model="m", client="c"), True),
        (Scope(provider="p", key="work"), False),
        (Scope(client="C"), False),
    ],
)
def test_a_scope_covers_who_agrees_with_all_it_names(scope, is_covered):
    """To the letter."""
    assert covers(scope, ASKING) is is_covered
