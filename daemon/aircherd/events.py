"""The event bus: what changes is published once and reaches whoever asked for its topic.

Publishing never waits and never fails: a subscriber is a plain callable that takes the event or
drops it. So a snapshot taken in the same step as the subscription misses nothing and repeats
nothing: there is no checkpoint between the two.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

TOPICS = ("auth", "provider", "attempt", "usage", "config")


class Event(msgspec.Struct, frozen=True):
    """Something that happened: `seq` grows over all topics, `at` is a Unix time in seconds."""

    topic: str
    seq: int
    at: float
    data: dict[str, object]


Sink = Callable[[Event], None]


class EventBus:
    """Publish here; subscribe with a callable that must neither wait nor raise."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._seq = itertools.count(1)
        self._sinks: dict[str, list[Sink]] = {topic: [] for topic in TOPICS}

    def publish(
        self, topic: str, data: dict[str, object] | Callable[[], dict[str, object]]
    ) -> None:
        """Hand an event to every subscriber of `topic`; costs almost nothing when there is none.

        `data` may be what makes it: then it is made only when somebody listens.
        """
        seq = next(self._seq)
        sinks = self._sinks[topic]
        if not sinks:
            return
        event = Event(topic, seq, self._clock(), data() if callable(data) else data)
        for sink in tuple(sinks):
            sink(event)

    def has_subscribers(self, topic: str) -> bool:
        """Whether an event of `topic` would reach anything."""
        return bool(self._sinks[topic])

    def subscribe(self, topics: tuple[str, ...], sink: Sink) -> None:
        """Deliver events of `topics` to `sink` for as long as the bus lives."""
        for topic in dict.fromkeys(topics):
            self._sinks[topic].append(sink)

    @contextmanager
    def subscribed(self, topics: tuple[str, ...], sink: Sink) -> Iterator[None]:
        """Deliver events of `topics` to `sink` for as long as the context lasts.

        Raises:
            KeyError: a topic that does not exist.
        """
        chosen = [self._sinks[topic] for topic in dict.fromkeys(topics)]
        for sinks in chosen:
            sinks.append(sink)
        try:
            yield
        finally:
            for sinks in chosen:
                sinks.remove(sink)

    def __repr__(self) -> str:
        counts = ", ".join(f"{topic}: {len(sinks)}" for topic, sinks in self._sinks.items())
        return f"<EventBus {counts}>"
