"""The past of a new limit: every attempt once, whoever counts it."""

from datetime import UTC

import pytest

from aircherd.config.model import LimitScope
from aircherd.usage.ledger.replay import ReplayedUsage
from aircherd.usage.limits.awaited_past import AwaitedPast, covers
from aircherd.usage.limits.counter import Counted, LimitCounter
from aircherd.usage.limits.reservation import LimitKey

NOW = 1_700_000_000.1234567
ASKING = LimitKey("p", None, "m", "c")


def row(at: float, *, provider: str = "p", requests: int = 1) -> ReplayedUsage:
    return ReplayedUsage(
        at=at,
        provider=provider,
        model="m",
        key=None,
        client="c",
        outcome="ok",
        requests=requests,
        input_tokens=0,
        output_tokens=0,
        cost_nano=0,
    )


@pytest.fixture
def counter() -> LimitCounter:
    made = LimitCounter(Counted(LimitScope(provider="p"), "hour", "requests"), UTC)
    made.allow(10, 0.8)
    made.sum.forget(NOW)
    return made


def test_two_attempts_of_one_moment_are_two(counter):
    """Whatever else they have in common; who is not covered is none."""
    past = AwaitedPast([counter], NOW - 3600)
    past.fill([row(NOW), row(NOW), row(NOW, provider="another")], NOW)
    assert counter.sum.used == 2


def test_a_sum_counts_as_many_as_it_is_of(counter):
    """Rows may be of whole hours."""
    AwaitedPast([counter], NOW - 3600).fill([row(NOW, requests=7)], NOW)
    assert counter.sum.used == 7


def test_what_was_news_before_is_none_again(counter):
    """Not of the restart."""
    AwaitedPast([counter], NOW - 3600).fill([row(NOW, requests=9)], NOW)
    assert not counter.is_news(NOW)


@pytest.mark.parametrize(
    ("scope", "is_covered"),
    [
        (LimitScope(), True),
        (LimitScope(provider="p"), True),
        (LimitScope(provider="p", model="m", client="c"), True),
        (LimitScope(provider="p", key="work"), False),
        (LimitScope(client="C"), False),
    ],
)
def test_a_scope_covers_who_agrees_with_all_it_names(scope, is_covered):
    """To the letter."""
    assert covers(scope, ASKING) is is_covered
