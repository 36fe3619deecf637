"""The output of a reply: which item each event belongs to, and when items end.

Thinking and texts end where another part begins, calls at the end of the reply, because servers may
interleave their pieces. Where a vendor numbers its items, the parts of each grow on their own.
"""

from typing import Final, TypeVar

from aircherd.http_api.dialects.openai_responses.kept import (
    keep_before,
    keep_calls,
    keep_other,
    keep_thinking,
)
from aircherd.http_api.dialects.openai_responses.reply.items import (
    CallItem,
    Events,
    FreeformCallItem,
    OutputItem,
    PictureItem,
    ReasoningItem,
    SearchCallItem,
    TextItem,
)
from aircherd.http_api.dialects.openai_responses.request.names import Called, Form, Names
from aircherd.vocabulary.reply import (
    AboutDelta,
    AudioDelta,
    CitationDelta,
    ImageDelta,
    InItem,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
)

_Item = TypeVar("_Item", bound=OutputItem)

_CALL_ITEMS: Final[dict[Form, type[CallItem]]] = {
    "function": CallItem,
    "custom": FreeformCallItem,
    "search": SearchCallItem,
}

_FIRST: Final = -1
"""The number of what comes before a vendor's first number."""


class Output:
    """The items so far."""

    def __init__(self, names: Names, events: Events) -> None:
        self.items: list[OutputItem] = []
        self.origin = ""
        """`provider/model` that answers."""
        self._names = names
        self._events = events
        self._sent = 0  # items that were sent as done
        self._open: TextItem | ReasoningItem | None = None
        # What the last text keeps, which no item may follow: programs look there for the answer.
        self._waiting: str | None = None
        self._others_open: dict[int, TextItem | ReasoningItem | None] = {}
        self._number = _FIRST
        self._calls: dict[int, CallItem] = {}

    def add(self, event: ReplyEvent) -> None:
        """Tell one event."""
        kind = type(event)
        if kind is TextDelta:
            self._add_text(event)  # type: ignore[arg-type]
        elif kind is ToolCallDelta:
            self._add_call(event)  # type: ignore[arg-type]
        elif kind is ReasoningDelta:
            self._add_thinking(event)  # type: ignore[arg-type]
        else:
            self._add_rare(event)

    # -------------------------------------------------------------- texts and thinking

    def _add_text(self, event: TextDelta) -> None:
        item = self._open
        if type(item) is not TextItem or item.is_refusal is not event.refusal:
            if not event.text and event.signature is None:
                return
            self._end_open()
            item = self._open = self._begin(TextItem(self._next(), is_refusal=event.refusal))
        if event.text:
            item.add(event.text, self._events)
        if event.signature is not None:
            self._end_open(event.signature)

    def _add_thinking(self, event: ReasoningDelta) -> None:
        item = self._open
        if type(item) is not ReasoningItem:
            self._end_open()
            item = self._open = self._begin(ReasoningItem(self._next()))
        if event.text:
            item.add(event.text, self._events)
        if event.signature is not None:
            self._end_open(event.signature)

    def _begin(self, item: _Item) -> _Item:
        self.items.append(item)
        item.open(self._events)
        return item

    def _end_open(self, signature: str | None = None) -> None:
        item, self._open = self._open, None
        if item is None:
            return
        if type(item) is ReasoningItem:
            item.kept = keep_thinking(self.origin, item.text, signature)
            self._end(item)
        elif type(item) is TextItem:
            self._end(item)
            if item is self.items[-1]:  # else it would be taken for that of another text
                self._waiting = keep_before(self.origin, signature, item.citations)

    def _next(self) -> int:
        """Return the place of the next item, behind what the text before it keeps."""
        kept, self._waiting = self._waiting, None
        self._keep(kept)
        return len(self.items)

    def _end(self, item: OutputItem) -> None:
        item.is_ended = True
        self._tell_ended()

    def _tell_ended(self) -> None:
        items = self.items
        while self._sent < len(items) and items[self._sent].is_ended:
            items[self._sent].close(self._events)
            self._sent += 1

    def _keep(self, kept: str | None) -> None:
        """Add what a model needs back, where there is something."""
        if kept is not None:
            self._end(self._begin(ReasoningItem(len(self.items), kept)))

    # -------------------------------------------------------------- calls

    def _add_call(self, event: ToolCallDelta) -> None:
        call = self._calls.get(event.index)
        if call is None:
            self._end_open()
            call = self._calls[event.index] = self._begin_call(event)
        if event.signature is not None:
            call.signature = event.signature
        call.add(event.arguments, self._events)

    def _begin_call(self, event: ToolCallDelta) -> CallItem:
        name = event.name or ""
        called = self._names.called.get(name) or Called(name)
        make = _CALL_ITEMS[called.form]
        return self._begin(make(self._next(), event.call_id or "", called))

    # -------------------------------------------------------------- what most replies do not have

    def _add_rare(self, event: ReplyEvent) -> None:
        if isinstance(event, CitationDelta):
            self._text_before().cite(event.citation, self._events)
        elif isinstance(event, PartEnd):
            self._end_open()
        elif isinstance(event, InItem):
            self._enter(event.number)
        elif isinstance(event, ImageDelta):
            self._end_open()
            self._end(self._begin(PictureItem(self._next(), event)))
            self._keep(keep_before(self.origin, event.signature))
        elif isinstance(event, AudioDelta):
            # No request of this API asks for sound: what is said in it is the answer.
            self._add_text(TextDelta(event.transcript or ""))
        elif isinstance(event, OtherDelta) and not isinstance(event, AboutDelta):
            self._end_open()
            self._next()
            self._keep(keep_other(self.origin, event.kind, event.data))

    def _text_before(self) -> TextItem:
        if type(self._open) is TextItem:
            return self._open
        last = self.items[-1] if self.items else None
        if type(last) is TextItem and not last.data:
            return last
        self._end_open()
        item = self._open = self._begin(TextItem(self._next(), is_refusal=False))
        return item

    def _enter(self, number: int) -> None:
        self._others_open[self._number] = self._open
        self._number = number
        self._open = self._others_open.pop(number, None)

    # -------------------------------------------------------------- the end

    def end(self, status: str = "completed") -> None:
        """Tell that all items are done; `status` is that of those that were still open."""
        for still_open in [*self._others_open.values(), self._open]:
            self._open = still_open
            self._end_open()
        if self._calls:
            self._next()
        for item in self.items[self._sent :]:
            item.close(self._events, "completed" if item.is_ended else status)
        self._sent = len(self.items)
        signed = {call.call_id: call.signature for call in self._calls.values() if call.signature}
        self._keep(keep_calls(self.origin, signed))

    def done(self) -> list[bytes]:
        """Return the items that were sent as done, as JSON."""
        return [item.data for item in self.items[: self._sent]]
