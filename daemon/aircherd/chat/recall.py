"""What requests teach later ones: who holds a conversation, and how fast somebody was.

In memory only: after a restart a conversation begins wherever its plan does, and speeds are
measured anew.
"""

from collections import OrderedDict
from typing import TypeVar

from aircherd.routing.candidate import Candidate

K = TypeVar("K")
V = TypeVar("V")

MAX_CONVERSATIONS = 1000
MAX_SPEEDS = 1000
WEIGHT = 0.3
"""Of the latest measurement: some ten requests change the picture, one does not."""

Held = tuple[str, str, str | None]
"""Provider, model and key."""


class Recall:
    """Remembers the latest; the oldest are forgotten."""

    def __init__(self) -> None:
        self._conversations: OrderedDict[str, Held] = OrderedDict()
        self._speeds: OrderedDict[tuple[str, str], float] = OrderedDict()

    def note_answer(self, candidate: Candidate, conversation: str | None) -> None:
        """Hear who answered in a conversation."""
        if conversation is None:
            return
        held = (candidate.provider.name, candidate.model.id, candidate.key)
        _put(self._conversations, conversation, held, MAX_CONVERSATIONS)

    def note_first(self, candidate: Candidate, seconds: float) -> None:
        """Hear how long the first piece of a reply took."""
        key = (candidate.provider.name, candidate.model.id)
        known = self._speeds.get(key)
        mean = seconds if known is None else known + WEIGHT * (seconds - known)
        _put(self._speeds, key, mean, MAX_SPEEDS)

    def held_by(self, conversation: str) -> Held | None:
        """Return who answered last in this conversation."""
        return self._conversations.get(conversation)

    def speed(self, provider: str, model: str) -> float | None:
        """Return the seconds to the first piece lately, None where nobody measured."""
        return self._speeds.get((provider, model))

    def __repr__(self) -> str:
        return f"<Recall {len(self._conversations)} conversations, {len(self._speeds)} speeds>"


def _put(kept: OrderedDict[K, V], key: K, value: V, limit: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > limit:
        kept.popitem(last=False)
