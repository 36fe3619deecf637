"""Collects what has no word of ours until the reply ends, and then gives it out whole.

Pieces of a stream are put together as servers take them apart: texts are joined, lists are
continued, and so are the lists in an object. Pieces that do not fit together stay apart.
"""

from typing import Final

import msgspec

from aircherd.providers.chat_completions.parts.fields import fields_of, items_of, value_of
from aircherd.providers.codec.held import Held
from aircherd.vocabulary.reply import AboutDelta, OtherDelta

MAX_HELD: Final = 8_000_000
"""Bytes of a reply that are held back until it ends."""
PIECE_COST: Final = 100
"""Bytes that each piece counts for."""
MAX_KIND: Final = 200

CHOICE_PREFIX: Final = "choice."
ROOT_PREFIX: Final = "reply."
FURTHER_CHOICES: Final = f"{ROOT_PREFIX}choices"
"""The kind of further choices: they are other answers."""

_OBJECT: Final = b"{"
_TEXT: Final = b'"'


def new_held() -> Held:
    """Return the count of what the further fields of a reply make us hold."""
    return Held(MAX_HELD, "further fields of more than {limit} bytes", each=PIECE_COST)


class FurtherFields:
    """The fields so far, by kind."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._pieces: dict[str, list[bytes]] = {}
        self._states: dict[str, list[bytes]] = {}
        self._kinds: dict[str, None] = {}  # in the order in which they came

    def add_piece(self, kind: str, raw: msgspec.Raw) -> None:
        """Add a piece of a field, which continues the pieces before it."""
        kind = self._kind(kind)
        self._pieces.setdefault(kind, []).append(self._hold(raw))

    def add_state(self, kind: str, raw: msgspec.Raw) -> None:
        """Add a field as far as it is known by now: it replaces the state that it contains."""
        states = self._states.setdefault(self._kind(kind), [])
        value = bytes(raw)
        if states and _contains(value, states[-1]):
            self._held.drop(len(states.pop()))
        states.append(self._hold(raw))

    def _kind(self, kind: str) -> str:
        kind = kind[:MAX_KIND]
        self._kinds.setdefault(kind)
        return kind

    def _hold(self, raw: msgspec.Raw) -> bytes:
        value = bytes(raw)  # a slice would keep the whole buffer alive
        self._held.add(len(value))
        return value

    def close(self) -> list[OtherDelta]:
        """Return all of it, whole; a state that came in pieces too is left out."""
        return [
            _delta(kind, each.decode("utf-8", "replace"))
            for kind in self._kinds
            for each in self._values(kind)
        ]

    def _values(self, kind: str) -> list[bytes]:
        pieces = self._pieces.get(kind)
        return self._states[kind] if pieces is None else assemble(pieces)

    def __repr__(self) -> str:
        return f"<FurtherFields {[*self._kinds]}>"


def _delta(kind: str, data: str) -> OtherDelta:
    """Return a field as an event: beside the message, it says something about the reply."""
    is_about = kind.startswith((CHOICE_PREFIX, ROOT_PREFIX)) and kind != FURTHER_CHOICES
    return AboutDelta(kind, data) if is_about else OtherDelta(kind, data)


def _contains(later: bytes, earlier: bytes) -> bool:
    """Return whether a value begins with an earlier one, as it does while it grows."""
    if later == earlier:
        return True
    if later[:1] != earlier[:1] or len(later) < len(earlier) or later[:1] == _OBJECT:
        return False
    return later.startswith(earlier[:-1])


# ------------------------------------------------------------------ pieces


def assemble(pieces: list[bytes]) -> list[bytes]:
    """Return the values that the pieces of a field are, one if they fit together."""
    if len(pieces) < 2:
        return pieces
    raws = [msgspec.Raw(piece) for piece in pieces]
    texts = [value for raw in raws if isinstance(value := _text(raw), str)]
    if len(texts) == len(raws):
        return [msgspec.json.encode("".join(texts))]
    lists = [each for raw in raws if (each := items_of(raw)) is not None]
    if len(lists) == len(raws):
        return [msgspec.json.encode([item for each in lists for item in each])]
    return _joined_objects(raws)


def _text(raw: msgspec.Raw) -> object:
    return value_of(raw) if bytes(memoryview(raw)[:1]) == _TEXT else None


def _joined_objects(raws: list[msgspec.Raw]) -> list[bytes]:
    """Join objects whose fields are lists, such as log probabilities; keep others apart."""
    joined: dict[str, list[msgspec.Raw]] = {}
    for raw in raws:
        fields = fields_of(raw)
        for name, value in fields.items():
            if (items := items_of(value)) is not None:
                joined.setdefault(name, []).extend(items)
            elif bytes(value) != b"null":
                return _apart(raws)
        if not fields:
            return _apart(raws)
    return [msgspec.json.encode(joined)]


def _apart(raws: list[msgspec.Raw]) -> list[bytes]:
    return list(dict.fromkeys(map(bytes, raws)))
