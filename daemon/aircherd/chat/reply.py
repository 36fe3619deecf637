"""Collects the events of a stream into the message of the final result."""

from collections.abc import Sequence
from typing import TypeGuard

import msgspec

from aircherd.errors import fail
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import seal
from aircherd.vocabulary.reply import (
    AudioDelta,
    CitationDelta,
    Ending,
    ImageDelta,
    InItem,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)
from aircherd.vocabulary.text import TextBuffer

MAX_CHARACTERS = 7_000_000
"""The maximum of text, reasoning and arguments in a reply, which must fit into one frame."""
PART_COST = 1000
"""Characters that each part counts for: empty tool calls take memory too."""
MAX_ITEMS = 10_000
"""The maximum of items, which need not hold a part."""

_BYTES_PER_CHARACTER = 4
"""At most, in UTF-8. Base64 is ASCII, so it counts a quarter."""

_ARGUMENTS = msgspec.json.Decoder(dict[str, msgspec.Raw])

Wire = dict[str, object]


class Reply:
    """A reply being received. `add` is on the hot path: it appends, and joins only at the end."""

    def __init__(self) -> None:
        self.ending: Ending | None = None
        self._usage: Usage | None = None
        # In order of appearance; of the current item, where the vendor numbers its items.
        self._parts: list[_Part] = []
        self._items: _Items | None = None
        self._calls: dict[int, _ToolCall] = {}
        self._open: _Text | None = None
        self._characters = 0
        self.has_output = False
        """Whether there is output that a program may act on; after it nothing is retried.

        Reasoning does not count, nor what a hosted tool does: another provider may still answer
        after it.
        """
        self._has_others = False

    @property
    def has_begun(self) -> bool:
        """Whether there is anything that a user sees, including reasoning."""
        return self._characters > 0  # each part counts for some

    @property
    def is_empty(self) -> bool:
        """Whether the reply is complete and answers nothing, although nothing stopped it."""
        ending = self.ending
        is_over = ending is not None and ending.finish in ("stop", "tool_calls")
        return is_over and not (self.has_output or self._has_others)

    @property
    def usage(self) -> Usage | None:
        """The latest token counts, None if there are none yet."""
        return (self.ending.usage if self.ending else None) or self._usage

    def add(self, events: Sequence[ReplyEvent]) -> None:
        """Add the events of one read.

        Raises:
            ProviderFailed: the reply is too long, or its end leaves a tool call unfinished.
        """
        for event in events:
            if type(event) is TextDelta:
                if event.text:
                    self.has_output = True
                self._add_text("text", event)
                if event.refusal:
                    self._note_refusal()
            elif type(event) is UsageDelta:
                self._usage = event.usage
            elif type(event) is Ending:
                if self._calls:
                    self._check_calls(event)
                self.ending = event
            elif type(event) is ReasoningDelta:
                self._add_text("reasoning", event)
            elif type(event) is ToolCallDelta:
                self._add_call(event)
            else:
                self._add_rare(event)
        if self._characters > MAX_CHARACTERS:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_CHARACTERS} characters")

    def _add_text(self, kind: str, event: TextDelta | ReasoningDelta) -> None:
        part = self._open
        if part is None or part.kind != kind:
            part = self._open = _Text(kind)
            self._parts.append(part)
            self._characters += PART_COST
        part.text.add(event.text)
        self._characters += len(event.text)
        if event.signature is not None:
            part.signature = event.signature
            self._characters += len(event.signature)
            self._open = None

    def _add_call(self, event: ToolCallDelta) -> None:
        self.has_output = True
        self._open = None
        call = self._calls.get(event.index)
        if call is None:
            call = self._calls[event.index] = _ToolCall()
            self._add_part(call)
        call.id = event.call_id or call.id
        call.name = event.name or call.name
        call.signature = event.signature or call.signature
        call.custom = call.custom or event.custom
        call.arguments.add(event.arguments)
        texts = (event.arguments, event.signature, event.call_id, event.name)
        self._characters += sum(len(each) for each in texts if each)

    def _add_part(self, part: "_Part") -> None:
        self._open = None
        self._parts.append(part)
        self._characters += PART_COST

    # -------------------------------------------------------------- what most replies do not have

    def _add_rare(self, event: ReplyEvent) -> None:
        if isinstance(event, CitationDelta):
            self._add_citation(event.citation)
        elif isinstance(event, ImageDelta | AudioDelta):
            self.has_output = True
            self._add_part(_Media(event))
            self._characters += len(event.data or "") // _BYTES_PER_CHARACTER
        elif isinstance(event, OtherDelta):
            self._has_others = True
            self._add_part(_Other(event))
            self._characters += len(event.data)
        elif isinstance(event, PartEnd):
            self._open = None
        elif isinstance(event, InItem):
            self._enter(event)

    def _enter(self, event: InItem) -> None:
        """Begin an item, or continue it."""
        items = self._items = self._items or _Items(self._parts)
        self._parts, self._open = items.enter(event, self._open)

    def _note_refusal(self) -> None:
        part = self._parts[-1]
        assert isinstance(part, _Text)
        part.extras().refusal = True

    def _add_citation(self, citation: Citation) -> None:
        part = self._open
        if part is None or part.kind != "text":
            part = next((each for each in reversed(self._parts) if _is_text(each)), None)
        if part is None:
            part = self._open = _Text("text")
            self._add_part(part)
        part.extras().citations.append(citation)
        texts = (citation.url, citation.title, citation.quote, citation.data)
        self._characters += PART_COST + sum(len(each) for each in texts if each)

    def _check_calls(self, ending: Ending) -> None:
        # What a limit or filter stopped may end within a call: its finish says so.
        if ending.finish in ("stop", "tool_calls"):
            self._usage = ending.usage or self._usage
            for call in self._calls.values():
                call.check()

    def text(self) -> str:
        """Return all text so far, without reasoning."""
        return "".join(str(part.text) for part in self._all_parts() if _is_text(part))

    def message(self, origin: str) -> Wire:
        """Return `{role, content: [part, ...]}`; `origin` is `provider/model`."""
        return {
            "role": "assistant",
            "content": [part.to_wire(origin) for part in self._all_parts()],
        }

    def _all_parts(self) -> "list[_Part]":
        return self._parts if self._items is None else self._items.parts()


class _Items:
    """The items of a reply whose vendor numbers them, in their order."""

    def __init__(self, first: "list[_Part]") -> None:
        """`first` are the parts before the first item."""
        self._current = _Item(first)
        self._ordered = [self._current]
        self._numbered: dict[int, _Item] = {}

    def enter(self, event: InItem, was_open: "_Text | None") -> "tuple[list[_Part], _Text | None]":
        """Begin or continue an item; return its parts, and its text that can still grow.

        Raises:
            ProviderFailed: there are too many items.
        """
        self._current.open = was_open
        item = self._numbered.get(event.number)
        if item is None:
            if len(self._ordered) >= MAX_ITEMS:
                fail(FailureClass.PROTOCOL, f"sent more than {MAX_ITEMS} items")
            item = self._numbered[event.number] = _Item([])
            behind = None if event.before is None else self._numbered.get(event.before)
            place = len(self._ordered) if behind is None else self._ordered.index(behind)
            self._ordered.insert(place, item)
        self._current = item
        return item.parts, item.open

    def parts(self) -> "list[_Part]":
        """Return the parts of all items."""
        return [part for item in self._ordered for part in item.parts]


class _Item:
    """The parts of one item; `open` is the text that can still grow."""

    __slots__ = ("open", "parts")

    def __init__(self, parts: "list[_Part]") -> None:
        self.parts = parts
        self.open: _Text | None = None


class _Extras:
    """What few texts have."""

    __slots__ = ("citations", "refusal")

    def __init__(self) -> None:
        self.refusal = False
        self.citations: list[Citation] = []


class _Text:
    """Consecutive text or reasoning."""

    __slots__ = ("_extras", "kind", "signature", "text")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.text = TextBuffer()
        self.signature: str | None = None
        self._extras: _Extras | None = None

    def extras(self) -> _Extras:
        """Return what few texts have, to add to it."""
        self._extras = self._extras or _Extras()
        return self._extras

    def to_wire(self, origin: str) -> Wire:
        part: Wire = {"type": self.kind, "text": str(self.text)}
        # Only the model that made it can use reasoning, or its own citations.
        always = self.kind == "reasoning"
        if (extras := self._extras) is not None:
            if extras.refusal:
                part["refusal"] = True
            if extras.citations:
                always = True
                part["citations"] = [msgspec.to_builtins(each) for each in extras.citations]
        if always or self.signature is not None:
            return _mark_origin(part, self.signature, origin, always=always)
        return part


def _is_text(part: "_Part") -> TypeGuard[_Text]:
    return isinstance(part, _Text) and part.kind == "text"


class _ToolCall:
    __slots__ = ("arguments", "custom", "id", "name", "signature")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments = TextBuffer()
        self.signature: str | None = None
        self.custom = False

    def check(self) -> None:
        """Check that the arguments are whole: half a call must never be run.

        Raises:
            ProviderFailed: they are not a JSON object.
        """
        arguments = "" if self.custom else str(self.arguments)
        if not arguments or arguments == "{}":
            return
        try:
            _ARGUMENTS.decode(arguments)
        except UnicodeEncodeError:
            return  # half of a character, which is replaced when the call goes back
        except (ValueError, RecursionError):
            fail(
                FailureClass.SERVER,
                f"sent a tool call whose arguments are not a JSON object: {self.name[:100]}",
            )

    def to_wire(self, origin: str) -> Wire:
        # No fragment means no arguments.
        arguments = str(self.arguments) or ("" if self.custom else "{}")
        part: Wire = {
            "type": "tool_call",
            "id": self.id,
            "name": self.name,
            "arguments": arguments,
        }
        if self.custom:
            part["custom"] = True
        return _mark_origin(part, self.signature, origin)


class _Media:
    """A picture, or sound."""

    __slots__ = ("_event",)

    def __init__(self, event: ImageDelta | AudioDelta) -> None:
        self._event = event

    def to_wire(self, origin: str) -> Wire:
        return {**msgspec.to_builtins(self._event), "origin": origin}


class _Other:
    __slots__ = ("_event",)

    def __init__(self, event: OtherDelta) -> None:
        self._event = event

    def to_wire(self, origin: str) -> Wire:
        kind, data = self._event.kind, self._event.data
        return {
            "type": "other",
            "kind": kind,
            "origin": origin,
            "data": data,
            "signature": seal(kind, origin, data),
        }


_Part = _Text | _ToolCall | _Media | _Other


def _mark_origin(part: Wire, signature: str | None, origin: str, *, always: bool = False) -> Wire:
    if signature is not None:
        part["signature"] = signature
    if signature is not None or always:
        part["origin"] = origin
    return part
