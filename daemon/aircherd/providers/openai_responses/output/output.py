"""The output of a reply while it is received: what the server says about each item, as events.

Each method passes on what is new in one event of the stream. `close_item` does so for a whole item,
and `end` for the whole output. Before each event an `InItem` names its item, if that is another one
than before.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from aircherd.errors import fail
from aircherd.providers.codec.json_in import as_text
from aircherd.providers.openai_responses.citations import citation_of, identity_of
from aircherd.providers.openai_responses.media import StreamedAudio, audio_of, image_of
from aircherd.providers.openai_responses.output.awaited import AwaitedResults
from aircherd.providers.openai_responses.output.calls import Calls
from aircherd.providers.openai_responses.output.items import PARAGRAPH, UNKNOWN, Item, Items, Who
from aircherd.providers.openai_responses.output.pairing import Sent, pair
from aircherd.providers.openai_responses.output.texts import Key, StreamedPart
from aircherd.providers.openai_responses.schema import (
    CALLS,
    IMAGE_CALL,
    MESSAGE,
    REASONING,
    ContentPart,
    OutputItem,
    is_empty,
    other_fields,
    parts_of,
    raws_of,
    text_of,
    thinking_text_of,
)
from aircherd.providers.openai_responses.signature import CONTENT, sign_phase, sign_reasoning
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    AboutDelta,
    CitationDelta,
    InItem,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
)

Events = list[ReplyEvent]

Place = tuple[str, object]
"""The kind of a text, and the index of its part as the server sent it."""

MAX_HELD: Final = 16_000_000
"""Characters of pieces whose item is not known yet, and of items that are not complete."""

_UNFINISHED = ("incomplete", "in_progress")

_MESSAGE_FIELDS = frozenset({"type", "id", "role", "status", "content", "phase", "call_id"})
_PART_FIELDS = frozenset({"type", "text", "refusal", "annotations"})


class Output:
    """The items so far. `new_id` makes up the id of a call for which the server sent none."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.audio = StreamedAudio()
        self.is_refused = False
        self._items = Items()
        self._calls = Calls(new_id)
        self._awaited = AwaitedResults()
        self._entered: set[int] = set()
        self._number: int | None = None
        self._held = 0

    def _hold(self, size: int) -> None:
        """Count what is kept and not passed on.

        Raises:
            ProviderFailed: PROTOCOL: it is too much.
        """
        self._held += size
        if self._held > MAX_HELD:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_HELD} characters without an item")

    @property
    def awaits_client(self) -> bool:
        """Whether something of the output needs a result from the client."""
        return self._calls.count > 0 or self._awaited.any

    # -------------------------------------------------------------- text

    def text_part(self, who: Who, kind: str, index: object, out: Events) -> StreamedPart:
        """Return the part of a message that a piece of text belongs to."""
        item, _ = self._items.for_piece(MESSAGE, who)
        self._enter(item, out)
        count = len(item.texts.parts)
        part = item.texts.for_piece(_key(kind, index))
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
        part = item.texts.for_whole(_key(*place), event, text)
        rest = part.rest_of(text)
        if rest:
            self._enter(item, out)
            if not part.length and any(each.length for each in item.texts.parts):
                out.append(PartEnd())
            part.add(rest)
            self._put_text(kind, rest, out)

    def end_part(self, who: Who, index: object, event: str, part: ContentPart, out: Events) -> None:
        """Pass on what is new in a part of a message that is sent whole."""
        if part.type == "reasoning_text":
            self.end_reasoning(who, ("content", index), event, as_text(part.text), out)
            return
        # What is no text is in the whole item too.
        for kind, text in _texts_in(part):
            self.end_text(who, (kind, index), event, text, out)
        for raw in raws_of(part.annotations):
            self.add_annotation(who, raw, out)

    def add_annotation(self, who: Who, raw: msgspec.Raw, out: Events) -> None:
        """Pass on a source of a text."""
        if not is_empty(raw):
            self._annotate(self._items.for_note(MESSAGE, who), (raw,), out)

    def _annotate(self, item: Item, raws: Iterable[msgspec.Raw], out: Events) -> None:
        for raw in raws:
            identity = identity_of(raw)
            if identity not in item.seen:
                item.seen.add(identity)
                self._put(item, CitationDelta(citation_of(raw)), out)

    def _put_text(self, kind: str, text: str, out: Events) -> None:
        is_refusal = kind == "refusal"
        self.is_refused = self.is_refused or is_refusal
        out.append(TextDelta(text, refusal=is_refusal))

    # -------------------------------------------------------------- thinking

    def add_reasoning(self, who: Who, place: Place, text: str, out: Events) -> None:
        """Pass on a piece of the model's thinking or of its summary; both may have paragraphs."""
        item, _ = self._items.for_piece(REASONING, who)
        self._think(item, item.texts.for_piece(_key(*place)), text, out)

    def end_reasoning(self, who: Who, place: Place, event: str, text: str, out: Events) -> None:
        """Pass on what is new in a paragraph of thinking that is sent whole."""
        if not text or self._items.is_repeated(REASONING, who, text):
            return
        item, _ = self._items.for_piece(REASONING, who)
        part = item.texts.for_whole(_key(*place), event, text)
        if rest := part.rest_of(text):
            self._think(item, part, rest, out)

    def _think(self, item: Item, part: StreamedPart, text: str, out: Events) -> None:
        is_next = not part.length and any(each.length for each in item.texts.parts)
        part.add(text)
        self._put(item, ReasoningDelta(PARAGRAPH + text if is_next else text), out)

    # -------------------------------------------------------------- calls

    def add_arguments(self, kind: str, who: Who, text: str, out: Events) -> None:
        """Pass on a piece of a call's arguments."""
        item, is_certain = self._items.for_piece(kind, who)
        if is_certain:
            self._enter(item, out)
        if not is_certain or item.call is None:
            self._hold(len(text))
        self._calls.add_piece(item, text, out, is_certain=is_certain)

    def end_arguments(self, kind: str, who: Who, text: str, name: str, out: Events) -> None:
        """Pass on what is new in the arguments of a call that are sent whole."""
        if self._items.is_repeated(kind, who, text):
            return
        item = self._items.for_end(kind, who, text)
        if item is None or item.call is None:
            self._hold(len(text))
        if item is None:
            self._calls.hold(text)
            return
        item.is_ended = True
        item.name = item.name or name
        self._enter(item, out)
        self._calls.add_whole(item, text, out)

    # -------------------------------------------------------------- items

    def open_item(self, who: Who, sent: OutputItem, out: Events) -> None:
        """Process the start of an item; that of a call has its id and name."""
        self._hold(memoryview(sent.raw).nbytes)
        item = self._items.add(sent.kind, who)
        item.whole = sent
        self._enter(item, out)
        if sent.kind in CALLS:
            self._calls.open(item, sent, out)

    def close_item(self, who: Who, sent: OutputItem, out: Events) -> None:
        """Process the end of an item: pass on what was not streamed, and its signature."""
        text = _text_of(sent)
        item = self._items.for_whole(sent.kind, who, text) or self._items.begin(sent.kind, who)
        self._close(item, who, sent, text, out)

    def _close(self, item: Item, who: Who, sent: OutputItem, text: str, out: Events) -> None:
        item.whole = sent
        self._enter(item, out)
        self._items.close(item, who)
        if sent.kind == MESSAGE:
            self._items.keep_rest(item, text)
            self._close_message(item, sent, out)
        elif sent.kind == REASONING:
            self._close_reasoning(item, sent, out)
        elif sent.kind in CALLS:
            self._calls.close(item, sent, out)
        else:
            self._close_other(item, sent, out)
        item.whole = None

    def _close_message(self, item: Item, sent: OutputItem, out: Events) -> None:
        streamed = str(item.texts)
        waiting: list[ContentPart] = []  # what is not text, until more text or the signature
        for part in parts_of(sent.content):
            for kind, text in _texts_in(part):
                self.is_refused |= kind == "refusal"
                rest = _rest(streamed, text)
                streamed = streamed[len(text) :] if rest is not None else streamed
                if rest:
                    self._put_waiting(item, waiting, out)
                    self._put_rest(item, kind, rest, out, is_part=rest == text)
            if _is_text(part):
                self._annotate(item, raws_of(part.annotations), out)
            waiting.append(part)
        signature = sign_phase(as_text(sent.phase))
        if signature and not item.is_signed and str(item.texts):
            item.is_signed = True
            self._put(item, TextDelta("", signature), out)
        self._put_waiting(item, waiting, out)
        self._put_others(item, f"{MESSAGE}.", sent.raw, _MESSAGE_FIELDS, out)

    def _put_waiting(self, item: Item, waiting: list[ContentPart], out: Events) -> None:
        """Pass on what is no text, and what texts have besides."""
        for part in waiting:
            if _is_text(part):
                self._put_others(item, CONTENT, part.raw, _known_fields(part), out)
            else:
                self._put_other_part(item, part, out)
        waiting.clear()

    def _put_rest(self, item: Item, kind: str, rest: str, out: Events, *, is_part: bool) -> None:
        """Pass on a text, a part of its own or the end of the last one."""
        parts = item.texts.parts
        if is_part and any(part.length for part in parts):
            self._put(item, PartEnd(), out)
        part = parts[-1] if parts and not is_part else item.texts.begin((kind, None))
        part.add(rest)
        self._enter(item, out)
        self._put_text(kind, rest, out)

    def _put_other_part(self, item: Item, part: ContentPart, out: Events) -> None:
        identity = identity_of(part.raw)
        if identity in item.seen:
            return
        item.seen.add(identity)
        audio = audio_of(part) if part.type == "output_audio" else None
        kind = CONTENT + (as_text(part.type) or "part")
        self._put(item, audio or OtherDelta(kind[:200], text_of(part.raw)), out)

    def _put_others(
        self, item: Item, prefix: str, raw: msgspec.Raw, known: frozenset[str], out: Events
    ) -> None:
        for name, value in other_fields(raw, known).items():
            identity = b"%b:%b" % (name.encode("utf-8", "replace"), identity_of(value))
            if identity not in item.seen:
                item.seen.add(identity)
                self._put(item, AboutDelta((prefix + name)[:200], text_of(value)), out)

    def _close_reasoning(
        self, item: Item, sent: OutputItem, out: Events, *, is_whole: bool = True
    ) -> None:
        rest = item.texts.rest_of(thinking_text_of(sent))
        if rest:
            item.texts.begin(("whole", None)).add(rest.removeprefix(PARAGRAPH))
        signature = None
        # A cut-off item must not go back: the vendor would not recognise it.
        if is_whole and sent.status not in _UNFINISHED and not item.is_signed:
            signature = sign_reasoning(sent)
            item.is_signed = signature is not None
        if rest or signature is not None:
            self._put(item, ReasoningDelta(rest, signature), out)

    def _close_other(self, item: Item, sent: OutputItem, out: Events) -> None:
        if item.is_passed_on:
            return
        item.is_passed_on = True
        image = image_of(sent) if sent.kind == IMAGE_CALL else None
        self._awaited.note(sent)
        self._put(item, image or OtherDelta(sent.kind[:200], text_of(sent.raw)), out)

    # -------------------------------------------------------------- the end

    def end(self, output: list[OutputItem], text: str, out: Events) -> None:
        """Pass on what is new in the whole output, and what was announced and never sent whole."""
        self._pair(output, out)
        for item in self._items.open_items():
            if item.kind == REASONING and item.whole is not None:
                self._close_reasoning(item, item.whole, out, is_whole=False)
            elif item.kind not in CALLS and item.whole is not None:
                self._close(item, UNKNOWN, item.whole, _text_of(item.whole), out)
        for item in self._calls.unfinished(self._items.open_items()):
            self._enter(item, out)
            self._calls.finish(item, out)
        if text and not self._items.all:
            self._put(self._items.begin(MESSAGE, UNKNOWN), TextDelta(text), out)
        if (audio := self.audio.whole()) is not None:
            out.append(audio)

    def add_thinking(self, text: str, out: Events) -> None:
        """Pass on thinking that is in no item, before all of them."""
        if text.strip() and not self._items.of_kind(REASONING):
            item = self._items.begin(REASONING, UNKNOWN)
            item.before = self._items.all[0].number if item.number else None
            self._put(item, ReasoningDelta(text), out)

    def _pair(self, output: list[OutputItem], out: Events) -> None:
        """Close the items of the output, and begin those of which nothing was streamed."""
        sent: dict[str, list[tuple[int, Sent]]] = {}
        for number, each in enumerate(output):
            who = Who(number, as_text(each.id), as_text(each.call_id))
            sent.setdefault(each.kind, []).append((number, (who, _text_of(each))))
        paired: list[Item | None] = [None] * len(output)
        for kind, of_kind in sent.items():
            items = pair(self._items.of_kind(kind), [one for _, one in of_kind])
            is_all_known = self._is_all_known(kind, of_kind)
            for (number, (who, text)), found in zip(of_kind, items, strict=True):
                paired[number] = found
                if is_all_known:
                    paired[number] = self._items.as_known(found, kind, who, text)
        self._close_paired(output, paired, out)

    def _is_all_known(self, kind: str, sent: list[tuple[int, Sent]]) -> bool:
        """Return whether all text of a kind was streamed, though perhaps as other items."""
        if kind not in (MESSAGE, REASONING):
            return False
        streamed = "".join(str(item.texts) for item in self._items.of_kind(kind))
        whole = "".join(text for _, (_, text) in sent)
        return streamed.replace(PARAGRAPH, "") == whole.replace(PARAGRAPH, "")

    def _close_paired(
        self, output: list[OutputItem], paired: list[Item | None], out: Events
    ) -> None:
        before = _next_numbers(paired)
        for number, item in enumerate(output):
            # Its number is its place here, not what the server called it before.
            who = Who(None, as_text(item.id), as_text(item.call_id))
            known = paired[number]
            if known is None:
                known = self._items.begin(item.kind, who)
                known.before = before[number]
            self._close(known, who, item, _text_of(item), out)

    # -------------------------------------------------------------- order

    def _put(self, item: Item, event: ReplyEvent, out: Events) -> None:
        self._enter(item, out)
        out.append(event)

    def _enter(self, item: Item, out: Events) -> None:
        """Say that what follows belongs to an item."""
        if item.number != self._number:
            is_new = item.number not in self._entered
            self._entered.add(item.number)
            self._number = item.number
            out.append(InItem(item.number, item.before if is_new else None))


def _key(kind: object, index: object) -> Key:
    return str(kind), index if type(index) is int else None


def _is_text(part: ContentPart) -> bool:
    """Return whether a part of a message is text, or the text of a refusal."""
    is_bare = part.type is None and (part.text is not None or part.refusal is not None)
    return is_bare or part.type in ("output_text", "text", "input_text", "refusal")


def _texts_in(part: ContentPart) -> list[tuple[str, str]]:
    """Return the texts of a part, each with its kind."""
    if not _is_text(part):
        return []
    kind = "refusal" if part.type == "refusal" else "text"
    texts = [(kind, as_text(part.text)), ("refusal", as_text(part.refusal))]
    return [(kind, text) for kind, text in texts if text]


def _known_fields(part: ContentPart) -> frozenset[str]:
    """Return the fields of a text that need not be kept as they came."""
    unread = {
        name
        for name, value in (("text", part.text), ("refusal", part.refusal))
        if value is not None and not as_text(value)
    }
    return _PART_FIELDS - unread


def _text_of(sent: OutputItem) -> str:
    """Return the text by which a whole item is compared with what was streamed."""
    if sent.kind == MESSAGE:
        texts = (text for part in parts_of(sent.content) for text in _texts_in(part))
        return "".join(text for _, text in texts)
    if sent.kind == REASONING:
        return thinking_text_of(sent)
    return sent.call_arguments if sent.kind in CALLS else ""


def _rest(streamed: str, whole: str) -> str | None:
    """Return what of a text was not streamed; None if what was streamed is something else."""
    if streamed.startswith(whole):
        return ""
    return whole[len(streamed) :] if whole.startswith(streamed) else None


def _next_numbers(paired: list[Item | None]) -> list[int | None]:
    """Return for each place in the output the number of the next item that was streamed."""
    numbers: list[int | None] = []
    following: int | None = None
    for item in reversed(paired):
        numbers.append(following)
        following = following if item is None else item.number
    return numbers[::-1]
