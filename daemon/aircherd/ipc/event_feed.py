"""The events that one client subscribes to; those that it cannot take are dropped and counted."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from aircher_wire import frames, methods
from aircherd.events import Event, EventBus
from aircherd.ipc.outbox import Outbox


class EventFeed:
    """Puts the events of the subscribed topics into the client's outbox."""

    def __init__(
        self, bus: EventBus, outbox: Outbox, mask: Callable[[bytes], bytes] = bytes
    ) -> None:
        self._bus = bus
        self._outbox = outbox
        self._mask = mask
        self._subscription = ExitStack()
        self._topics: frozenset[str] = frozenset()
        self._dropped = 0

    def subscribe(self, topics: Sequence[str]) -> None:
        """Add topics."""
        self._set_topics(self._topics | set(topics))

    def unsubscribe(self, topics: Sequence[str] | None) -> None:
        """Remove topics; None removes all."""
        self._set_topics(self._topics - set(topics) if topics is not None else frozenset())

    def close(self) -> None:
        """End the subscription."""
        self._subscription.close()

    def report_dropped(self) -> None:
        """Send the number of dropped events, as soon as the client reads again."""
        if self._dropped and not self._outbox.is_full:
            self._outbox.put(_encode({"topic": "lagged", "dropped": self._dropped}))
            self._dropped = 0

    def _set_topics(self, topics: frozenset[str]) -> None:
        self._subscription.close()
        self._topics = topics
        self._subscription.enter_context(self._bus.subscribed(tuple(topics), self._take_event))

    def _take_event(self, event: Event) -> None:
        if self._outbox.is_full:
            self._dropped += 1
            return
        if event.frame is None:
            envelope = {"topic": event.topic, "seq": event.seq, "at": event.at}
            event.frame = self._mask(_encode({**event.data, **envelope}))
        self._outbox.put(event.frame)

    def __repr__(self) -> str:
        return f"<EventFeed of {', '.join(sorted(self._topics)) or 'no topics'}>"


def _encode(params: dict[str, object]) -> bytes:
    return frames.encode_notification(methods.EVENT, params)
