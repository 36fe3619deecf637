"""Tracks what cools down: reported to after each call, asked before each.

    note_ok, note_failure    after every call, at once
    cooling, health          for plans and people; one lookup where nothing cools
    try_probe, give_back     right before a call: whether it may be made; it was not made after all
    clear, note_*            end a cooldown early, each by what was observed
    learn, learn_left        what other machines of the fleet have seen, under `[shared]`

`routing.cooldown_policy` decides, `CooldownStore` remembers. Only `take_probe` waits: in a fleet,
one of its machines probes. Durations are measured on a clock that never jumps; `until`, for people,
is the time left added to the wall clock.
"""

import random
from collections.abc import Callable, Iterable
from typing import Protocol

import trio

from aircherd.config.model import Provider
from aircherd.events import EventBus
from aircherd.providers.health.clocks import CLOCKS, Clocks
from aircherd.providers.health.events import CooldownEvents
from aircherd.providers.health.store import PROVIDER, CooldownStore
from aircherd.providers.health.summary import cooling_of, health_of, reason_of, worst
from aircherd.routing.cooldown_policy import (
    Cooldown,
    add_learned,
    cooldown_if_exhausted,
    end_early,
    is_cleared_by,
    start_cooldown,
)
from aircherd.routing.cooldown_rules import CooldownScope, is_key_exhausted, make_scope, scope_of
from aircherd.routing.probes import (
    may_be_probe,
    probe_state,
    release_probe,
    start_probe,
    wait_for_probe,
)
from aircherd.vocabulary.availability import Cooling, RateLimitState
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey, Health
from aircherd.vocabulary.secret import Secret

SAYS_NOTHING = frozenset(
    {FailureClass.NETWORK, FailureClass.TIMEOUT, FailureClass.PROTOCOL, FailureClass.TRUNCATED}
)
"""Failures that do not prove that the provider was reached: a proxy in between may cause them."""

LimitReader = Callable[[], RateLimitState | None]
"""Reads what is left from a response's headers; deferred, because that is slow."""

HealthState = tuple[Health, str | None, float | None]
"""A health, the reason where it is not `ok`, and the Unix time of its end where that is known."""


class Fleet(Protocol):
    """The other machines: `health.fleet` under `[shared]`. Only `claim` waits."""

    def note_cooling(self, provider: Provider, cooldown: Cooldown, key: Secret | None) -> None:
        """A scope began to cool, or cools for longer, by a call with `key`."""

    def note_end(self, provider: str, cooldown: Cooldown, began: float | None) -> None:
        """A cooldown is over early, by what began at this tick; None: now."""

    def note_left(self, provider: str, key: str | None) -> None:
        """A response said what is left of a key."""

    def note_returned(self, provider: str, cooldown: Cooldown) -> None:
        """A probe has shown nothing."""

    def note_key(self, provider: Provider, key: ApiKey) -> None:
        """A request is about to use this key."""

    async def claim(self, provider: str, cooldown: Cooldown, seconds: float) -> bool:
        """Return whether this machine may probe, for at most so long."""


class CooldownManager:
    """See the module. A provider that was never called is `ok`."""

    fleet: Fleet | None = None

    def __init__(
        self,
        bus: EventBus,
        *,
        clocks: Clocks = CLOCKS,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._events = CooldownEvents(bus, clocks)
        self._clocks = clocks
        self._jitter = jitter
        self.store = CooldownStore(self._events, clocks)
        self._cold = self.store.by_provider
        self._limits: dict[tuple[str, str | None], RateLimitState | LimitReader] = {}
        self._claims: dict[tuple[str, CooldownScope], trio.Event] = {}

    def has(self, provider: str) -> bool:
        """Return whether anything of a provider cools, or did lately; mostly not."""
        return provider in self._cold

    def now(self) -> float:
        """Return the tick; a call records it before it is sent, as `began`."""
        return self._clocks.ticks()

    # -------------------------------------------------------------- for plans

    @property
    def is_calm(self) -> bool:
        """Whether no provider cools, has cooled lately, or could not be reached."""
        return not self._cold

    @property
    def generation(self) -> int:
        """A number that grows with every change of what cools; what time alone ends does not.

        Where it is the same and `is_calm`, `cooling` returns None and `try_probe` True as before.
        """
        return self.store.generation

    def cooling(self, provider: str, key: str | None, model: str) -> Cooling | None:
        """Return why a call is blocked now, None if it is not."""
        if not self.store.has(provider):
            return None
        now = self.store.tick()
        return cooling_of(self.store.matching(provider, key, model), now, self._events.until)

    def try_probe(self, provider: str, key: str | None, model: str) -> bool:
        """Return whether a call may be made right now; if it is a probe, others wait for it.

        Call this once for each call, immediately before it.
        """
        if not self.store.has(provider):
            return True
        now = self.store.tick()
        matching = self.store.matching(provider, key, model)
        if any(probe_state(cooldown, now) == "cooling" for cooldown in matching):
            return False
        for cooldown in matching:
            self.store.note_probe(provider, start_probe(cooldown, now))
        return True

    async def take_probe(self, provider: str, key: str | None, model: str) -> bool:
        """Do as `try_probe`, in a fleet: one of its machines probes, and the others wait for it.

        Waits only if a probe is due, for at most `health.fleet.exchange.CLAIM_SECONDS`.
        """
        if self.fleet is None or not (due := self._due_probes(provider, key, model)):
            return self.try_probe(provider, key, model)
        for cooldown, seconds in due:
            claim = (provider, cooldown.scope)
            if (pending := self._claims.get(claim)) is not None:
                await pending.wait()
                return self.try_probe(provider, key, model)
            self._claims[claim] = trio.Event()
            try:
                may_probe = await self.fleet.claim(provider, cooldown, seconds)
                if not may_probe and self.store.at(provider, cooldown.scope) is cooldown:
                    now = self.store.tick()
                    self.store.note_probe(provider, wait_for_probe(cooldown, now))
            finally:
                self._claims.pop(claim).set()
        return self.try_probe(provider, key, model)

    def _due_probes(
        self, provider: str, key: str | None, model: str
    ) -> list[tuple[Cooldown, float]]:
        """Return the cooldowns that a call would probe now, each with the seconds of its probe."""
        if not (matching := self.store.matching(provider, key, model)):
            return []
        now = self.store.tick()
        if any(probe_state(cooldown, now) == "cooling" for cooldown in matching):
            return []
        probes = [(each, start_probe(each, now)) for each in matching]
        return [(each, probe.probe_at - now) for each, probe in probes if probe is not each]

    def give_back(
        self, provider: str, key: str | None, model: str, *, began: float | None = None
    ) -> None:
        """Let another call probe: the one that `try_probe` allowed has shown nothing.

        `began` from `now()`; None for a call that was just allowed and not made.
        """
        if not self.store.has(provider):
            return
        now = self.store.tick()
        for cooldown in self.store.matching(provider, key, model):
            if may_be_probe(cooldown, began):
                self.store.note_probe(provider, release_probe(cooldown, now))
                if self.fleet is not None:
                    self.fleet.note_returned(provider, cooldown)

    # -------------------------------------------------------------- for people

    def health(self, provider: str, key: str | None = None) -> HealthState:
        """Return the health of a provider with one of its keys: the worst that applies."""
        if not self.store.has(provider):
            return Health.OK, None, None
        now = self.store.tick()
        applying = (e for e in self.store.of(provider) if "key" not in e.scope_kind or e.key == key)
        worst_one = worst(applying, now)
        if worst_one is None:
            return Health.OK, None, None
        return health_of(worst_one, now), reason_of(worst_one), self._events.until(worst_one)

    def rate_limit(self, provider: str, key: str | None) -> RateLimitState | None:
        """Return what the last response to this key said is left, None if none did."""
        limits = self._limits.get((provider, key))
        return limits() if callable(limits) else limits

    def rows(self) -> list[dict[str, object]]:
        """Return each key and model whose health is not `ok`, as the data of events."""
        now = self.store.tick()
        return [
            self._events.row(provider, cooldown)
            for provider, _, cooldown in self.store.cooldowns()
            if cooldown.scope_kind != "provider" and health_of(cooldown, now) is not Health.OK
        ]

    # -------------------------------------------------------------- reports of calls

    def note_ok(
        self,
        provider: Provider,
        key: str | None,
        model: str,
        limits: RateLimitState | None = None,
        *,
        began: float | None = None,
        secret: Secret | None = None,
    ) -> None:
        """A call was answered: end what it disproves. `began` from `now()`; `secret` is the key."""
        if self.store.has(provider.name):
            self.note_reachable(provider.name)
            self._clear(provider.name, key, model, began, is_whole=False)
        if limits is not None:
            self._note_limits(provider, key, limits)
            self._note_spent(provider, key, model, limits, secret)

    def note_whole(
        self, provider: Provider, key: str | None, model: str, *, began: float | None = None
    ) -> None:
        """A reply came to its proper end: end cooldowns for cut replies. `began` from `now()`."""
        if self.store.has(provider.name):
            self._clear(provider.name, key, model, began, is_whole=True)

    def note_remaining(self, provider: Provider, key: str | None, reader: LimitReader) -> None:
        """A response says what is left of this key; `reader` reads that on demand."""
        self._note_limits(provider, key, reader)

    def note_failure(
        self,
        provider: Provider,
        key: str | None,
        model: str | None,
        failure: Failure,
        limits: RateLimitState | None = None,
        *,
        began: float | None = None,
        secret: Secret | None = None,
    ) -> None:
        """A call failed.

        `model` is None for a call without one; `began` from `now()`; `secret` is the key.
        """
        if failure.kind not in SAYS_NOTHING:
            self.note_reachable(provider.name)
        if limits is not None:
            self._note_limits(provider, key, limits)
        scope = scope_of(failure, key, model, limits)
        if scope is not None:
            self._cool(provider, scope, failure, limits, began=began, secret=secret)
        if model is not None:
            # A refused key, for example, shows nothing about the quota that it was to probe.
            self.give_back(provider.name, key, model, began=began)

    def _cool(
        self,
        provider: Provider,
        scope: CooldownScope,
        failure: Failure,
        limits: RateLimitState | None,
        *,
        began: float | None,
        secret: Secret | None,
    ) -> None:
        previous = self.store.at(provider.name, scope)
        cooldown = start_cooldown(
            previous,
            failure,
            scope,
            now=self.store.tick(),
            jitter=self._jitter(),
            began=began,
            limits=limits,
        )
        if cooldown != previous:
            self._put(provider, cooldown, secret)

    def _put(self, provider: Provider, cooldown: Cooldown, secret: Secret | None) -> None:
        self.store.put(provider, cooldown)
        if self.fleet is not None:
            self.fleet.note_cooling(provider, cooldown, secret)

    def _note_limits(
        self, provider: Provider, key: str | None, limits: RateLimitState | LimitReader
    ) -> None:
        self._limits[provider.name, key] = limits
        if self.fleet is not None:
            self.fleet.note_left(provider.name, key)

    def _note_spent(
        self,
        provider: Provider,
        key: str | None,
        model: str,
        limits: RateLimitState,
        secret: Secret | None,
    ) -> None:
        if limits.exhausted_until(limits.seen_at) is None:
            return
        scope = make_scope("key" if is_key_exhausted(limits, model) else "key+model", key, model)
        previous = self.store.at(provider.name, scope)
        if cooldown := cooldown_if_exhausted(previous, scope, limits, now=self.store.tick()):
            self._put(provider, cooldown, secret)

    def _clear(
        self, provider: str, key: str | None, model: str, began: float | None, *, is_whole: bool
    ) -> None:
        for cooldown in self.store.matching(provider, key, model):
            if is_cleared_by(cooldown, began, is_whole=is_whole):
                self._end(provider, cooldown, began)

    def _end(self, provider: str, cooldown: Cooldown, began: float | None = None) -> None:
        """Drop a cooldown here and in the fleet, by what began at this tick, None: by now."""
        self.store.drop(provider, cooldown.scope)
        if self.fleet is not None:
            self.fleet.note_end(provider, cooldown, began)

    # -------------------------------------------------------------- early ends

    def forget(self, provider: str) -> None:
        """Drop the cooldowns of a provider that is gone, or elsewhere now: only here."""
        for cooldown in self.store.of(provider):
            self.store.drop(provider, cooldown.scope)

    def clear(self, provider: str | None = None) -> int:
        """Drop the cooldowns of a provider, or all, in the fleet too; return how many cooled."""
        now = self.store.tick()
        cleared = [
            (name, cooldown)
            for name, _, cooldown in self.store.cooldowns()
            if provider in (None, name)
        ]
        for name, cooldown in cleared:
            self._end(name, cooldown)
        return sum(health_of(each, now) is not Health.OK for _, each in cleared)

    def note_reachable(self, provider: str) -> None:
        """The provider answers. If it was unreachable, the network may be back for others too."""
        if self.store.at(provider, PROVIDER) is None:
            return
        self.store.drop(provider, PROVIDER)
        now = self.store.tick()
        for name, cooldown in self.store.unreachable():
            if now < cooldown.until:
                # The next request finds out; the count remains in case this is wrong.
                self.store.replace(name, end_early(cooldown, now))

    def note_credit(self, provider: str, key: str | None) -> None:
        """A free check shows that this key has credit; the count of failures remains."""
        scope = make_scope("key", key, None)
        if cooldown := self.store.at(provider, scope):
            self.store.replace(provider, end_early(cooldown, self.store.tick()))
            if self.fleet is not None:
                self.fleet.note_end(provider, cooldown, None)

    def note_other_key(self, provider: str, key: str | None) -> None:
        """The key of this name was replaced: drop the cooldowns of the old one."""
        for cooldown in self.store.of(provider):
            if "key" in cooldown.scope_kind and cooldown.key == key:
                self.store.drop(provider, cooldown.scope)
        self._limits.pop((provider, key), None)

    def note_models(self, provider: str, models: Iterable[str]) -> None:
        """The provider lists these models: end the cooldowns of those that were missing."""
        missing = [e for e in self.store.of(provider) if e.kind is FailureClass.MODEL]
        listed = frozenset(models) if missing else frozenset[str]()
        for cooldown in missing:
            if cooldown.model in listed:
                self._end(provider, cooldown)

    # -------------------------------------------------------------- from the fleet

    def learn(self, provider: Provider, learned: Cooldown) -> None:
        """Another machine saw what cools; what is known here and cools for longer is kept."""
        previous = self.store.at(provider.name, learned.scope)
        cooldown = add_learned(previous, learned)
        if cooldown is not previous:
            self.store.put(provider, cooldown)

    def learn_left(self, provider: str, key: str | None, limits: RateLimitState) -> None:
        """Another machine saw what is left of a key; what was seen later is kept."""
        known = self.rate_limit(provider, key)
        if known is None or known.seen_at < limits.seen_at:
            self._limits[provider, key] = limits

    def __repr__(self) -> str:
        now = self._clocks.ticks()
        unhealthy = [
            f"{name} {health.value}"
            for name, _, each in self.store.cooldowns()
            if (health := health_of(each, now)) is not Health.OK
        ]
        return f"<CooldownManager {', '.join(unhealthy) or 'all ok'}>"
