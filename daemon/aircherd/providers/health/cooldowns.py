"""Who is cooling down: follows the answers of real calls, and tells what changes.

    note_ok, note_failure    from every call, at once
    cooling, health          for plans and people; a look-up where nothing cools
    try_probe, give_back     right before a call: whether it may be made; it was not made after all
    clear, note_*            what ends a cooldown early, each by what it observed

`routing.cooldowns` decides, `cooldown_places` remembers, this hears and answers. Nothing here
waits. Durations are of a clock that nobody sets; `until`, for people, is what is left of one from
the wall's clock of the moment.
"""

import random
from collections.abc import Callable, Iterable

from aircherd.config.model import Provider
from aircherd.events import EventBus
from aircherd.providers.health.clocks import CLOCKS, Clocks
from aircherd.providers.health.events import CooldownEvents
from aircherd.providers.health.store import PROVIDER, CooldownStore
from aircherd.providers.health.summary import cooling_of, health_of, reason_of, worst
from aircherd.routing.cooldown_policy import (
    cooldown_if_exhausted,
    end_early,
    is_cleared_by,
    start_cooldown,
)
from aircherd.routing.cooldown_rules import CooldownScope, is_key_exhausted, make_scope, scope_of
from aircherd.routing.probes import may_be_probe, probe_state, release_probe, start_probe
from aircherd.vocabulary.availability import Cooling, RateLimitState
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import Health

TELLS_NOTHING = frozenset(
    {FailureClass.NETWORK, FailureClass.TIMEOUT, FailureClass.PROTOCOL, FailureClass.TRUNCATED}
)
"""No proof of a way there: it may come from something in between, or breaks in the middle."""

Unread = Callable[[], RateLimitState | None]
"""Reads what an answer's headers say is left: that takes longer than all else about a call."""

Known = tuple[Health, str | None, float | None]
"""A health, the reason where it is not `ok`, and the Unix time until when where that is known."""


class CooldownManager:
    """See the module's docstring. Providers nobody called yet are `ok`."""

    def __init__(
        self,
        bus: EventBus,
        *,
        clocks: Clocks = CLOCKS,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._news = CooldownEvents(bus, clocks)
        self._clocks = clocks
        self._jitter = jitter
        self.places = CooldownStore(self._news, clocks)
        self._cold = self.places.by_provider
        self._limits: dict[tuple[str, str | None], RateLimitState | Unread] = {}

    def has(self, provider: str) -> bool:
        """Return whether anything cools at a provider, or did lately; mostly not."""
        return provider in self._cold

    def now(self) -> float:
        """Return the tick: what a call keeps from before it was sent, as `began`."""
        return self._clocks.ticks()

    # -------------------------------------------------------------- for plans

    @property
    def is_calm(self) -> bool:
        """Whether no provider cools, has cooled lately, or could not be reached."""
        return self.places.is_empty

    @property
    def generation(self) -> int:
        """A number that grows with every change of what cools; what time alone ends does not.

        Where it is the same and `is_calm`, `cooling` returns None and `try_probe` True as before.
        """
        return self.places.generation

    def cooling(self, provider: str, key: str | None, model: str) -> Cooling | None:
        """Return why this is not asked now, None if it may be."""
        if not self.places.has(provider):
            return None
        now = self.places.look()
        return cooling_of(self.places.touched(provider, key, model), now, self._news.until)

    def try_probe(self, provider: str, key: str | None, model: str) -> bool:
        """Say whether a call may be made right now, and if others wait for its outcome, let them.

        To be asked once for each call, immediately before it.
        """
        if not self.places.has(provider):
            return True
        now = self.places.look()
        touched = self.places.touched(provider, key, model)
        if any(probe_state(cooldown, now) == "cooling" for cooldown in touched):
            return False
        for cooldown in touched:
            self.places.note_probe(provider, start_probe(cooldown, now))
        return True

    def give_back(
        self, provider: str, key: str | None, model: str, *, began: float | None = None
    ) -> None:
        """Hear that a call which was let through told nothing of what others wait for.

        `began` from `now()`; None for one that was let through just now, and not made.
        """
        if not self.places.has(provider):
            return
        now = self.places.look()
        for cooldown in self.places.touched(provider, key, model):
            if may_be_probe(cooldown, began):
                self.places.note_probe(provider, release_probe(cooldown, now))

    # -------------------------------------------------------------- for people

    def health(self, provider: str, key: str | None = None) -> Known:
        """Return how available a provider is with one of its keys: the worst that touches it."""
        if not self.places.has(provider):
            return Health.OK, None, None
        now = self.places.look()
        touching = (
            e for e in self.places.of(provider) if "key" not in e.scope_kind or e.key == key
        )
        ill = worst(touching, now)
        if ill is None:
            return Health.OK, None, None
        return health_of(ill, now), reason_of(ill), self._news.until(ill)

    def rate_limit(self, provider: str, key: str | None) -> RateLimitState | None:
        """Return what the last answer to this key said is left, None if none did."""
        said = self._limits.get((provider, key))
        return said() if callable(said) else said

    def rows(self) -> list[dict[str, object]]:
        """Return each key and model that is not well, in the form of the events."""
        now = self.places.look()
        return [
            self._news.row(provider, cooldown)
            for provider, _, cooldown in self.places.cooldowns()
            if cooldown.scope_kind != "provider" and health_of(cooldown, now) is not Health.OK
        ]

    # -------------------------------------------------------------- what calls tell

    def note_ok(
        self,
        provider: Provider,
        key: str | None,
        model: str,
        limits: RateLimitState | None = None,
        *,
        began: float | None = None,
    ) -> None:
        """A call was answered; it ends what keeps others from the same. `began` from `now()`."""
        if self.places.has(provider.name):
            self.note_reachable(provider.name)
            self._clear(provider.name, key, model, began, is_whole=False)
        if limits is not None:
            self._limits[provider.name, key] = limits
            self._heed(provider, key, model, limits)

    def note_whole(
        self, provider: Provider, key: str | None, model: str, *, began: float | None = None
    ) -> None:
        """An answer came to its proper end: so others need not break off. `began` from `now()`."""
        if self.places.has(provider.name):
            self._clear(provider.name, key, model, began, is_whole=True)

    def note_left(self, provider: Provider, key: str | None, said: Unread) -> None:
        """An answer said what is left of this key, and something is: it is read when asked for."""
        self._limits[provider.name, key] = said

    def note_failure(
        self,
        provider: Provider,
        key: str | None,
        model: str | None,
        failure: Failure,
        limits: RateLimitState | None = None,
        *,
        began: float | None = None,
    ) -> None:
        """A call failed. `model` is None where it was about none; `began` from `now()`."""
        if failure.kind not in TELLS_NOTHING:
            self.note_reachable(provider.name)
        if limits is not None:
            self._limits[provider.name, key] = limits
        place = scope_of(failure, key, model, limits)
        if place is not None:
            self._cool(provider, place, failure, limits, began)
        if model is not None:
            # Such as a refused key: the quota that it should have probed is as unknown as before.
            self.give_back(provider.name, key, model, began=began)

    def _cool(
        self,
        provider: Provider,
        place: CooldownScope,
        failure: Failure,
        limits: RateLimitState | None,
        began: float | None,
    ) -> None:
        previous = self.places.at(provider.name, place)
        cooldown = start_cooldown(
            previous,
            failure,
            place,
            now=self.places.look(),
            jitter=self._jitter(),
            began=began,
            limits=limits,
        )
        if cooldown != previous:
            self.places.put(provider, cooldown)

    def _heed(
        self, provider: Provider, key: str | None, model: str, limits: RateLimitState
    ) -> None:
        if limits.exhausted_until(limits.seen_at) is None:
            return
        place = make_scope("key" if is_key_exhausted(limits, model) else "key+model", key, model)
        previous = self.places.at(provider.name, place)
        if cooldown := cooldown_if_exhausted(previous, place, limits, now=self.places.look()):
            self.places.put(provider, cooldown)

    def _clear(
        self, provider: str, key: str | None, model: str, began: float | None, *, is_whole: bool
    ) -> None:
        for cooldown in self.places.touched(provider, key, model):
            if is_cleared_by(cooldown, began, is_whole=is_whole):
                self.places.drop(provider, cooldown.scope)

    # -------------------------------------------------------------- what ends it early

    def clear(self, provider: str | None = None) -> int:
        """Forget everything held against a provider, or all; return how much was cooling."""
        now = self.places.look()
        cleared = [
            (name, cooldown)
            for name, _, cooldown in self.places.cooldowns()
            if provider in (None, name)
        ]
        for name, cooldown in cleared:
            self.places.drop(name, cooldown.scope)
        return sum(health_of(each, now) is not Health.OK for _, each in cleared)

    def note_reachable(self, provider: str) -> None:
        """The host answers. If it did not before, the network may be back for others, too."""
        if self.places.at(provider, PROVIDER) is None:
            return
        self.places.drop(provider, PROVIDER)
        now = self.places.look()
        for name, cooldown in self.places.away():
            if now < cooldown.until:
                # The next request finds out; what was counted is remembered if it was wrong.
                self.places.replace(name, end_early(cooldown, now))

    def note_credit(self, provider: str, key: str | None) -> None:
        """A free look says that this key has credit. Should it be refused again, that counts."""
        place = make_scope("key", key, None)
        if cooldown := self.places.at(provider, place):
            self.places.replace(provider, end_early(cooldown, self.places.look()))

    def note_other_key(self, provider: str, key: str | None) -> None:
        """Under this name there is another key by now: what the old one did is not its fault."""
        for cooldown in self.places.of(provider):
            if "key" in cooldown.scope_kind and cooldown.key == key:
                self.places.drop(provider, cooldown.scope)
        self._limits.pop((provider, key), None)

    def note_models(self, provider: str, models: Iterable[str]) -> None:
        """The provider lists these: whoever was missing is there now."""
        missing = [e for e in self.places.of(provider) if e.kind is FailureClass.MODEL]
        listed = frozenset(models) if missing else frozenset[str]()
        for cooldown in missing:
            if cooldown.model in listed:
                self.places.drop(provider, cooldown.scope)

    def __repr__(self) -> str:
        now = self._clocks.ticks()
        ill = [
            f"{name} {health.value}"
            for name, _, each in self.places.cooldowns()
            if (health := health_of(each, now)) is not Health.OK
        ]
        return f"<CooldownManager {', '.join(ill) or 'all well'}>"
