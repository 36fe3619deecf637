"""The output of a reply while it is received: what the server says about each item, as events.

Each method passes on what is new in one event of the stream. `close_item` does so for a whole item,
and `end` for the whole output. Before each event an `InItem` names its item, if that is another one
than before.
"""

from collections.abc import Callable
from typing import Final

from aircherd.providers.codec.held import Held
from aircherd.providers.codec.json_in import as_text
from aircherd.providers.openai_responses.media import StreamedAudio, image_of
from aircherd.providers.openai_responses.output.awaited import AwaitedResults
from aircherd.providers.openai_responses.output.calls import Calls
from aircherd.providers.openai_responses.output.contents import item_text, texts_in
from aircherd.providers.openai_responses.output.item import UNKNOWN, Item, Who
from aircherd.providers.openai_responses.output.items import Items
from aircherd.providers.openai_responses.output.messages import Messages
from aircherd.providers.openai_responses.output.order import Events, Order
from aircherd.providers.openai_responses.output.pairing import next_numbers, pair_output
from aircherd.providers.openai_responses.output.thinking import Thinking
from aircherd.providers.openai_responses.schema import (
    CALLS,
    IMAGE_CALL,
    MESSAGE,
    REASONING,
    ContentPart,
    OutputItem,
    raws_of,
    text_of,
)
from aircherd.vocabulary.reply import (
    OtherDelta,
    TextDelta,
)

MAX_HELD: Final = 16_000_000
"""Characters of pieces whose item is not known yet, and of items that are not complete."""


class Output:
    """The items so far. `new_id` makes up the id of a call for which the server sent none."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.audio = StreamedAudio()
        self._items = Items()
        self._order = Order()
        self.messages = Messages(self._items, self._order)
        self.thinking = Thinking(self._items, self._order)
        self._calls = Calls(new_id)
        self._awaited = AwaitedResults()
        self._held = Held(MAX_HELD, "more than {limit} characters without an item")

    @property
    def awaits_client(self) -> bool:
        """Whether something of the output needs a result from the client."""
        return self._calls.count > 0 or self._awaited.any

    # -------------------------------------------------------------- text

    def end_part(self, who: Who, index: object, event: str, part: ContentPart, out: Events) -> None:
        """Pass on what is new in a part of a message that is sent whole."""
        if part.type == "reasoning_text":
            self.thinking.end(who, ("content", index), event, as_text(part.text), out)
            return
        # What is no text is in the whole item too.
        for kind, text in texts_in(part):
            self.messages.end_text(who, (kind, index), event, text, out)
        for raw in raws_of(part.annotations):
            self.messages.add_annotation(who, raw, out)

    # -------------------------------------------------------------- calls

    def add_arguments(self, kind: str, who: Who, text: str, out: Events) -> None:
        """Pass on a piece of a call's arguments."""
        item, is_certain = self._items.for_piece(kind, who)
        if is_certain:
            self._order.enter(item, out)
        if not is_certain or item.call is None:
            self._held.add(len(text))
        self._calls.add_piece(item, text, out, is_certain=is_certain)

    def end_arguments(self, kind: str, who: Who, text: str, name: str, out: Events) -> None:
        """Pass on what is new in the arguments of a call that are sent whole."""
        if self._items.is_repeated(kind, who, text):
            return
        item = self._items.for_end(kind, who, text)
        if item is None or item.call is None:
            self._held.add(len(text))
        if item is None:
            self._calls.hold(text)
            return
        item.is_ended = True
        item.name = item.name or name
        self._order.enter(item, out)
        self._calls.add_whole(item, text, out)

    # -------------------------------------------------------------- items

    def open_item(self, who: Who, sent: OutputItem, out: Events) -> None:
        """Process the start of an item; that of a call has its id and name."""
        self._held.add(memoryview(sent.raw).nbytes)
        item = self._items.add(sent.kind, who)
        item.whole = sent
        self._order.enter(item, out)
        if sent.kind in CALLS:
            self._calls.open(item, sent, out)

    def close_item(self, who: Who, sent: OutputItem, out: Events) -> None:
        """Process the end of an item: pass on what was not streamed, and its signature."""
        text = item_text(sent)
        item = self._items.for_whole(sent.kind, who, text) or self._items.begin(sent.kind, who)
        self._close(item, who, sent, text, out)

    def _close(self, item: Item, who: Who, sent: OutputItem, text: str, out: Events) -> None:
        item.whole = sent
        self._order.enter(item, out)
        self._items.close(item, who)
        if sent.kind == MESSAGE:
            self._items.keep_rest(item, text)
            self.messages.close(item, sent, out)
        elif sent.kind == REASONING:
            self.thinking.close(item, sent, out)
        elif sent.kind in CALLS:
            self._calls.close(item, sent, out)
        else:
            self._close_other(item, sent, out)
        item.whole = None

    def _close_other(self, item: Item, sent: OutputItem, out: Events) -> None:
        if item.is_passed_on:
            return
        item.is_passed_on = True
        image = image_of(sent) if sent.kind == IMAGE_CALL else None
        self._awaited.note(sent)
        self._order.put(item, image or OtherDelta(sent.kind[:200], text_of(sent.raw)), out)

    # -------------------------------------------------------------- the end

    def end(self, output: list[OutputItem], text: str, out: Events) -> None:
        """Pass on what is new in the whole output, and what was announced and never sent whole."""
        self._close_paired(output, pair_output(self._items, output), out)
        for item in self._items.open_items():
            if item.kind == REASONING and item.whole is not None:
                self.thinking.close(item, item.whole, out, is_whole=False)
            elif item.kind not in CALLS and item.whole is not None:
                self._close(item, UNKNOWN, item.whole, item_text(item.whole), out)
        for item in self._calls.unfinished(self._items.open_items()):
            self._order.enter(item, out)
            self._calls.finish(item, out)
        if text and not self._items.all:
            self._order.put(self._items.begin(MESSAGE, UNKNOWN), TextDelta(text), out)
        if (audio := self.audio.whole()) is not None:
            out.append(audio)

    def _close_paired(
        self, output: list[OutputItem], paired: list[Item | None], out: Events
    ) -> None:
        before = next_numbers(paired)
        for number, item in enumerate(output):
            # Its number is its place here, not what the server called it before.
            who = Who(None, as_text(item.id), as_text(item.call_id))
            known = paired[number]
            if known is None:
                known = self._items.begin(item.kind, who)
                known.before = before[number]
            self._close(known, who, item, item_text(item), out)
