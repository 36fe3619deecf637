"""Cooldowns by provider and scope, bounded in number; each change is published at once.

    has, of, at, matching             the cooldowns of a provider, a scope, a call
    unreachable, cooldowns            providers that could not be reached; everything
    put, replace, note_probe, drop    changes; all but a probe are published
    tick, expire                      the effects of time

`CooldownManager` decides what cools. Nothing here waits. Durations are measured on a clock that
never jumps and goes on while the machine sleeps; after a sleep, network failures from before it are
dropped.
"""

from collections.abc import Callable
from heapq import nsmallest

from aircherd.config.model import Provider
from aircherd.providers.health.clocks import Clocks
from aircherd.providers.health.events import CooldownEvents
from aircherd.routing.cooldown_policy import Cooldown, expires_at
from aircherd.routing.cooldown_rules import CooldownScope
from aircherd.vocabulary.failure import FailureClass

ASLEEP_SECONDS = 30.0
"""Only in a sleep do the wall clock and the running clock drift apart by so much."""

MAX_SCOPES = 1000
"""Per provider: clients may make up model names, and each is missing separately."""

PROVIDER: CooldownScope = ("provider", None, None)


class CooldownStore:
    """See the module. `events` publishes every change.

    `generation` grows with every change, including probes; `by_provider` has no entry for a
    provider without cooldowns.
    """

    def __init__(self, events: CooldownEvents, clocks: Clocks) -> None:
        self._events = events
        self._clocks = clocks
        self.by_provider: dict[str, dict[CooldownScope, Cooldown]] = {}
        self._origins: dict[str, str] = {}
        self._watchers: list[Callable[[], None]] = []
        self._drift = clocks.drift()
        self.generation = 0

    def watch(self, callback: Callable[[], None]) -> None:
        """Call `callback` after every change; it must neither wait nor raise."""
        self._watchers.append(callback)

    # -------------------------------------------------------------- reading

    def has(self, provider: str) -> bool:
        """Return whether a provider has any cooldown; mostly it has none."""
        return provider in self.by_provider

    def of(self, provider: str) -> list[Cooldown]:
        """Return all of one provider."""
        return list(self.by_provider.get(provider, {}).values())

    def at(self, provider: str, scope: CooldownScope) -> Cooldown | None:
        """Return the cooldown of a scope, None if it has none."""
        cold = self.by_provider.get(provider)
        return None if cold is None else cold.get(scope)

    def matching(self, provider: str, key: str | None, model: str) -> list[Cooldown]:
        """Return the cooldowns that apply to a call with this key and model."""
        cold = self.by_provider.get(provider, {})
        scopes: tuple[CooldownScope, ...]
        scopes = (PROVIDER, ("key", key, None), ("model", None, model), ("key+model", key, model))
        return [cooldown for scope in scopes if (cooldown := cold.get(scope))]

    def unreachable(self) -> list[tuple[str, Cooldown]]:
        """Return the unreachable providers, each with its cooldown."""
        found = ((name, cold.get(PROVIDER)) for name, cold in self.by_provider.items())
        return [(name, cooldown) for name, cooldown in found if cooldown]

    def cooldowns(self) -> list[tuple[str, str, Cooldown]]:
        """Return all cooldowns, with the name and origin of the provider."""
        return [
            (name, self._origins[name], cooldown)
            for name, cold in self.by_provider.items()
            for cooldown in cold.values()
        ]

    # -------------------------------------------------------------- changing

    def put(self, provider: Provider, cooldown: Cooldown) -> None:
        """Set the cooldown of its scope; where there are too many, drop some."""
        cold = self.by_provider.setdefault(provider.name, {})
        if cooldown.scope not in cold and len(cold) >= MAX_SCOPES:
            self._drop_some(provider.name, cold)
        cold[cooldown.scope] = cooldown
        self.generation += 1
        self._origins[provider.name] = provider.origin
        self._changed(provider.name, cooldown.scope)

    def replace(self, provider: str, cooldown: Cooldown) -> None:
        """Replace the cooldown of a scope that has one."""
        self.by_provider[provider][cooldown.scope] = cooldown
        self.generation += 1
        self._changed(provider, cooldown.scope)

    def note_probe(self, provider: str, cooldown: Cooldown) -> None:
        """Replace a cooldown whose probe began or was given back, without publishing it."""
        self.by_provider[provider][cooldown.scope] = cooldown
        self.generation += 1

    def drop(self, provider: str, scope: CooldownScope) -> None:
        """Drop the cooldown of a scope, if it has one."""
        cold = self.by_provider.get(provider, {})
        if cold.pop(scope, None) is None:
            return
        self.generation += 1
        if not cold:
            del self.by_provider[provider]  # so that `has` is false again
        self._changed(provider, scope)

    def _drop_some(self, provider: str, cold: dict[CooldownScope, Cooldown]) -> None:
        """Drop the least important cooldowns of models, of these the first to end.

        Those of keys are bounded by the number of keys. A tenth at a time, because finding them
        takes a pass over all.
        """
        of_models = (each for each in cold.values() if each.model is not None)
        count = max(MAX_SCOPES // 10, 1)
        for first in nsmallest(count, of_models, key=_worth):
            self.drop(provider, first.scope)

    def _changed(self, provider: str, scope: CooldownScope) -> None:
        self._publish(provider, scope)
        for callback in self._watchers:
            callback()

    def _publish(self, provider: str, scope: CooldownScope) -> None:
        self._events.publish(provider, scope, self.at(provider, scope))

    # -------------------------------------------------------------- time

    def tick(self) -> float:
        """Return the current tick; after a sleep, first drop network failures from before it."""
        drift = self._clocks.drift()
        if abs(drift - self._drift) > ASLEEP_SECONDS:
            for name, cooldown in self.unreachable():
                self.drop(name, cooldown.scope)
        self._drift = drift
        return self._clocks.ticks()

    def expire(self) -> float | None:
        """Publish and drop what has ended; return the seconds until the next end."""
        now = self.tick()
        for name, _, cooldown in self.cooldowns():
            if now >= expires_at(cooldown):
                self.drop(name, cooldown.scope)
            else:
                self._publish(name, cooldown.scope)
        ends = [_next_change(each, now) for _, _, each in self.cooldowns()]
        return min(ends) - now if ends else None

    def __repr__(self) -> str:
        return (
            f"<CooldownStore {sum(map(len, self.by_provider.values()))} of {len(self.by_provider)}>"
        )


def _worth(cooldown: Cooldown) -> tuple[bool, bool, float]:
    """Return the importance of a cooldown: least for a missing model, most where a vendor set it.

    Missing models cool for minutes and rate limits for seconds, so that by time alone made-up names
    would displace rate limits.
    """
    is_missing = cooldown.kind is FailureClass.MODEL
    return cooldown.is_vendor_time, not is_missing, cooldown.ends_at


def _next_change(cooldown: Cooldown, now: float) -> float:
    return cooldown.ends_at if now < cooldown.ends_at else expires_at(cooldown)
