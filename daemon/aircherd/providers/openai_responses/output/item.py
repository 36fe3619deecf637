"""An item of the output, and what an event says about the one that it belongs to."""

from typing import Final

import msgspec

from aircherd.providers.openai_responses.output.texts import StreamedParts
from aircherd.providers.openai_responses.schema import REASONING, OutputItem

PARAGRAPH: Final = "\n\n"
"""Stands between the paragraphs of thinking."""

_MAX_IDS: Final = 4
"""Ids that are remembered of one item."""


class Who(msgspec.Struct, frozen=True, gc=False):
    """What an event says about its item; index None and empty ids mean that it does not."""

    index: int | None = None
    item_id: str = ""
    call_id: str = ""


UNKNOWN: Final = Who()


class Item:
    """An item of the output: what is known of it, and what of it was passed on.

    Attributes:
        number: its place in the reply, from 0.
        texts: the text of a message, the thinking, or the arguments of a call.
        whole: the item as it was last sent, None before.
        call: the number of a tool call that was passed on, from 0.
        passed_on: characters of its arguments that were.
        seen: what identifies the annotations and further fields that were passed on.
        before: the number of the item that it stands before, None at the end.
        is_signed, is_passed_on: whether its signature, or the whole of it, was.
        is_doubtful: there were pieces that may be its own or another's.
        is_ended: its arguments were sent whole.
        is_rest: it is what was streamed behind the end of another item of this kind.
    """

    __slots__ = (
        "before",
        "call",
        "call_id",
        "ids",
        "index",
        "is_added",
        "is_done",
        "is_doubtful",
        "is_ended",
        "is_passed_on",
        "is_rest",
        "is_signed",
        "kind",
        "name",
        "number",
        "passed_on",
        "seen",
        "texts",
        "whole",
    )

    def __init__(self, kind: str, number: int, who: Who) -> None:
        self.kind = kind
        self.number = number
        self.index = who.index
        self.ids: list[str] = [who.item_id] if who.item_id else []
        self.call_id = who.call_id
        self.name = ""
        self.texts = StreamedParts(PARAGRAPH if kind == REASONING else "")
        self.whole: OutputItem | None = None
        self.call: int | None = None
        self.passed_on = 0
        self.before: int | None = None
        self.seen: set[bytes] = set()
        self.is_added = self.is_doubtful = self.is_ended = self.is_done = self.is_rest = False
        self.is_signed = self.is_passed_on = False

    def learn(self, who: Who) -> None:
        """Add what an event says about the item."""
        self.call_id = self.call_id or who.call_id
        if self.index is None:
            self.index = who.index
        if who.item_id and who.item_id not in self.ids and len(self.ids) < _MAX_IDS:
            self.ids.append(who.item_id)

    def is_named_by(self, who: Who) -> bool:
        """Return whether an id of the item or of its call is this one."""
        if who.call_id and self.call_id:
            return who.call_id == self.call_id
        return bool(who.item_id) and who.item_id in self.ids

    def contradicts(self, who: Who) -> bool:
        """Return whether an event names another item: by its number, and not by any id."""
        other_index = None not in (who.index, self.index) and who.index != self.index
        return other_index and not self.is_named_by(who)

    def has_other_call(self, who: Who) -> bool:
        """Return whether an event is about another call."""
        return bool(who.call_id and self.call_id) and who.call_id != self.call_id
