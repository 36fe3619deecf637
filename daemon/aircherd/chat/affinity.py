"""What requests teach later ones: who holds a conversation, and how fast somebody was.

In memory only: after a restart a conversation begins wherever its plan does, and speeds are
measured anew. A speed that was not measured for an hour is none any more: nobody stays the slowest
for good because of one bad hour.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from aircherd.routing.candidate import Candidate

K = TypeVar("K")
V = TypeVar("V")

MAX_CONVERSATIONS = 1000
MAX_SPEEDS = 1000
WEIGHT = 0.3
"""Of the latest measurement: some ten requests change the picture, one does not."""

OLD_SECONDS = 3600.0
"""From a model's last measurement until it is as good as none."""

Held = tuple[str, str, str | None]
"""Provider, model and key."""


class Recall:
    """Remembers the latest; the oldest are forgotten. `clock` gives seconds, and never jumps."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._conversations: OrderedDict[str, Held] = OrderedDict()
        # With when it was measured last.
        self._speeds: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def note_answer(self, candidate: Candidate, conversation: str | None) -> None:
        """Hear who answered in a conversation."""
        if conversation is None:
            return
        held = (candidate.provider.name, candidate.model.id, candidate.key)
        _put(self._conversations, conversation, held, MAX_CONVERSATIONS)

    def note_first(self, candidate: Candidate, seconds: float) -> None:
        """Hear how long the first piece of a reply took."""
        key, now = (candidate.provider.name, candidate.model.id), self._clock()
        mean, at = self._speeds.get(key, (seconds, now))
        mean = seconds if now - at >= OLD_SECONDS else mean + WEIGHT * (seconds - mean)
        _put(self._speeds, key, (mean, now), MAX_SPEEDS)

    def held_by(self, conversation: str) -> Held | None:
        """Return who answered last in this conversation."""
        return self._conversations.get(conversation)

    def speed(self, provider: str, model: str) -> float | None:
        """Return the seconds to the first piece lately, None where nobody measured."""
        known = self._speeds.get((provider, model))
        if known is None or self._clock() - known[1] >= OLD_SECONDS:
            return None
        return known[0]

    def __repr__(self) -> str:
        return f"<Recall {len(self._conversations)} conversations, {len(self._speeds)} speeds>"


def _put(kept: OrderedDict[K, V], key: K, value: V, limit: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > limit:
        kept.popitem(last=False)
