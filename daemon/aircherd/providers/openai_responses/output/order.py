"""Which item the events of a reply belong to: an `InItem` says so, if it is another than before."""

from aircherd.providers.openai_responses.output.item import Item
from aircherd.vocabulary.reply import InItem, ReplyEvent

Events = list[ReplyEvent]


class Order:
    """The items that something was passed on of."""

    def __init__(self) -> None:
        self._entered: set[int] = set()
        self._number: int | None = None

    def put(self, item: Item, event: ReplyEvent, out: Events) -> None:
        """Pass on an event of an item."""
        self.enter(item, out)
        out.append(event)

    def enter(self, item: Item, out: Events) -> None:
        """Say that what follows belongs to an item."""
        if item.number != self._number:
            is_new = item.number not in self._entered
            self._entered.add(item.number)
            self._number = item.number
            out.append(InItem(item.number, item.before if is_new else None))
