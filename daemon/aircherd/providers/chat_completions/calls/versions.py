"""Compares two objects: one may be the other again, or a later version of it."""

import operator
from collections.abc import Callable

from aircherd.providers.chat_completions.calls.argument_text import decoded


def is_same(text: str, piece: str) -> bool:
    """Return whether `piece` is the same object again, in any spelling."""
    if not _is_near(text, piece):
        return False
    return piece.strip() == text.strip() or _relate(operator.eq, text, piece)


def has_more_fields(text: str, piece: str) -> bool:
    """Return whether `piece` is the object `text` with more fields."""
    return _is_near(text, piece) and _relate(_has_more_fields, text, piece)


def is_later(text: str, piece: str) -> bool:
    """Return whether `piece` is `text` with more in it: more fields, or longer texts."""
    return _is_near(text, piece) and _relate(_has_grown, text, piece)


def _is_near(text: str, piece: str) -> bool:
    """Return whether `piece` is long enough for another spelling or version of `text`.

    It bounds the work: comparing costs no more than a multiple of what was received.
    """
    return len(text) <= 8 * len(piece) + 64


def _relate(relation: Callable[[object, object], bool], text: str, piece: str) -> bool:
    """Return whether `relation` holds between the two JSON values."""
    new = decoded(piece)
    if new is ...:
        return False
    try:
        return relation(decoded(text), new)
    except RecursionError:
        return False


def _has_more_fields(old: object, new: object) -> bool:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return False
    return len(new) > len(old) and all(new.get(name, ...) == old[name] for name in old)


def _has_grown(old: object, new: object) -> bool:
    """Return whether `new` is `old` with more in it: more fields, or longer texts."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(name in new and _has_grown(value, new[name]) for name, value in old.items())
    if isinstance(old, str) and isinstance(new, str):
        return new.startswith(old)
    return old == new
