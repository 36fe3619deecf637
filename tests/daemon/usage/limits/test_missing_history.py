"""The history of a new limit: every attempt once, whoever counts it."""

from datetime import UTC

import pytest

from aircherd.config.model import LimitScope
from aircherd.usage.ledger.replay import ReplayedUsage
from aircherd.usage.limits.counter import CounterKey, LimitCounter
from aircherd.usage.limits.missing_history import MissingHistory, matches
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
    made = LimitCounter(CounterKey(LimitScope(provider="p"), "hour", "requests"), UTC)
    made.set_maximum(10, 0.8)
    made.window.advance(NOW)
    return made


def test_two_attempts_of_one_moment_are_two(counter):
    """Whatever else they have in common; who is not covered is none."""
    history = MissingHistory([counter], NOW - 3600)
    history.fill([row(NOW), row(NOW), row(NOW, provider="another")], NOW)
    assert counter.window.used == 2


def test_a_sum_counts_as_many_as_it_is_of(counter):
    """Rows may be of whole hours."""
    MissingHistory([counter], NOW - 3600).fill([row(NOW, requests=7)], NOW)
    assert counter.window.used == 7


def test_what_was_news_before_is_none_again(counter):
    """Not of the restart."""
    MissingHistory([counter], NOW - 3600).fill([row(NOW, requests=9)], NOW)
    assert not counter.must_notify(NOW)


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
    assert matches(scope, ASKING) is is_covered
