"""Restoring the history of new limits."""

from datetime import UTC

import pytest

from aircherd.config.model import LimitScope
from aircherd.usage.ledger.replay import ReplayedUsage
from aircherd.usage.limits.counter import CounterKey, LimitCounter
from aircherd.usage.limits.missing_history import MissingHistory, matches
from aircherd.usage.limits.reservation import LimitKey

NOW = 1_700_000_000.1234567
KEY = LimitKey("p", None, "m", "c")


def row(
    at: float, *, provider: str = "p", requests: int = 1, is_margin: bool = False
) -> ReplayedUsage:
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
        is_margin=is_margin,
    )


@pytest.fixture
def counter() -> LimitCounter:
    made = LimitCounter(CounterKey(LimitScope(provider="p"), "hour", "requests"), UTC)
    made.set_maximum(10, 0.8)
    made.window.advance(NOW)
    return made


def test_simultaneous_attempts_count_separately(counter):
    """Attempts outside of the scope do not count."""
    history = MissingHistory([counter], NOW - 3600)
    history.fill([row(NOW), row(NOW), row(NOW, provider="another")], NOW)
    assert counter.window.used == 2


def test_a_sum_counts_all_of_its_attempts(counter):
    """Rows may cover whole hours."""
    MissingHistory([counter], NOW - 3600).fill([row(NOW, requests=7)], NOW)
    assert counter.window.used == 7


def test_a_margin_is_part_of_what_is_used_until_it_leaves_the_window(counter):
    """`limits.status` shows it apart."""
    rows = [row(NOW - 60, requests=7), row(NOW - 60, requests=2, is_margin=True)]
    MissingHistory([counter], NOW - 3600).fill(rows, NOW)
    assert (counter.status().used, counter.status().margin) == (9, 2)
    counter.window.advance(NOW + 3600)
    assert (counter.status().used, counter.status().margin) == (0, 0)


def test_restored_usage_causes_no_notification(counter):
    """The user was notified before the restart."""
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
        (LimitScope(client="*@*"), False),
        (LimitScope(project="/a"), False),
    ],
)
def test_a_scope_matches_keys_that_agree_with_all_it_names(scope, is_covered):
    """Exactly, including case."""
    assert matches(scope, KEY) is is_covered


@pytest.mark.parametrize(
    ("client", "is_covered"), [("vim@box", True), ("*@box", True), ("*@*", True), ("*@b", False)]
)
def test_a_scope_may_name_all_clients_at_a_host(client, is_covered):
    """Those on other machines are called `client@host`."""
    key = KEY._replace(client="vim@box")
    assert matches(LimitScope(provider="p", client=client), key) is is_covered
    assert not matches(LimitScope(provider="q", client=client), key)
