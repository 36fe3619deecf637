"""The content blocks of a reply: each is begun, may grow by deltas, and is stopped.

Text, thinking and tool calls have words of ours. Every other block (server tools and their results,
compaction, container files, what the API will have tomorrow) is collected and becomes an
`OtherDelta` when it stops, so that it can go back as it came. What a known block has besides its
own fields goes back too: a text or a call carries it in its `signature`.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from aircherd.errors import fail
from aircherd.providers.anthropic.citations import Fields, read_citation
from aircherd.providers.anthropic.thinking import redacted_reasoning
from aircherd.providers.chat_completions.calls.arguments import Arguments, PieceMode
from aircherd.providers.codec.json_in import as_map, as_text, branch
from aircherd.providers.codec.reply_stream import new_call_id
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    CitationDelta,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
)
from aircherd.vocabulary.text import TextBuffer

MAX_HELD = 8_000_000
"""Characters of a reply that are held back until their block is complete."""
BLOCK_COST = 1000
"""Characters that each block and each citation counts for."""
MAX_KIND = 200
MAX_BLANK = 200
"""Bytes of a value that is looked at to see whether it says anything."""

_FIELDS = msgspec.json.Decoder(Fields)
_VALUE = msgspec.json.Decoder()
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])

Out = list[ReplyEvent]


class _PlainText(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    type: Literal["text"]
    text: str
    citations: None = None


_PLAIN_TEXT = msgspec.json.Decoder(_PlainText)


class Held:
    """Counts what a reply makes us hold."""

    __slots__ = ("size",)

    def __init__(self) -> None:
        self.size = 0

    def add(self, size: int) -> None:
        """Count `size` more.

        Raises:
            ProviderFailed: PROTOCOL: it is too much.
        """
        self.size += size
        if self.size > MAX_HELD:
            fail(FailureClass.PROTOCOL, f"sent blocks of more than {MAX_HELD} characters")


# ------------------------------------------------------------------ values


def fields_of(raw: msgspec.Raw) -> Fields | None:
    """Return the fields of an object, undecoded; None if it is not an object."""
    return branch(_FIELDS, raw)


def text_in(raw: msgspec.Raw) -> str:
    """Return JSON as text."""
    return bytes(raw).decode("utf-8", "replace")


def value_of(fields: Mapping[str, msgspec.Raw], name: str) -> object:
    """Return a decoded field, None if there is none."""
    raw = fields.get(name)
    return None if raw is None else branch(_VALUE, raw)


def _whole_characters(text: str) -> str:
    """Return the text with halves of characters replaced, which JSON cannot carry."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_blank(raw: msgspec.Raw) -> bool:
    """Return whether a value says nothing: null, empty, or holding only such values."""
    if memoryview(raw).nbytes > MAX_BLANK:
        return False
    value = branch(_VALUE, raw)
    return _is_blank(value) and (value is not None or bytes(raw) in (b"", b"null"))


def _is_blank(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_blank, value.values()))
    if isinstance(value, list):
        return all(map(_is_blank, value))
    return value is None or value == ""


def _besides(fields: Fields, *known: str) -> Fields:
    """Return the fields that are not known and say something."""
    return {
        name: raw
        for name, raw in fields.items()
        if name not in known and name != "type" and not is_blank(raw)
    }


def _seal(extras: Fields) -> str | None:
    return msgspec.json.encode(extras).decode("utf-8", "replace") if extras else None


# ------------------------------------------------------------------ blocks


class Block:
    """An open block without anything to collect.

    `is_closed` says that what it gave out is a part of its own, whatever follows.
    """

    __slots__ = ("is_closed", "late")

    def __init__(self) -> None:
        self.is_closed = False
        self.late: list[ReplyEvent] = []
        """What is not of this kind of block, to be given out when it stops."""

    def is_apart_from(self, before: "Block | None") -> bool:
        """Return whether the end of the block before it must be marked."""
        del before
        return False

    def begin(self, out: Out) -> None:
        """Add the content that it starts with; mostly none in a stream."""

    def stop(self, out: Out) -> None:
        """Add what was held back."""
        out += self.late


class TextBlock(Block):
    """A text with its sources, which follow it and end it."""

    __slots__ = ("_citations", "_extras", "_held", "_sources", "_text")

    def __init__(
        self,
        text: str,
        held: Held,
        *,
        sources: list[msgspec.Raw] | None = None,
        extras: str | None = None,
    ) -> None:
        super().__init__()
        self._text = text
        self._sources = sources
        self._extras = extras
        self._citations: list[Citation] = []
        self._held = held

    def is_apart_from(self, before: Block | None) -> bool:
        """Return whether the text before it is not what this one has sources for."""
        is_joined = isinstance(before, TextBlock) and not before.is_closed
        return is_joined and (self._sources is not None or self._extras is not None)

    def begin(self, out: Out) -> None:
        """Add its first text."""
        if self._text:
            out.append(TextDelta(self._text))
        for raw in self._sources or ():
            self.cite(raw)

    def cite(self, raw: msgspec.Raw) -> None:
        """Take a source of this text."""
        if not is_blank(raw):
            self._held.add(BLOCK_COST + memoryview(raw).nbytes)
            self._citations.append(read_citation(raw))

    def stop(self, out: Out) -> None:
        """Add its sources, and end its part if it has any."""
        self.is_closed = bool(self._citations or self._extras)
        if self._citations:
            out.append(TextDelta(""))  # begins the part, should there be no text
            out += [CitationDelta(each) for each in self._citations]
        if self._extras:
            out.append(TextDelta("", signature=self._extras))
        elif self._citations:
            out.append(PartEnd())
        super().stop(out)


class ThinkingBlock(Block):
    """Thinking; its signature closes it."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Fields) -> None:
        super().__init__()
        is_redacted = value_of(fields, "type") == "redacted_thinking"
        known = ("data",) if is_redacted else ("thinking", "signature")
        self._fields = {name: raw for name, raw in fields.items() if name in known}
        self.late += _others(_besides(fields, *known))

    def is_apart_from(self, before: Block | None) -> bool:
        """Return whether it follows thinking without a signature."""
        return isinstance(before, ThinkingBlock) and not before.is_closed

    def begin(self, out: Out) -> None:
        """Add all of it if it is redacted, else what there is."""
        if data := as_text(value_of(self._fields, "data")):
            self.is_closed = True
            out.append(redacted_reasoning(data))
            return
        text = as_text(value_of(self._fields, "thinking"))
        signature = as_text(value_of(self._fields, "signature")) or None
        self.is_closed = signature is not None
        if text or signature:
            out.append(ReasoningDelta(text, signature))


class CallBlock(Block):
    """A call of one of the client's tools."""

    __slots__ = ("_arguments", "_fields", "_whole", "number")

    def __init__(self, fields: Fields, number: int, mode: PieceMode) -> None:
        super().__init__()
        self._fields = fields
        self._arguments = Arguments(mode)
        self.number = number
        # Compatible servers may send the whole input at the start, without fragments.
        self._whole = _whole_input(fields)

    @property
    def call_id(self) -> str:
        """The vendor's id, "" without one."""
        return as_text(value_of(self._fields, "id"))

    @property
    def is_by_code(self) -> bool:
        """Whether code of the model makes the call; its results are given to the code."""
        caller = as_map(value_of(self._fields, "caller")).get("type")
        return caller not in (None, "direct")

    def begin(self, out: Out) -> None:
        """Add the call without its arguments."""
        extras = _besides(self._fields, "id", "name", "input")
        if as_map(value_of(extras, "caller")).get("type") == "direct":
            del extras["caller"]  # the usual case: the model itself
        out.append(
            ToolCallDelta(
                index=self.number,
                call_id=self.call_id or new_call_id(),
                name=as_text(value_of(self._fields, "name")) or None,
                signature=_seal(extras),
            )
        )

    def repeat(self, fields: Fields) -> None:
        """Take the start of a call that is known from the start of the message."""
        self._whole = _whole_input(fields) or self._whole

    def add(self, fragment: str, out: Out) -> None:
        """Take a piece of the arguments.

        Raises:
            ProviderFailed: PROTOCOL: it belongs to another call.
        """
        self._whole = ""
        if self._arguments.add(fragment):
            fail(FailureClass.PROTOCOL, "sent the arguments of two tool calls in one block")
        self._add_arguments(self._arguments.take_ready(), out)

    def stop(self, out: Out) -> None:
        """Add the arguments that were held back, or came whole."""
        self._add_arguments(self._whole or self._arguments.take_all(), out)
        self._whole = ""
        super().stop(out)
        self.late = []

    def _add_arguments(self, text: str, out: Out) -> None:
        if text:
            out.append(ToolCallDelta(index=self.number, arguments=text))


class OtherBlock(Block):
    """A block that has no word of ours."""

    __slots__ = ("_fields", "_held", "_input", "_whole", "kind")

    def __init__(self, raw: msgspec.Raw, fields: Fields, held: Held) -> None:
        super().__init__()
        held.add(BLOCK_COST + memoryview(raw).nbytes)
        self.kind = (as_text(value_of(fields, "type")) or "block")[:MAX_KIND]
        self._whole: str | None = text_in(raw)
        # Copied: a slice would keep the whole buffer alive.
        self._fields = {name: msgspec.Raw(bytes(each)) for name, each in fields.items()}
        self._input = TextBuffer()
        self._held = held

    def add(self, delta: msgspec.Raw) -> None:
        """Take a delta: it continues a text, or brings what there is not yet."""
        self._held.add(memoryview(delta).nbytes)
        fields = fields_of(delta) or {}
        kind = as_text(value_of(fields, "type"))
        if kind == "input_json_delta" and (piece := as_text(value_of(fields, "partial_json"))):
            self._input.add(piece)
            return
        said = {n: raw for n, raw in fields.items() if n != "type" and not is_blank(raw)}
        grown = {name: self._grown(name, raw, kind) for name, raw in said.items()}
        if None in grown.values():
            self._held.add(BLOCK_COST)
            self.late.append(OtherDelta(kind[:MAX_KIND] or "delta", text_in(delta)))
            return
        for name, value in grown.items():
            if value is not None:
                self._fields[name], self._whole = value, None

    def _grown(self, name: str, raw: msgspec.Raw, kind: str) -> msgspec.Raw | None:
        """Return a field after a delta, None if it is unknown how they go together."""
        before, more = value_of(self._fields, name), branch(_VALUE, raw)
        # The SDK takes a summary as whole.
        if _is_blank(before) or kind == "compaction_delta":
            return msgspec.Raw(bytes(raw))
        if not (isinstance(before, str) and isinstance(more, str)):
            return None
        # Each copy of what there is costs as much as what there is.
        self._held.add(len(before) // 16)
        return msgspec.Raw(msgspec.json.encode(_whole_characters(before + more)))

    def stop(self, out: Out) -> None:
        """Add the block with all that its deltas brought."""
        text = str(self._input)
        is_cut = False
        if text:
            pieces = msgspec.Raw(text.encode("utf-8", "replace"))
            is_cut = fields_of(pieces) is None
            if not is_cut:
                self._fields["input"], self._whole = pieces, None
        whole = self._whole
        if whole is None:
            whole = msgspec.json.encode(self._fields).decode("utf-8", "replace")
        out.append(OtherDelta(self.kind, whole))
        if is_cut:
            # Half an input cannot go back, but it is not lost either.
            delta = {"type": "input_json_delta", "partial_json": _whole_characters(text)}
            out.append(OtherDelta("input_json_delta", msgspec.json.encode(delta).decode()))
        super().stop(out)


def open_block(raw: msgspec.Raw, calls: int, held: Held, mode: PieceMode) -> Block | None:
    """Return the block that `raw` starts, None if that says nothing; `calls` came before it."""
    held.add(BLOCK_COST)
    try:
        return TextBlock(_PLAIN_TEXT.decode(raw).text, held)  # the usual case
    except (ValueError, RecursionError):
        pass
    fields = fields_of(raw)
    if fields is None:
        return None if is_blank(raw) else _shapeless(raw, held)
    kind = value_of(fields, "type")
    is_text = kind == "text" or (kind is None and "text" in fields)
    if is_text and _are_texts(fields, "text"):
        return _text_block(fields, held)
    if kind == "tool_use" and _are_texts(fields, "id", "name"):
        return CallBlock(fields, calls, mode)
    if kind in _THOUGHTS and _are_texts(fields, "thinking", "signature", "data"):
        return ThinkingBlock(fields)
    return None if is_blank(raw) else OtherBlock(raw, fields, held)


_THOUGHTS: Final = ("thinking", "redacted_thinking")


def _text_block(fields: Fields, held: Held) -> TextBlock:
    sources = branch(_RAWS, fields.get("citations", msgspec.Raw()))
    known = ("text",) if sources is None else ("text", "citations")
    extras = _seal(_besides(fields, *known))
    return TextBlock(as_text(value_of(fields, "text")), held, sources=sources, extras=extras)


def _are_texts(fields: Fields, *names: str) -> bool:
    """Return whether these fields are texts, or say nothing."""
    raws = (fields.get(name) for name in names)
    return all(raw is None or as_text(branch(_VALUE, raw)) or is_blank(raw) for raw in raws)


def _shapeless(raw: msgspec.Raw, held: Held) -> Block:
    if isinstance(text := branch(_VALUE, raw), str):
        return TextBlock(text, held)  # of a server that sends the text itself
    block = Block()
    held.add(memoryview(raw).nbytes)
    block.late.append(OtherDelta("block", text_in(raw)))
    return block


def _others(fields: Fields) -> list[OtherDelta]:
    return [OtherDelta(name[:MAX_KIND], text_in(raw)) for name, raw in fields.items()]


def _whole_input(fields: Fields) -> str:
    value = value_of(fields, "input")
    if isinstance(value, str):
        return value
    return "" if value is None or value in ({}, []) else text_in(fields["input"])
