"""Thinking: its paragraphs and its signature."""

from aircherd.providers.openai_responses.output.item import PARAGRAPH, UNKNOWN, Item, Who
from aircherd.providers.openai_responses.output.items import Items
from aircherd.providers.openai_responses.output.order import Events, Order
from aircherd.providers.openai_responses.output.texts import Place, StreamedPart, key_of
from aircherd.providers.openai_responses.schema import REASONING, OutputItem, thinking_text_of
from aircherd.providers.openai_responses.signature import sign_reasoning
from aircherd.vocabulary.reply import ReasoningDelta

_UNFINISHED = ("incomplete", "in_progress")


class Thinking:
    """What the model's thinking passes on."""

    def __init__(self, items: Items, order: Order) -> None:
        self._items = items
        self._order = order

    def add(self, who: Who, place: Place, text: str, out: Events) -> None:
        """Pass on a piece of the model's thinking or of its summary; both may have paragraphs."""
        item, _ = self._items.for_piece(REASONING, who)
        self._pass_on(item, item.texts.for_piece(key_of(*place)), text, out)

    def end(self, who: Who, place: Place, event: str, text: str, out: Events) -> None:
        """Pass on what is new in a paragraph of thinking that is sent whole."""
        if not text or self._items.is_repeated(REASONING, who, text):
            return
        item, _ = self._items.for_piece(REASONING, who)
        part = item.texts.for_whole(key_of(*place), event, text)
        if rest := part.rest_of(text):
            self._pass_on(item, part, rest, out)

    def add_first(self, text: str, out: Events) -> None:
        """Pass on thinking that is in no item, before all of them."""
        if text.strip() and not self._items.of_kind(REASONING):
            item = self._items.begin(REASONING, UNKNOWN)
            item.before = self._items.all[0].number if item.number else None
            self._order.put(item, ReasoningDelta(text), out)

    def _pass_on(self, item: Item, part: StreamedPart, text: str, out: Events) -> None:
        is_next = not part.length and any(each.length for each in item.texts.parts)
        part.add(text)
        self._order.put(item, ReasoningDelta(PARAGRAPH + text if is_next else text), out)

    def close(self, item: Item, sent: OutputItem, out: Events, *, is_whole: bool = True) -> None:
        """Pass on what is new in a whole item, and its signature."""
        rest = item.texts.rest_of(thinking_text_of(sent))
        if rest:
            item.texts.begin(("whole", None)).add(rest.removeprefix(PARAGRAPH))
        signature = None
        # A cut-off item must not go back: the vendor would not recognise it.
        if is_whole and sent.status not in _UNFINISHED and not item.is_signed:
            signature = sign_reasoning(sent)
            item.is_signed = signature is not None
        if rest or signature is not None:
            self._order.put(item, ReasoningDelta(rest, signature), out)
