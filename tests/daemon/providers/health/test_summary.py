"""Cooldowns in the form in which they travel."""

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


def test_health_as_it_travels():
    """A reason is named for what it explains, and missing scope_data there is none."""
    assert health_data(Health.OK) == {"health": "ok"}
    told = {"health": "cooling", "health_reason": "slow", "until": 9.0}
    assert told == health_data(Health.COOLING, "slow", 9.0)
    assert health_data(Health.UNREACHABLE, "gone") == {
        "health": "unreachable",
        "health_reason": "gone",
    }


def test_a_place_names_what_it_is_about():
    """And nothing that it is not about."""
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
    """Who could not be reached is not known to be there when he may be asked again."""
    made = cooldown(kind, place)
    assert (health_of(made, NOW), health_of(made, made.until)) == (during, after)


def test_the_worst_is_told():
    """Unreachable before used up before cooling; then the last to end; a missing model never."""
    rate, quota = cooldown(FailureClass.RATE), cooldown(FailureClass.QUOTA)
    overloaded, missing = cooldown(FailureClass.OVERLOADED, MODEL), cooldown(FailureClass.MODEL)
    assert worst([rate, quota, overloaded, missing], NOW) == quota
    assert worst([rate, overloaded, missing], NOW) == overloaded
    assert worst([missing], NOW) is None
    assert worst([rate], rate.until) is None


def test_the_model_is_named_where_the_row_is_about_more():
    """The key's row says which of its models is overloaded."""
    assert reason_of(cooldown(FailureClass.OVERLOADED, MODEL)) == "m: why"
    assert reason_of(cooldown(FailureClass.QUOTA)) == "why"


def test_a_plan_is_told_of_the_last_to_end():
    """A call comes back when nothing keeps it out any more; what is over keeps nobody out."""
    rate, quota = cooldown(FailureClass.RATE), cooldown(FailureClass.QUOTA)
    told = cooling_of([rate, quota], NOW, lambda each: each.ends_at + 1)
    assert (told.reason, told.until, told.message) == ("quota_exhausted", quota.ends_at + 1, "why")
    assert (told.is_probe_due, told.is_guess) == (False, True)
    assert cooling_of([rate, quota], quota.ends_at, lambda _: None) is None


def test_a_probe_is_due_where_all_would_let_it_through():
    """One that still cools keeps it back; one whose time a vendor named makes it no guess."""
    quota = cooldown(FailureClass.QUOTA)
    server = start_cooldown(
        None, failed(FailureClass.SERVER, retry_after=1e3), MODEL, now=quota.probe_at, jitter=0
    )
    assert cooling_of([quota], quota.probe_at, lambda _: None).is_probe_due
    both = cooling_of([quota, server], quota.probe_at, lambda _: None)
    assert (both.is_probe_due, both.is_guess) == (False, False)


def test_a_provider_is_as_well_as_its_best_key():
    """One that serves is enough; else the one that comes back first."""
    ok = (Health.OK, None, None)
    late, soon = (Health.COOLING, "a", 9.0), (Health.COOLING, "b", 5.0)
    spent = (Health.QUOTA_EXHAUSTED, "c", 1.0)
    assert best_health([spent, late, ok]) == ok
    assert best_health([spent, late, soon]) == soon
    assert best_health([]) == ok
