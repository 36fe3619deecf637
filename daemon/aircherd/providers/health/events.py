"""Events of cooldowns, each published once: it begins, lasts longer, or is over."""

from aircherd.events import EventBus
from aircherd.providers.health.clocks import Clocks
from aircherd.providers.health.summary import health_data, health_of, scope_data
from aircherd.routing.cooldown_policy import Cooldown
from aircherd.routing.cooldown_rules import CooldownScope
from aircherd.vocabulary.keys import Health


class CooldownEvents:
    """Publishes on the topic `provider`, one event for each scope whose health has changed."""

    def __init__(self, bus: EventBus, clocks: Clocks) -> None:
        self._bus = bus
        self._clocks = clocks
        self._published: dict[tuple[str, CooldownScope], tuple[Health, str, float]] = {}

    def publish(self, provider: str, scope: CooldownScope, cooldown: Cooldown | None) -> None:
        """Publish the health of a scope unless it is unchanged. None: nothing cools.

        Times are compared in ticks: the Unix time of one tick changes when the clock is set.
        """
        health = Health.OK if cooldown is None else health_of(cooldown, self._clocks.ticks())
        if cooldown is None or health is Health.OK:
            if self._published.pop((provider, scope), None):
                self._bus.publish(
                    "provider", {**scope_data(provider, scope), **health_data(health)}
                )
            return
        state = (health, cooldown.message, cooldown.ends_at)
        if self._published.get((provider, scope)) != state:
            self._published[provider, scope] = state
            self._bus.publish("provider", self.row(provider, cooldown))

    def row(self, provider: str, cooldown: Cooldown) -> dict[str, object]:
        """Return the data of an event."""
        health = health_of(cooldown, self._clocks.ticks())
        data = health_data(health, cooldown.message, self.until(cooldown))
        return {**scope_data(provider, cooldown.scope), **data}

    def until(self, cooldown: Cooldown) -> float | None:
        """Return the Unix time at which it is over, None if it already can be."""
        left = cooldown.ends_at - self._clocks.ticks()
        return self._clocks.wall() + left if left > 0 else None

    def __repr__(self) -> str:
        return f"<CooldownEvents {len(self._published)} published>"
