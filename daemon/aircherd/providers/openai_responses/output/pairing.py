"""Pairs the output in the last event of a stream with the items that were streamed.

The last event repeats the whole output, and may hold items of which nothing was streamed. Ids are
compared first, then texts; the remaining items of a kind are taken to be in the same order. So a
kind never gets more items than the longer of the two lists has.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable

from aircherd.providers.openai_responses.output.items import Item, Who

Sent = tuple[Who, str]
"""An item of the output: what identifies it, and its text."""

_Names = Callable[[Item], list[Hashable]]
_Name = Callable[[Sent], Hashable]


def pair(streamed: list[Item], sent: list[Sent]) -> list[Item | None]:
    """Return for each sent item of one kind the streamed one that it repeats, None if none."""
    pairs: list[Item | None] = [None] * len(sent)
    unused = dict.fromkeys(streamed)
    for names_of, name_of in _PASSES:
        _pair_by(names_of, name_of, sent, pairs, unused)
    left = deque(item for item in unused if not item.is_rest)
    for number, (who, text) in enumerate(sent):
        if pairs[number] is None and left and not _is_other(left[0], who, text):
            pairs[number] = left.popleft()
    return pairs


def _pair_by(
    names_of: _Names,
    name_of: _Name,
    sent: list[Sent],
    pairs: list[Item | None],
    unused: dict[Item, None],
) -> None:
    named: dict[Hashable, deque[Item]] = defaultdict(deque)
    for item in unused:
        for name in names_of(item):
            named[name].append(item)
    for number, each in enumerate(sent):
        name = name_of(each)
        if pairs[number] is not None or name == "":
            continue
        found = named.get(name)
        while found:
            item = found.popleft()
            if item in unused and not item.has_other_call(each[0]):
                pairs[number] = item
                del unused[item]
                break


def _text(item: Item) -> list[Hashable]:
    return [str(item.texts)]


_PASSES: tuple[tuple[_Names, _Name], ...] = (
    (lambda item: [item.call_id], lambda sent: sent[0].call_id),
    (
        lambda item: [(each, str(item.texts)) for each in item.ids],
        lambda sent: (sent[0].item_id, sent[1]) if sent[0].item_id else "",
    ),
    (lambda item: [] if item.is_rest else list(item.ids), lambda sent: sent[0].item_id),
    (_text, lambda sent: sent[1]),
)
"""How items are recognised, best first: their names, and that of one in the output."""


def _is_other(item: Item, who: Who, text: str) -> bool:
    """Return whether a streamed item cannot be the one that was sent."""
    streamed = str(item.texts)
    fits = not text or text.startswith(streamed) or streamed.startswith(text)
    return item.has_other_call(who) or (item.contradicts(who) and not fits)
