"""Cooldowns are bounded in number and time, and every change is published."""

import msgspec
import pytest

from aircherd.events import Event, EventBus
from aircherd.providers.health import store
from aircherd.providers.health.events import CooldownEvents
from aircherd.providers.health.store import PROVIDER, CooldownStore
from aircherd.routing.cooldown_policy import Cooldown, start_cooldown
from aircherd.routing.cooldown_rules import CooldownScope
from aircherd.vocabulary.failure import FailureClass
from helpers.cooling import Time, failed
from helpers.providers.provider_calls import a_provider

OPENAI, OLLAMA = a_provider("openai"), a_provider("ollama")
QUOTA, NETWORK, OVERLOADED = FailureClass.QUOTA, FailureClass.NETWORK, FailureClass.OVERLOADED
KEY: CooldownScope = ("key", "work", None)
MODEL: CooldownScope = ("model", None, "m")


class Rig:
    """A store, its clocks, what it published, and how often a watcher was called."""

    def __init__(self) -> None:
        self.time = Time()
        bus = EventBus(lambda: self.time.wall)
        self.events: list[Event] = []
        self._subscription = bus.subscribed(("provider",), self.events.append)
        self._subscription.__enter__()  # for as long as the bus lives
        self.store = CooldownStore(CooldownEvents(bus, self.time.clocks), self.time.clocks)
        self.changes = 0
        self.store.watch(self._count)

    def _count(self) -> None:
        self.changes += 1

    def cooled(
        self, kind: FailureClass, place: CooldownScope, seconds: float | None = None
    ) -> Cooldown:
        failure = failed(kind, retry_after=seconds)
        return start_cooldown(None, failure, place, now=self.time.ticks, jitter=0.0)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_call_matches_the_scopes_of_its_key_and_model(rig):
    """The provider, the key, the model and both together; no other key or model."""
    mine = [PROVIDER, KEY, MODEL, ("key+model", "work", "m")]
    for place in [*mine, ("key", "home", None), ("key+model", "work", "n")]:
        rig.store.put(OPENAI, rig.cooled(QUOTA, place))
    assert [each.scope for each in rig.store.matching("openai", "work", "m")] == mine
    assert rig.store.matching("ollama", "work", "m") == []
    assert len(rig.store.of("openai")) == 6


def test_a_provider_without_cooldowns_is_forgotten(rig):
    """Dropping from an unknown provider does nothing."""
    rig.store.drop("openai", KEY)
    rig.store.put(OPENAI, rig.cooled(QUOTA, KEY))
    assert rig.store.has("openai")
    rig.store.drop("openai", MODEL)
    rig.store.drop("openai", KEY)
    assert not rig.store.has("openai")
    assert (rig.store.of("openai"), rig.store.cooldowns()) == ([], [])
    assert rig.changes == 2


def test_cooldowns_have_the_origin_of_the_provider(rig):
    """So that another server of the same name does not inherit them after a restart."""
    cooldown = rig.cooled(QUOTA, KEY)
    rig.store.put(OLLAMA, cooldown)
    assert rig.store.cooldowns() == [("ollama", OLLAMA.origin, cooldown)]


def test_watchers_hear_changes_but_not_probes(rig):
    """A probe takes seconds: saving it would be useless."""
    rig.store.put(OPENAI, rig.cooled(QUOTA, KEY))
    probe = msgspec.structs.replace(rig.cooled(QUOTA, KEY), probed_at=rig.time.ticks)
    rig.store.note_probe("openai", probe)
    assert (rig.changes, rig.store.at("openai", KEY)) == (1, probe)
    longer = rig.cooled(QUOTA, KEY, 7200)
    rig.store.replace("openai", longer)
    assert (rig.changes, rig.store.at("openai", KEY)) == (2, longer)
    assert len(rig.events) == 2


@pytest.mark.parametrize("seconds", [7200, 5, None])
def test_made_up_models_are_bounded(rig, monkeypatch, seconds):
    """The first to end goes; the rate limit of a real one stays, and so do those of keys."""
    monkeypatch.setattr(store, "MAX_SCOPES", 5)
    real: CooldownScope = ("key+model", "work", "real")
    rig.store.put(OPENAI, rig.cooled(FailureClass.RATE, real, seconds))
    rig.store.put(OPENAI, rig.cooled(QUOTA, KEY, 1))
    made_up: list[CooldownScope] = [("key+model", "work", f"x{number}") for number in range(100)]
    for place in made_up:
        rig.store.put(OPENAI, rig.cooled(FailureClass.MODEL, place))
        rig.time.passes(0.1)
    assert {each.scope for each in rig.store.of("openai")} == {real, KEY, *made_up[-3:]}


def test_a_vendor_time_is_dropped_last(rig, monkeypatch):
    """However soon it ends; of the guesses, missing models go first."""
    monkeypatch.setattr(store, "MAX_SCOPES", 2)
    by_vendor, guessed, missing = [
        ("key+model", "work", name) for name in ("vendor", "guessed", "gone")
    ]
    rig.store.put(OPENAI, rig.cooled(OVERLOADED, by_vendor, 1))
    rig.store.put(OPENAI, rig.cooled(FailureClass.MODEL, missing))
    rig.store.put(OPENAI, rig.cooled(OVERLOADED, guessed))
    assert {each.scope for each in rig.store.of("openai")} == {by_vendor, guessed}
    rig.store.put(OPENAI, rig.cooled(FailureClass.MODEL, missing))
    assert {each.scope for each in rig.store.of("openai")} == {by_vendor, missing}


def test_waking_from_sleep_forgets_the_network(rig):
    """And nothing else: a quota lasts through the night, less the night."""
    quota = rig.cooled(QUOTA, KEY)
    rig.store.put(OPENAI, rig.cooled(NETWORK, PROVIDER))
    rig.store.put(OLLAMA, quota)
    rig.store.tick()
    assert [name for name, _ in rig.store.unreachable()] == ["openai"]
    rig.time.sleeps(31)
    assert rig.store.tick() == rig.time.ticks
    assert [each for _, _, each in rig.store.cooldowns()] == [quota]
    assert rig.store.unreachable() == []


def test_an_end_by_time_is_published_too(rig):
    """By `expire`; the failure count is dropped later."""
    assert rig.store.expire() is None
    rig.store.put(OPENAI, rig.cooled(OVERLOADED, MODEL))
    assert rig.store.expire() == 5
    rig.time.passes(5)
    assert rig.store.expire() == 600
    assert rig.events[-1].data == {"provider": "openai", "model": "m", "health": "ok"}
    rig.time.passes(600)
    assert rig.store.expire() is None
    assert rig.store.cooldowns() == []
    assert len(rig.events) == 2


def test_repr_counts(rig):
    """How many scopes of how many providers."""
    rig.store.put(OPENAI, rig.cooled(QUOTA, KEY))
    rig.store.put(OPENAI, rig.cooled(OVERLOADED, MODEL))
    assert repr(rig.store) == "<CooldownStore 2 of 1>"
