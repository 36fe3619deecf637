"""Which providers can be reached: follows the answers of real calls, told as it changes."""

from aircherd.config.model import Provider
from aircherd.events import EventBus
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import Health

_UNREACHABLE = frozenset({FailureClass.NETWORK, FailureClass.TIMEOUT})

# What may come from something in between, or breaks in the middle, tells nothing either way.
_TELLS_NOTHING = frozenset({FailureClass.PROTOCOL, FailureClass.TRUNCATED})


def health_data(health: Health, reason: str | None) -> dict[str, object]:
    """Return a health as it travels, in rows, snapshots and events alike."""
    data: dict[str, object] = {"health": health.value}
    return data if reason is None else {**data, "health_reason": reason}


class HealthBook:
    """The health of each provider, by name. Providers nobody called yet are `ok`."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._unreachable: dict[str, str] = {}

    def health(self, provider: str) -> tuple[Health, str | None]:
        """Return the health of a provider and the reason when it is not `ok`."""
        reason = self._unreachable.get(provider)
        return (Health.OK, None) if reason is None else (Health.UNREACHABLE, reason)

    def note_ok(self, provider: Provider) -> Health:
        """A call was answered."""
        if self._unreachable.pop(provider.name, None) is not None:
            self._publish(provider.name, Health.OK, None)
        return Health.OK

    def note_failure(self, provider: Provider, failure: Failure) -> Health:
        """A call failed; only the network and deadlines make a provider unreachable."""
        if failure.kind in _UNREACHABLE:
            is_news = provider.name not in self._unreachable
            self._unreachable[provider.name] = failure.message
            if is_news:
                self._publish(provider.name, Health.UNREACHABLE, failure.message)
        elif failure.kind not in _TELLS_NOTHING:
            self.note_ok(provider)
        return self.health(provider.name)[0]

    def _publish(self, provider: str, health: Health, reason: str | None) -> None:
        self._bus.publish("provider", {"provider": provider, **health_data(health, reason)})

    def __repr__(self) -> str:
        return f"<HealthBook unreachable: {', '.join(self._unreachable) or 'none'}>"
