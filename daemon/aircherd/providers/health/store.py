"""What is remembered of who is cooling: by provider and place, bounded, each change told at once.

    has, of, at, touched              what stands against a provider, a place, a call
    away, cooldowns                   who could not be reached; everything
    put, replace, note_probe, drop    what changes it; all but a probe is told
    look, settle                      what time alone does to it

What makes a place cool, or well again, is the book's to say. Nothing here waits. Durations are
measured on a clock that goes on while the machine sleeps and that nobody sets; after a sleep
nothing that the network did before it counts.
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
"""The clocks of the wall and of the running machine drift apart by so much in a sleep only."""

MAX_PLACES = 1000
"""Of one provider: clients may make up models' names, and each is missing there on its own."""

PROVIDER: CooldownScope = ("provider", None, None)


class CooldownStore:
    """See the module's docstring. `news` has every change told to people.

    `generation` grows with every change of what is remembered, a probe's included.
    """

    def __init__(self, news: CooldownEvents, clocks: Clocks) -> None:
        self._news = news
        self._clocks = clocks
        self.by_provider: dict[str, dict[CooldownScope, Cooldown]] = {}
        self._origins: dict[str, str] = {}
        self._watchers: list[Callable[[], None]] = []
        self._drift = clocks.drift()
        self.generation = 0

    def watch(self, callback: Callable[[], None]) -> None:
        """Have `callback` called after every change; it must neither wait nor raise."""
        self._watchers.append(callback)

    # -------------------------------------------------------------- what is remembered

    def has(self, provider: str) -> bool:
        """Say whether anything at all is; mostly not, and then nothing else need be asked."""
        return provider in self.by_provider

    @property
    def is_empty(self) -> bool:
        """Whether nothing is remembered of any provider."""
        return not self.by_provider

    def of(self, provider: str) -> list[Cooldown]:
        """Return all of one provider."""
        return list(self.by_provider.get(provider, {}).values())

    def at(self, provider: str, place: CooldownScope) -> Cooldown | None:
        """Return what a place is held to, None where it is to nothing."""
        cold = self.by_provider.get(provider)
        return None if cold is None else cold.get(place)

    def touched(self, provider: str, key: str | None, model: str) -> list[Cooldown]:
        """Return what a call with this key and model would meet."""
        cold = self.by_provider.get(provider, {})
        places: tuple[CooldownScope, ...]
        places = (PROVIDER, ("key", key, None), ("model", None, model), ("key+model", key, model))
        return [cooldown for place in places if (cooldown := cold.get(place))]

    def away(self) -> list[tuple[str, Cooldown]]:
        """Return the providers that could not be reached, each with its cooldown."""
        found = ((name, cold.get(PROVIDER)) for name, cold in self.by_provider.items())
        return [(name, cooldown) for name, cooldown in found if cooldown]

    def cooldowns(self) -> list[tuple[str, str, Cooldown]]:
        """Return everything, with the provider's name and origin."""
        return [
            (name, self._origins[name], cooldown)
            for name, cold in self.by_provider.items()
            for cooldown in cold.values()
        ]

    # -------------------------------------------------------------- changing

    def put(self, provider: Provider, cooldown: Cooldown) -> None:
        """Hold this against its place, instead of what was; where there are too many, some go."""
        cold = self.by_provider.setdefault(provider.name, {})
        if cooldown.scope not in cold and len(cold) >= MAX_PLACES:
            self._drop_some(provider.name, cold)
        cold[cooldown.scope] = cooldown
        self.generation += 1
        self._origins[provider.name] = provider.origin
        self._changed(provider.name, cooldown.scope)

    def replace(self, provider: str, cooldown: Cooldown) -> None:
        """Hold this against a place that is held to something already."""
        self.by_provider[provider][cooldown.scope] = cooldown
        self.generation += 1
        self._changed(provider, cooldown.scope)

    def note_probe(self, provider: str, cooldown: Cooldown) -> None:
        """Take what a probe makes of a cooldown, by going or by telling nothing: no news."""
        self.by_provider[provider][cooldown.scope] = cooldown
        self.generation += 1

    def drop(self, provider: str, place: CooldownScope) -> None:
        """Forget what a place is held to, if it is to anything."""
        cold = self.by_provider.get(provider, {})
        if cold.pop(place, None) is None:
            return
        self.generation += 1
        if not cold:
            del self.by_provider[provider]  # so that looking it up costs nothing again
        self._changed(provider, place)

    def _drop_some(self, provider: str, cold: dict[CooldownScope, Cooldown]) -> None:
        """Forget what counts least, and of that what would be over first anyway.

        Keys are the user's: they have an end. A tenth at a time, for to find them takes a look at
        all.
        """
        of_models = (each for each in cold.values() if each.model is not None)
        count = max(MAX_PLACES // 10, 1)
        for first in nsmallest(count, of_models, key=_worth):
            self.drop(provider, first.scope)

    def _changed(self, provider: str, place: CooldownScope) -> None:
        self._tell(provider, place)
        for callback in self._watchers:
            callback()

    def _tell(self, provider: str, place: CooldownScope) -> None:
        self._news.tell(provider, place, self.at(provider, place))

    # -------------------------------------------------------------- time

    def look(self) -> float:
        """Return the tick; after a sleep, first forget what the network did before it."""
        drift = self._clocks.drift()
        if abs(drift - self._drift) > ASLEEP_SECONDS:
            for name, cooldown in self.away():
                self.drop(name, cooldown.scope)
        self._drift = drift
        return self._clocks.ticks()

    def settle(self) -> float | None:
        """Tell what has ended by itself; return the seconds until something else will."""
        now = self.look()
        for name, _, cooldown in self.cooldowns():
            if now >= expires_at(cooldown):
                self.drop(name, cooldown.scope)
            else:
                self._tell(name, cooldown.scope)
        ends = [_next_change(each, now) for _, _, each in self.cooldowns()]
        return min(ends) - now if ends else None

    def __repr__(self) -> str:
        return (
            f"<CooldownStore {sum(map(len, self.by_provider.values()))} of {len(self.by_provider)}>"
        )


def _worth(cooldown: Cooldown) -> tuple[bool, bool, float]:
    """Return how much a place counts: a made-up name's least, what a vendor told most.

    Missing models are out for minutes and real rate limits for seconds, so that by the time alone
    the made-up ones would push out the real ones.
    """
    is_missing = cooldown.kind is FailureClass.MODEL
    return cooldown.is_vendor_time, not is_missing, cooldown.ends_at


def _next_change(cooldown: Cooldown, now: float) -> float:
    return cooldown.ends_at if now < cooldown.ends_at else expires_at(cooldown)
