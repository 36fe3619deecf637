"""Which item of the output an event belongs to.

OpenAI numbers the items, and gives each an id. Servers that resemble it leave out the number or
the id, send another id with each event, or the same number with each item. So an event is matched
by whatever it has: the id of a call, the item's id, its number, its text; and where all of that
says nothing, it continues the item of its kind that is open. An item is open from its first event
until it was sent whole.
"""

from typing import Final

import msgspec

from aircherd.errors import fail
from aircherd.providers.openai_responses.output.item import UNKNOWN, Item, Who
from aircherd.providers.openai_responses.output.matching import is_complete, named_by, rank_of
from aircherd.providers.openai_responses.output.texts import StreamedParts
from aircherd.providers.openai_responses.schema import CALLS
from aircherd.vocabulary.failure import FailureClass

MAX_ITEMS: Final = 5_000
"""The maximum of items in a reply."""

_MAX_SEARCH: Final = 32
"""Open items of one kind that are compared with an event."""


class Items:
    """All items of a reply so far."""

    def __init__(self) -> None:
        self.all: list[Item] = []
        self._highest = -1  # index
        self._open: dict[str, list[Item]] = {}
        self._last_done: dict[str, Item] = {}
        self._done: dict[tuple[str, str], Item] = {}

    def begin(self, kind: str, who: Who) -> Item:
        """Begin an item.

        Raises:
            ProviderFailed: PROTOCOL: there are too many.
        """
        if len(self.all) >= MAX_ITEMS:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_ITEMS} items")
        item = Item(kind, len(self.all), who)
        if who.index is not None:
            # A number that another item had says nothing about the order.
            if who.index < self._highest and all(each.index != who.index for each in self.all):
                item.before = self._first_behind(who.index)
            self._highest = max(self._highest, who.index)
        self.all.append(item)
        self._open.setdefault(kind, []).append(item)
        return item

    def as_known(self, found: Item | None, kind: str, who: Who, text: str) -> Item:
        """Return an item, a new one if None was found, whose text was passed on.

        It may have been passed on as that of another item.
        """
        item = found or self.begin(kind, msgspec.structs.replace(who, index=None))
        if str(item.texts) != text:
            item.texts = StreamedParts()
            item.texts.begin((kind, None)).add(text)
        return item

    def add(self, kind: str, who: Who) -> Item:
        """Return the item that a server announces: a new one, unless its pieces came first."""
        for item in self._candidates(kind, who):
            same_index = who.index is not None and item.index == who.index
            if item.is_named_by(who) or (not item.is_added and same_index):
                item.learn(who)
                break
        else:
            item = self.begin(kind, who)
        item.is_added = True
        return item

    def for_piece(self, kind: str, who: Who) -> tuple[Item, bool]:
        """Return the item that a piece continues, and whether that is certain."""
        candidates = [item for item in self._candidates(kind, who) if not item.is_ended]
        if not candidates:
            return self.begin(kind, who), True
        known = named_by(candidates, who)
        chosen = (known or candidates)[-1]
        is_named = sum(item.is_named_by(who) for item in candidates) == 1
        if chosen is not candidates[-1] and not is_named and is_complete(chosen):
            known, chosen = [candidates[-1]], candidates[-1]  # a second object is of another call
        if len(known) == 1 and not chosen.is_doubtful:
            return chosen, True
        if kind not in CALLS:
            return chosen, True  # texts may be joined, as nothing is done with them
        if chosen.contradicts(who) and not chosen.is_added:
            # A server that announces its calls would have announced this one.
            return self.begin(kind, who), True
        if len(candidates) == 1 and not chosen.contradicts(who) and not chosen.is_doubtful:
            return chosen, True
        for item in candidates:
            item.is_doubtful = True
        return chosen, False

    def for_end(self, kind: str, who: Who, text: str) -> Item | None:
        """Return the call whose arguments are sent whole, None if several are possible."""
        candidates = [item for item in self._candidates(kind, who) if not item.is_ended]
        known = named_by(candidates, who)
        if len(known) == 1 and known[0].is_doubtful:
            known = candidates  # its name is not its own
        if len(known) != 1:
            same = [item for item in candidates if text and str(item.texts) == text]
            known = same if len(same) == 1 else known
        if len(known) == 1:
            return known[0]
        if not candidates:
            return self.begin(kind, who)
        first = candidates[0]
        if len(candidates) > 1 or first.is_doubtful:
            return None
        if not first.contradicts(who):
            return first
        # A server that announces its items would have announced this one.
        return None if first.is_added else self.begin(kind, who)

    def for_whole(self, kind: str, who: Who, text: str) -> Item | None:
        """Return the item that is sent whole; None for one of which nothing came before."""
        candidates = self._candidates(kind, who) or self._renamed(kind, who)
        ranks = [(rank_of(item, who, text), -item.number, item) for item in candidates]
        fitting = [(rank, place, item) for rank, place, item in ranks if rank is not None]
        if not fitting:
            return self._repeated(kind, who, text)
        rank, _, item = max(fitting, key=lambda each: each[:2])
        # With several open ones, a text that fits none of them is that of a further one.
        return item if any(rank[:4]) or len(candidates) == 1 else None

    def close(self, item: Item, who: Who) -> None:
        """Note that an item was sent whole."""
        item.learn(who)
        for name in (*item.ids, item.call_id):
            if name:
                self._done[item.kind, name] = item
        self._last_done[item.kind] = item
        if not item.is_done:
            item.is_done = True
            opened = self._open.get(item.kind, [])
            if item in opened:
                opened.remove(item)

    def keep_rest(self, item: Item, text: str) -> None:
        """Note what was streamed behind the end of an item: it belongs to the next of its kind.

        Some servers announce several messages under one id.
        """
        streamed = str(item.texts)
        rest = streamed[len(text) :]
        if not text or not rest.strip() or not streamed.startswith(text):
            return
        further = self.begin(item.kind, UNKNOWN)
        further.number, further.is_rest = item.number, True
        further.texts.begin((item.kind, None)).add(rest)
        item.texts = StreamedParts()
        item.texts.begin((item.kind, None)).add(text)

    def for_note(self, kind: str, who: Who) -> Item:
        """Return the item that something is added to, even if it was sent whole already."""
        if not self._candidates(kind, who) and (last := self._last_done.get(kind)) is not None:
            return self._done.get((kind, who.item_id), last)
        return self.for_piece(kind, who)[0]

    def is_repeated(self, kind: str, who: Who, text: str) -> bool:
        """Return whether this text ends an item that was sent whole, and no other one is open."""
        last = self._last_done.get(kind)
        if last is None or last.contradicts(who) or self._candidates(kind, who):
            return False
        if who.item_id and who.item_id not in last.ids:
            return False
        return str(last.texts).endswith(text)

    def of_kind(self, kind: str) -> list[Item]:
        """Return all items of a kind."""
        return [item for item in self.all if item.kind == kind]

    def open_items(self) -> list[Item]:
        """Return the items that were not sent whole."""
        return [item for item in self.all if not item.is_done]

    def _first_behind(self, index: int) -> int | None:
        behind = (item for item in self.all if item.index is not None and item.index > index)
        first = next(behind, None)
        return None if first is None else first.number

    def _candidates(self, kind: str, who: Who) -> list[Item]:
        opened = self._open.get(kind, [])[-_MAX_SEARCH:]
        return [item for item in opened if not item.has_other_call(who)]

    def _renamed(self, kind: str, who: Who) -> list[Item]:
        """Return the open item that has all but its call's id in common with a whole one.

        OpenAI announces a search for the client's tools under another id than it ends it with.
        """
        if kind in CALLS or not who.item_id or who.index is None:
            return []
        opened = self._open.get(kind, [])[-_MAX_SEARCH:]
        same = [item for item in opened if item.index == who.index and who.item_id in item.ids]
        if len(same) != 1:
            return []
        same[0].call_id = who.call_id
        return same

    def _repeated(self, kind: str, who: Who, text: str) -> Item | None:
        """Return an item that is sent whole once more."""
        if who.call_id:
            return self._done.get((kind, who.call_id))
        item = self._done.get((kind, who.item_id)) if who.item_id else None
        if item is None or item.index != who.index:
            return None
        return item if str(item.texts) == text else None
