"""Cooldowns as they are sent to clients."""

import pytest

from aircherd.providers.health.summary import (
    best_health,
    cooling_of,
    health_data,
    health_of,
    reason_of,
    scope_data,
    worst,
)
from aircherd.routing.cooldown_policy import Cooldown, start_cooldown
from aircherd.routing.cooldown_rules import CooldownScope
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import Health
from helpers.cooling import failed

NOW = 100.0
KEY: CooldownScope = ("key", "work", None)
MODEL: CooldownScope = ("model", None, "m")


def cooldown(kind: FailureClass, place: CooldownScope = KEY) -> Cooldown:
    return start_cooldown(None, failed(kind), place, now=NOW, jitter=0)


def test_health_data():
    """Without a reason there is no field for it."""
    assert health_data(Health.OK) == {"health": "ok"}
    published = {"health": "cooling", "health_reason": "slow", "until": 9.0}
    assert published == health_data(Health.COOLING, "slow", 9.0)
    assert health_data(Health.UNREACHABLE, "gone") == {
        "health": "unreachable",
        "health_reason": "gone",
    }


def test_scope_data_names_what_is_cooling():
    """And nothing else."""
    assert scope_data("p", KEY) == {"provider": "p", "key": "work"}
    assert scope_data("p", MODEL) == {"provider": "p", "model": "m"}
    assert scope_data("p", ("provider", None, None)) == {"provider": "p"}


@pytest.mark.parametrize(
    ("kind", "place", "during", "after"),
    [
        (FailureClass.RATE, KEY, Health.COOLING, Health.OK),
        (FailureClass.QUOTA, KEY, Health.QUOTA_EXHAUSTED, Health.OK),
        (FailureClass.SERVER, MODEL, Health.COOLING, Health.OK),
        (
            FailureClass.NETWORK,
            ("provider", None, None),
            Health.UNREACHABLE,
            Health.UNREACHABLE,
        ),
    ],
)
def test_health(kind, place, during, after):
    """An unreachable provider stays so even when it may be tried again."""
    made = cooldown(kind, place)
    assert (health_of(made, NOW), health_of(made, made.until)) == (during, after)


def test_the_worst_counts():
    """Unreachable, then exhausted, then cooling; then the last to end; never a missing model."""
    rate, quota = cooldown(FailureClass.RATE), cooldown(FailureClass.QUOTA)
    overloaded, missing = cooldown(FailureClass.OVERLOADED, MODEL), cooldown(FailureClass.MODEL)
    assert worst([rate, quota, overloaded, missing], NOW) == quota
    assert worst([rate, overloaded, missing], NOW) == overloaded
    assert worst([missing], NOW) is None
    assert worst([rate], rate.until) is None


def test_the_model_is_named_where_the_row_is_about_more():
    """The row of a key says which of its models is overloaded."""
    assert reason_of(cooldown(FailureClass.OVERLOADED, MODEL)) == "m: why"
    assert reason_of(cooldown(FailureClass.QUOTA)) == "why"


def test_a_plan_gets_the_last_to_end():
    """A call returns when nothing blocks it; what is over blocks nothing."""
    rate, quota = cooldown(FailureClass.RATE), cooldown(FailureClass.QUOTA)
    published = cooling_of([rate, quota], NOW, lambda each: each.ends_at + 1)
    assert (published.reason, published.until, published.message) == (
        "quota_exhausted",
        quota.ends_at + 1,
        "why",
    )
    assert (published.is_probe_due, published.is_guess) == (False, True)
    assert cooling_of([rate, quota], quota.ends_at, lambda _: None) is None


def test_a_probe_is_due_if_every_cooldown_allows_it():
    """One that still cools prevents it; with a vendor's time it is no guess."""
    quota = cooldown(FailureClass.QUOTA)
    server = start_cooldown(
        None, failed(FailureClass.SERVER, retry_after=1e3), MODEL, now=quota.probe_at, jitter=0
    )
    assert cooling_of([quota], quota.probe_at, lambda _: None).is_probe_due
    both = cooling_of([quota, server], quota.probe_at, lambda _: None)
    assert (both.is_probe_due, both.is_guess) == (False, False)


def test_a_provider_is_as_healthy_as_its_best_key():
    """One healthy key is enough; else the first to return counts."""
    ok = (Health.OK, None, None)
    late, soon = (Health.COOLING, "a", 9.0), (Health.COOLING, "b", 5.0)
    spent = (Health.QUOTA_EXHAUSTED, "c", 1.0)
    assert best_health([spent, late, ok]) == ok
    assert best_health([spent, late, soon]) == soon
    assert best_health([]) == ok
