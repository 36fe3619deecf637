"""Pairs the output in the last event of a stream with the items that were streamed.

The last event repeats the whole output, and may hold items of which nothing was streamed. Ids are
compared first, then texts; the remaining items of a kind are taken to be in the same order. So a
kind never gets more items than the longer of the two lists has.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable

from aircherd.providers.codec.json_in import as_text
from aircherd.providers.openai_responses.output.contents import item_text
from aircherd.providers.openai_responses.output.item import PARAGRAPH, Item, Who
from aircherd.providers.openai_responses.output.items import Items
from aircherd.providers.openai_responses.schema import MESSAGE, REASONING, OutputItem

Sent = tuple[Who, str]
"""An item of the output: what identifies it, and its text."""

_Names = Callable[[Item], list[Hashable]]
_Name = Callable[[Sent], Hashable]


def pair_output(known: Items, output: list[OutputItem]) -> list[Item | None]:
    """Return for each item of the output the one that it repeats, None if nothing came of it."""
    sent: dict[str, list[tuple[int, Sent]]] = {}
    for number, each in enumerate(output):
        who = Who(number, as_text(each.id), as_text(each.call_id))
        sent.setdefault(each.kind, []).append((number, (who, item_text(each))))
    paired: list[Item | None] = [None] * len(output)
    for kind, of_kind in sent.items():
        items = pair(known.of_kind(kind), [one for _, one in of_kind])
        is_all_known = _is_all_known(known, kind, of_kind)
        for (number, (who, text)), found in zip(of_kind, items, strict=True):
            paired[number] = found
            if is_all_known:
                paired[number] = known.as_known(found, kind, who, text)
    return paired


def _is_all_known(known: Items, kind: str, sent: list[tuple[int, Sent]]) -> bool:
    """Return whether all text of a kind was streamed, though perhaps as other items."""
    if kind not in (MESSAGE, REASONING):
        return False
    streamed = "".join(str(item.texts) for item in known.of_kind(kind))
    whole = "".join(text for _, (_, text) in sent)
    return streamed.replace(PARAGRAPH, "") == whole.replace(PARAGRAPH, "")


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


def next_numbers(paired: list[Item | None]) -> list[int | None]:
    """Return for each place in the output the number of the next item that was streamed."""
    numbers: list[int | None] = []
    following: int | None = None
    for item in reversed(paired):
        numbers.append(following)
        following = following if item is None else item.number
    return numbers[::-1]


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
