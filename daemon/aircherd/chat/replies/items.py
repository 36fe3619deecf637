"""The order of a reply's parts where its vendor numbers the items that they belong to."""

from aircherd.chat.replies.parts import PartSoFar, TextSoFar
from aircherd.errors import fail
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import InItem

MAX_ITEMS = 10_000
"""The maximum of items, which need not hold a part."""


class Items:
    """The items of a reply whose vendor numbers them, in their order."""

    def __init__(self, first: list[PartSoFar]) -> None:
        """`first` are the parts before the first item."""
        self._current = Item(first)
        self._ordered = [self._current]
        self._numbered: dict[int, Item] = {}

    def enter(
        self, event: InItem, was_open: TextSoFar | None
    ) -> tuple[list[PartSoFar], TextSoFar | None]:
        """Begin or continue an item; return its parts, and its text that can still grow.

        Raises:
            ProviderFailed: there are too many items.
        """
        self._current.open = was_open
        item = self._numbered.get(event.number)
        if item is None:
            if len(self._ordered) >= MAX_ITEMS:
                fail(FailureClass.PROTOCOL, f"sent more than {MAX_ITEMS} items")
            item = self._numbered[event.number] = Item([])
            behind = None if event.before is None else self._numbered.get(event.before)
            place = len(self._ordered) if behind is None else self._ordered.index(behind)
            self._ordered.insert(place, item)
        self._current = item
        return item.parts, item.open

    def parts(self) -> list[PartSoFar]:
        """Return the parts of all items."""
        return [part for item in self._ordered for part in item.parts]


class Item:
    """The parts of one item; `open` is the text that can still grow."""

    __slots__ = ("open", "parts")

    def __init__(self, parts: list[PartSoFar]) -> None:
        self.parts = parts
        self.open: TextSoFar | None = None
