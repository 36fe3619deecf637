"""Messages: their texts, sources, and what else they have."""

from collections.abc import Iterable

import msgspec

from aircherd.providers.codec.json_in import as_text
from aircherd.providers.openai_responses.citations import citation_of, identity_of
from aircherd.providers.openai_responses.media import audio_of
from aircherd.providers.openai_responses.output.contents import is_text, known_fields, texts_in
from aircherd.providers.openai_responses.output.item import Item, Who
from aircherd.providers.openai_responses.output.items import Items
from aircherd.providers.openai_responses.output.order import Events, Order
from aircherd.providers.openai_responses.output.texts import Place, StreamedPart, key_of
from aircherd.providers.openai_responses.schema import (
    MESSAGE,
    ContentPart,
    OutputItem,
    is_empty,
    other_fields,
    parts_of,
    raws_of,
    text_of,
)
from aircherd.providers.openai_responses.signature import CONTENT, sign_phase
from aircherd.vocabulary.reply import AboutDelta, CitationDelta, OtherDelta, PartEnd, TextDelta

_MESSAGE_FIELDS = frozenset({"type", "id", "role", "status", "content", "phase", "call_id"})


class Messages:
    """What messages pass on."""

    def __init__(self, items: Items, order: Order) -> None:
        self.is_refused = False
        self._items = items
        self._order = order

    def text_part(self, who: Who, kind: str, index: object, out: Events) -> StreamedPart:
        """Return the part of a message that a piece of text belongs to."""
        item, _ = self._items.for_piece(MESSAGE, who)
        self._order.enter(item, out)
        count = len(item.texts.parts)
        part = item.texts.for_piece(key_of(kind, index))
        if 0 < count < len(item.texts.parts):
            out.append(PartEnd())
        return part

    def add_refusal(self, who: Who, index: object, text: str, out: Events) -> None:
        """Pass on a piece of a refusal, which the model writes instead of an answer."""
        self.text_part(who, "refusal", index, out).add(text)
        self._put_text("refusal", text, out)

    def end_text(self, who: Who, place: Place, event: str, text: str, out: Events) -> None:
        """Pass on what is new in a text that is sent whole by an event of this type."""
        if not text or self._items.is_repeated(MESSAGE, who, text):
            return
        item, _ = self._items.for_piece(MESSAGE, who)
        kind = place[0]
        part = item.texts.for_whole(key_of(*place), event, text)
        rest = part.rest_of(text)
        if rest:
            self._order.enter(item, out)
            if not part.length and any(each.length for each in item.texts.parts):
                out.append(PartEnd())
            part.add(rest)
            self._put_text(kind, rest, out)

    def add_annotation(self, who: Who, raw: msgspec.Raw, out: Events) -> None:
        """Pass on a source of a text."""
        if not is_empty(raw):
            self._annotate(self._items.for_note(MESSAGE, who), (raw,), out)

    def _put_text(self, kind: str, text: str, out: Events) -> None:
        is_refusal = kind == "refusal"
        self.is_refused = self.is_refused or is_refusal
        out.append(TextDelta(text, refusal=is_refusal))

    def _annotate(self, item: Item, raws: Iterable[msgspec.Raw], out: Events) -> None:
        for raw in raws:
            identity = identity_of(raw)
            if identity not in item.seen:
                item.seen.add(identity)
                self._order.put(item, CitationDelta(citation_of(raw)), out)

    def close(self, item: Item, sent: OutputItem, out: Events) -> None:
        """Pass on what is new in a whole message, and its signature."""
        streamed = str(item.texts)
        waiting: list[ContentPart] = []  # what is not text, until more text or the signature
        for part in parts_of(sent.content):
            for kind, text in texts_in(part):
                self.is_refused |= kind == "refusal"
                rest = _rest(streamed, text)
                streamed = streamed[len(text) :] if rest is not None else streamed
                if rest:
                    self._put_waiting(item, waiting, out)
                    self._put_rest(item, kind, rest, out, is_part=rest == text)
            if is_text(part):
                self._annotate(item, raws_of(part.annotations), out)
            waiting.append(part)
        signature = sign_phase(as_text(sent.phase))
        if signature and not item.is_signed and str(item.texts):
            item.is_signed = True
            self._order.put(item, TextDelta("", signature), out)
        self._put_waiting(item, waiting, out)
        self._put_others(item, f"{MESSAGE}.", sent.raw, _MESSAGE_FIELDS, out)

    def _put_waiting(self, item: Item, waiting: list[ContentPart], out: Events) -> None:
        """Pass on what is no text, and what texts have besides."""
        for part in waiting:
            if is_text(part):
                self._put_others(item, CONTENT, part.raw, known_fields(part), out)
            else:
                self._put_other_part(item, part, out)
        waiting.clear()

    def _put_rest(self, item: Item, kind: str, rest: str, out: Events, *, is_part: bool) -> None:
        """Pass on a text, a part of its own or the end of the last one."""
        parts = item.texts.parts
        if is_part and any(part.length for part in parts):
            self._order.put(item, PartEnd(), out)
        part = parts[-1] if parts and not is_part else item.texts.begin((kind, None))
        part.add(rest)
        self._order.enter(item, out)
        self._put_text(kind, rest, out)

    def _put_other_part(self, item: Item, part: ContentPart, out: Events) -> None:
        identity = identity_of(part.raw)
        if identity in item.seen:
            return
        item.seen.add(identity)
        audio = audio_of(part) if part.type == "output_audio" else None
        kind = CONTENT + (as_text(part.type) or "part")
        self._order.put(item, audio or OtherDelta(kind[:200], text_of(part.raw)), out)

    def _put_others(
        self, item: Item, prefix: str, raw: msgspec.Raw, known: frozenset[str], out: Events
    ) -> None:
        for name, value in other_fields(raw, known).items():
            identity = b"%b:%b" % (name.encode("utf-8", "replace"), identity_of(value))
            if identity not in item.seen:
                item.seen.add(identity)
                self._order.put(item, AboutDelta((prefix + name)[:200], text_of(value)), out)


def _rest(streamed: str, whole: str) -> str | None:
    """Return what of a text was not streamed; None if what was streamed is something else."""
    if streamed.startswith(whole):
        return ""
    return whole[len(streamed) :] if whole.startswith(streamed) else None
