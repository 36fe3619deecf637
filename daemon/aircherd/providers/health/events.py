"""What changes of who is cooling, told once: when it begins, lasts longer, or is over."""

from aircherd.events import EventBus
from aircherd.providers.health.clocks import Clocks
from aircherd.providers.health.summary import health_data, health_of, where
from aircherd.routing.cooldown_policy import Cooldown
from aircherd.routing.cooldown_rules import CooldownScope
from aircherd.vocabulary.keys import Health


class CooldownEvents:
    """Publishes on the topic `provider`, one event for each place whose standing is news."""

    def __init__(self, bus: EventBus, clocks: Clocks) -> None:
        self._bus = bus
        self._clocks = clocks
        self._told: dict[tuple[str, CooldownScope], tuple[Health, str, float]] = {}

    def tell(self, provider: str, place: CooldownScope, cooldown: Cooldown | None) -> None:
        """Publish how a place stands, if it was not told before. None: nothing is held against it.

        The time is compared by ticks: Unix times of one tick differ by what the clock is set.
        """
        health = Health.OK if cooldown is None else health_of(cooldown, self._clocks.ticks())
        if cooldown is None or health is Health.OK:
            if self._told.pop((provider, place), None):
                self._bus.publish("provider", {**where(provider, place), **health_data(health)})
            return
        news = (health, cooldown.message, cooldown.ends_at)
        if self._told.get((provider, place)) != news:
            self._told[provider, place] = news
            self._bus.publish("provider", self.row(provider, cooldown))

    def row(self, provider: str, cooldown: Cooldown) -> dict[str, object]:
        """Return an event's data."""
        health = health_of(cooldown, self._clocks.ticks())
        told = health_data(health, cooldown.message, self.until(cooldown))
        return {**where(provider, cooldown.scope), **told}

    def until(self, cooldown: Cooldown) -> float | None:
        """Return the Unix time at which it is over, None where only an answer will tell."""
        left = cooldown.ends_at - self._clocks.ticks()
        return self._clocks.wall() + left if left > 0 else None

    def __repr__(self) -> str:
        return f"<CooldownEvents {len(self._told)} told>"
