"""How well the open items of a kind fit what an event says."""

from typing import Final

import msgspec

from aircherd.providers.openai_responses.output.item import Item, Who
from aircherd.providers.openai_responses.schema import CALLS, FUNCTION_CALL

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def is_complete(item: Item) -> bool:
    """Return whether a text ended, or the arguments of a function are all there."""
    if item.kind not in CALLS:
        return bool(item.texts.parts and item.texts.parts[-1].ended_by)
    text = str(item.texts)
    if item.kind != FUNCTION_CALL or not text.endswith("}"):
        return False
    try:
        _OBJECT.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def named_by(candidates: list[Item], who: Who) -> list[Item]:
    """Return those that an event names, by an id or else by their number."""
    named = [item for item in candidates if item.is_named_by(who)]
    if len(named) == 1:
        return named
    among = named or candidates
    return [item for item in among if who.index is not None and item.index == who.index] or named


def rank_of(item: Item, who: Who, text: str) -> tuple[bool, ...] | None:
    """Return how well an open item fits one that is sent whole, None if not at all."""
    streamed = str(item.texts)
    is_same = streamed == text
    fits = is_same or text.startswith(streamed) or streamed.startswith(text)
    is_named = item.is_named_by(who)
    same_index = who.index is not None and item.index == who.index
    if not fits and (item.is_rest or item.contradicts(who)) and not is_named:
        return None
    return fits, is_named, is_same and bool(text), same_index, fits and bool(streamed)
