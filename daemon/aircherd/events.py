"""The event bus: changes are published once and delivered to the subscribers of their topic.

Publishing never waits and never fails: a subscriber is a plain callable that accepts the event or
drops it. There is no checkpoint between a subscription and a snapshot taken right after it, so the
events neither miss nor repeat a change.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from aircher_wire.methods import CONFIRM, TOPICS


class Event(msgspec.Struct):
    """An event. `seq` increases across all topics, `at` is a Unix time in seconds.

    `frame` is what clients get, encoded for the first of them and sent to all.
    """

    topic: str
    seq: int
    at: float
    data: dict[str, object]
    frame: bytes | None = None


Subscriber = Callable[[Event], None]


class EventBus:
    """Publishes events to subscribers: callables that must neither wait nor raise."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._seq = itertools.count(1)
        self._subscribers: dict[str, list[Subscriber]] = {topic: [] for topic in (*TOPICS, CONFIRM)}
        self._own = dict.fromkeys(self._subscribers, 0)  # how many of them are the daemon's

    def publish(
        self, topic: str, data: dict[str, object] | Callable[[], dict[str, object]]
    ) -> None:
        """Deliver an event to all subscribers of `topic`; almost free if there are none.

        `data` may be a callable, which is called only if there is a subscriber.
        """
        seq = next(self._seq)
        subscribers = self._subscribers[topic]
        if not subscribers:
            return
        event = Event(topic, seq, self._clock(), data() if callable(data) else data)
        for subscriber in tuple(subscribers):
            subscriber(event)

    def has_subscribers(self, topic: str) -> bool:
        """Return whether `topic` has a subscriber."""
        return bool(self._subscribers[topic])

    def has_clients(self, topic: str) -> bool:
        """Return whether `topic` has a subscriber that is not the daemon's own."""
        return len(self._subscribers[topic]) > self._own[topic]

    def subscribe(self, topics: tuple[str, ...], subscriber: Subscriber) -> None:
        """Deliver events of `topics` to `subscriber` from now on."""
        for topic in dict.fromkeys(topics):
            self._subscribers[topic].append(subscriber)

    @contextmanager
    def subscribed_inside(self, topic: str, subscriber: Subscriber) -> Iterator[None]:
        """Do as `subscribed`, for the daemon itself: no client follows the topic by it."""
        self._own[topic] += 1
        try:
            with self.subscribed((topic,), subscriber):
                yield
        finally:
            self._own[topic] -= 1

    @contextmanager
    def subscribed(self, topics: tuple[str, ...], subscriber: Subscriber) -> Iterator[None]:
        """Deliver events of `topics` to `subscriber` for the duration of the context.

        Raises:
            KeyError: a topic that does not exist.
        """
        chosen = [self._subscribers[topic] for topic in dict.fromkeys(topics)]
        for subscribers in chosen:
            subscribers.append(subscriber)
        try:
            yield
        finally:
            for subscribers in chosen:
                subscribers.remove(subscriber)

    def __repr__(self) -> str:
        counts = ", ".join(f"{topic}: {len(them)}" for topic, them in self._subscribers.items())
        return f"<EventBus {counts}>"
