"""Events of cooldowns are published once."""

from aircherd.events import Event, EventBus
from aircherd.providers.health.events import CooldownEvents
from aircherd.routing.cooldown_policy import start_cooldown
from aircherd.routing.cooldown_rules import CooldownScope
from aircherd.vocabulary.failure import FailureClass
from helpers.cooling import WALL, Time, failed

PLACE: CooldownScope = ("key", "work", None)


def test_only_changes_are_published():
    """It cools, still cools, is over: two events, however often it is checked."""
    time, bus, rig = Time(), EventBus(), list[Event]()
    news = CooldownEvents(bus, time.clocks)
    cooldown = start_cooldown(
        None, failed(FailureClass.RATE, "slow"), PLACE, now=time.ticks, jitter=0
    )
    with bus.subscribed(("provider",), rig.append):
        news.publish("p", PLACE, None)
        news.publish("p", PLACE, cooldown)
        time.wall += 7
        news.publish("p", PLACE, cooldown)
        time.passes(1)
        news.publish("p", PLACE, cooldown)
        news.publish("p", PLACE, None)
    who = {"provider": "p", "key": "work"}
    assert [event.data for event in rig] == [
        {**who, "health": "cooling", "health_reason": "slow", "until": WALL + 1},
        {**who, "health": "ok"},
    ]


def test_an_unreachable_provider_has_no_end():
    """It stays unreachable until a call reaches it, at an unknown time."""
    time = Time()
    news = CooldownEvents(EventBus(), time.clocks)
    place: CooldownScope = ("provider", None, None)
    made = start_cooldown(None, failed(FailureClass.NETWORK), place, now=time.ticks, jitter=0)
    assert news.row("p", made)["until"] == WALL + 5
    time.passes(5)
    assert news.row("p", made) == {
        "provider": "p",
        "health": "unreachable",
        "health_reason": "why",
    }
