"""Who is cooling down: follows the answers of real calls, and tells what changes.

    note_ok, note_failure    from every call, at once
    cooling, health          for plans and people; a look-up where nothing cools
    try_probe, give_back     right before a call: whether it may be made; it was not made after all
    clear, note_*            what ends a cooldown early, each by what it observed

`routing.cooldowns` decides, this remembers. Nothing here waits. Durations are measured on a clock
that goes on while the machine sleeps and that nobody sets; `until`, for people, is that duration
from the wall's clock of the moment. After a sleep nothing that the network did before it counts.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from heapq import nsmallest

from aircherd.config.model import Provider
from aircherd.events import EventBus
from aircherd.providers.clocks import CLOCKS, Clocks
from aircherd.providers.cooldown_news import CooldownNews
from aircherd.providers.cooldown_rows import health_of, reason_of, worst
from aircherd.routing.cooldowns import (
    Cooldown,
    Place,
    at,
    cool,
    cool_spent,
    ended,
    forgotten_at,
    is_cleared_by,
    is_key_spent,
    place_of,
)
from aircherd.routing.probes import given_back, is_probed_by, probed, standing
from aircherd.vocabulary.cooling import Cooling
from aircherd.vocabulary.failure import WIRE_CODE, Failure, FailureClass
from aircherd.vocabulary.keys import Health
from aircherd.vocabulary.rate_limit import RateLimitState

ASLEEP_SECONDS = 30.0
"""The clocks of the wall and of the running machine drift apart by so much in a sleep only."""

MAX_PLACES = 1000
"""Of one provider: clients may make up models' names, and each is missing there on its own."""

PROVIDER: Place = ("provider", None, None)

TELLS_NOTHING = frozenset(
    {FailureClass.NETWORK, FailureClass.TIMEOUT, FailureClass.PROTOCOL, FailureClass.TRUNCATED}
)
"""No proof of a way there: it may come from something in between, or breaks in the middle."""

Unread = Callable[[], RateLimitState | None]
"""Reads what an answer's headers say is left: that takes longer than all else about a call."""

Known = tuple[Health, str | None, float | None]
"""A health, the reason where it is not `ok`, and the Unix time until when where that is known."""


class CooldownBook:
    """See the module's docstring. Providers nobody called yet are `ok`."""

    def __init__(
        self,
        bus: EventBus,
        *,
        clocks: Clocks = CLOCKS,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._news = CooldownNews(bus, clocks)
        self._clocks = clocks
        self._jitter = jitter
        self._cold: dict[str, dict[Place, Cooldown]] = {}
        self._origins: dict[str, str] = {}
        self._limits: dict[tuple[str, str | None], RateLimitState | Unread] = {}
        self._watchers: list[Callable[[], None]] = []
        self._drift = clocks.drift()

    def now(self) -> float:
        """Return the tick: what a call keeps from before it was sent, as `began`."""
        return self._clocks.ticks()

    def watch(self, callback: Callable[[], None]) -> None:
        """Have `callback` called after every change; it must neither wait nor raise."""
        self._watchers.append(callback)

    # -------------------------------------------------------------- for plans

    def cooling(self, provider: str, key: str | None, model: str) -> Cooling | None:
        """Return why this is not asked now, None if it may be."""
        cold = self._cold.get(provider)
        return None if cold is None else self._cooling(cold, key, model)

    def try_probe(self, provider: str, key: str | None, model: str) -> bool:
        """Say whether a call may be made right now, and if others wait for its outcome, let them.

        To be asked once for each call, immediately before it.
        """
        cold = self._cold.get(provider)
        if cold is None:
            return True
        now = self._look()
        touched = list(_touched(cold, key, model))
        if any(standing(cooldown, now) == "cooling" for cooldown in touched):
            return False
        for cooldown in touched:
            cold[cooldown.place] = probed(cooldown, now)
        return True

    def give_back(
        self, provider: str, key: str | None, model: str, *, began: float | None = None
    ) -> None:
        """Hear that a call which was let through told nothing of what others wait for.

        `began` from `now()`; None for one that was let through just now, and not made.
        """
        cold = self._cold.get(provider)
        if cold is None:
            return
        now = self._look()
        for cooldown in list(_touched(cold, key, model)):
            if is_probed_by(cooldown, began):
                cold[cooldown.place] = given_back(cooldown, now)

    def _cooling(self, cold: dict[Place, Cooldown], key: str | None, model: str) -> Cooling | None:
        now = self._look()
        active = [each for each in _touched(cold, key, model) if standing(each, now) != "over"]
        if not active:
            return None
        last = max(active, key=lambda each: each.ends_at)
        return Cooling(
            WIRE_CODE[last.kind],
            self._news.until(last),
            last.message,
            is_probe_due=all(standing(each, now) == "probe_due" for each in active),
            is_guess=not any(each.is_told for each in active),
        )

    # -------------------------------------------------------------- for people

    def health(self, provider: str, key: str | None = None) -> Known:
        """Return how available a provider is with one of its keys: the worst that touches it."""
        cold = self._cold.get(provider)
        if cold is None:
            return Health.OK, None, None
        now = self._look()
        touching = (e for e in cold.values() if "key" not in e.scope or e.key == key)
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
        now = self._look()
        return [
            self._news.row(provider, cooldown)
            for provider, _, cooldown in self.cooldowns()
            if cooldown.scope != "provider" and health_of(cooldown, now) is not Health.OK
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
        if provider.name in self._cold:
            self.note_reachable(provider.name)
            self._clear(provider.name, key, model, began, is_whole=False)
        if limits is not None:
            self._limits[provider.name, key] = limits
            self._heed(provider, key, model, limits)

    def note_whole(
        self, provider: Provider, key: str | None, model: str, *, began: float | None = None
    ) -> None:
        """An answer came to its proper end: so others need not break off. `began` from `now()`."""
        if provider.name in self._cold:
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
        place = place_of(failure, key, model, limits)
        if place is not None:
            self._cool(provider, place, failure, limits, began)
        if model is not None:
            # Such as a refused key: the quota that it should have probed is as unknown as before.
            self.give_back(provider.name, key, model, began=began)

    def _cool(
        self,
        provider: Provider,
        place: Place,
        failure: Failure,
        limits: RateLimitState | None,
        began: float | None,
    ) -> None:
        previous = self._at(provider.name, place)
        cooldown = cool(
            previous,
            failure,
            place,
            now=self._look(),
            jitter=self._jitter(),
            began=began,
            limits=limits,
        )
        if cooldown != previous:
            self._put(provider, cooldown)

    def _heed(
        self, provider: Provider, key: str | None, model: str, limits: RateLimitState
    ) -> None:
        if limits.spent_until(limits.seen_at) is None:
            return
        place = at("key" if is_key_spent(limits, model) else "key+model", key, model)
        previous = self._at(provider.name, place)
        if cooldown := cool_spent(previous, place, limits, now=self._look()):
            self._put(provider, cooldown)

    def _clear(
        self, provider: str, key: str | None, model: str, began: float | None, *, is_whole: bool
    ) -> None:
        for cooldown in list(_touched(self._cold.get(provider, {}), key, model)):
            if is_cleared_by(cooldown, began, is_whole=is_whole):
                self._drop(provider, cooldown.place)

    # -------------------------------------------------------------- what ends it early

    def clear(self, provider: str | None = None) -> int:
        """Forget everything held against a provider, or all; return how much was cooling."""
        now = self._look()
        names = [name for name in self._cold if provider in (None, name)]
        cleared = [(name, each) for name in names for each in list(self._cold[name].values())]
        for name, cooldown in cleared:
            self._drop(name, cooldown.place)
        return sum(health_of(each, now) is not Health.OK for _, each in cleared)

    def note_reachable(self, provider: str) -> None:
        """The host answers. If it did not before, the network may be back for others, too."""
        if self._at(provider, PROVIDER) is None:
            return
        self._drop(provider, PROVIDER)
        now = self._look()
        for name, cold in self._cold.items():
            if (cooldown := cold.get(PROVIDER)) and now < cooldown.until:
                # The next request finds out; what was counted is remembered if it was wrong.
                cold[PROVIDER] = ended(cooldown, now)
                self._changed(name, PROVIDER)

    def note_credit(self, provider: str, key: str | None) -> None:
        """A free look says that this key has credit. Should it be refused again, that counts."""
        place = at("key", key, None)
        if cooldown := self._at(provider, place):
            self._cold[provider][place] = ended(cooldown, self._look())
            self._changed(provider, place)

    def note_other_key(self, provider: str, key: str | None) -> None:
        """Under this name there is another key by now: what the old one did is not its fault."""
        for cooldown in list(self._cold.get(provider, {}).values()):
            if "key" in cooldown.scope and cooldown.key == key:
                self._drop(provider, cooldown.place)
        self._limits.pop((provider, key), None)

    def note_models(self, provider: str, models: Iterable[str]) -> None:
        """The provider lists these: whoever was missing is there now."""
        missing = [
            each
            for each in self._cold.get(provider, {}).values()
            if each.kind is FailureClass.MODEL
        ]
        listed = frozenset(models) if missing else frozenset[str]()
        for cooldown in missing:
            if cooldown.model in listed:
                self._drop(provider, cooldown.place)

    # -------------------------------------------------------------- time

    def settle(self) -> float | None:
        """Tell what has ended by itself; return the seconds until something else will."""
        now = self._look()
        for name, cold in list(self._cold.items()):
            for cooldown in list(cold.values()):
                if now >= forgotten_at(cooldown):
                    self._drop(name, cooldown.place)
                else:
                    self._tell(name, cooldown.place)
        ends = [_next_change(each, now) for _, _, each in self.cooldowns()]
        return min(ends) - now if ends else None

    def _look(self) -> float:
        """Return the tick; after a sleep, first forget what the network did before it."""
        drift = self._clocks.drift()
        if abs(drift - self._drift) > ASLEEP_SECONDS:
            for name, cold in list(self._cold.items()):
                if PROVIDER in cold:
                    self._drop(name, PROVIDER)
        self._drift = drift
        return self._clocks.ticks()

    # -------------------------------------------------------------- keeping

    def cooldowns(self) -> Iterator[tuple[str, str, Cooldown]]:
        """Return all that is remembered, with the provider's name and origin."""
        for name, cold in self._cold.items():
            for cooldown in cold.values():
                yield name, self._origins[name], cooldown

    def restore(self, provider: Provider, cooldown: Cooldown) -> None:
        """Take up a cooldown from before a restart."""
        self._put(provider, cooldown)

    # -------------------------------------------------------------- changing

    def _at(self, provider: str, place: Place) -> Cooldown | None:
        cold = self._cold.get(provider)
        return None if cold is None else cold.get(place)

    def _put(self, provider: Provider, cooldown: Cooldown) -> None:
        cold = self._cold.setdefault(provider.name, {})
        if cooldown.place not in cold and len(cold) >= MAX_PLACES:
            self._drop_some(provider.name, cold)
        cold[cooldown.place] = cooldown
        self._origins[provider.name] = provider.origin
        self._changed(provider.name, cooldown.place)

    def _drop_some(self, provider: str, cold: dict[Place, Cooldown]) -> None:
        """Forget what would be over first anyway. Keys are the user's: they have an end.

        A tenth at a time, for to find them takes a look at all.
        """
        of_models = (each for each in cold.values() if each.model is not None)
        count = max(MAX_PLACES // 10, 1)
        for first in nsmallest(count, of_models, key=lambda each: each.ends_at):
            self._drop(provider, first.place)

    def _drop(self, provider: str, place: Place) -> None:
        cold = self._cold.get(provider, {})
        if cold.pop(place, None) is None:
            return
        if not cold:
            del self._cold[provider]  # so that looking it up costs nothing again
        self._changed(provider, place)

    def _changed(self, provider: str, place: Place) -> None:
        self._tell(provider, place)
        for callback in self._watchers:
            callback()

    def _tell(self, provider: str, place: Place) -> None:
        self._news.tell(provider, place, self._at(provider, place))

    def __repr__(self) -> str:
        now = self._clocks.ticks()
        ill = [
            f"{name} {health.value}"
            for name, _, each in self.cooldowns()
            if (health := health_of(each, now)) is not Health.OK
        ]
        return f"<CooldownBook {', '.join(ill) or 'all well'}>"


def _touched(cold: dict[Place, Cooldown], key: str | None, model: str) -> Iterator[Cooldown]:
    """Return what a call with this key and model would meet."""
    places: tuple[Place, ...]
    places = (PROVIDER, ("key", key, None), ("model", None, model), ("key+model", key, model))
    return (cooldown for place in places if (cooldown := cold.get(place)))


def _next_change(cooldown: Cooldown, now: float) -> float:
    return cooldown.ends_at if now < cooldown.ends_at else forgotten_at(cooldown)
