"""The parts of a message while they grow, and as clients get them."""

from typing import TypeGuard

import msgspec

from aircherd.errors import fail
from aircherd.memory.sizes import size_of
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import seal
from aircherd.vocabulary.reply import AudioDelta, ImageDelta, OtherDelta
from aircherd.vocabulary.text import TextBuffer

_PART_SIZE = 400
"""Bytes of a part without its text."""
_ARGUMENTS = msgspec.json.Decoder(dict[str, msgspec.Raw])

Wire = dict[str, object]


class _Extras:
    """What few texts have."""

    __slots__ = ("citations", "refusal")

    def __init__(self) -> None:
        self.refusal = False
        self.citations: list[Citation] = []


class TextSoFar:
    """Consecutive text or reasoning."""

    __slots__ = ("_extras", "kind", "signature", "text")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.text = TextBuffer()
        self.signature: str | None = None
        self._extras: _Extras | None = None

    @property
    def has_sources(self) -> bool:
        """Whether there are citations."""
        return self._extras is not None and bool(self._extras.citations)

    def extras(self) -> _Extras:
        """Return what few texts have, to add to it."""
        self._extras = self._extras or _Extras()
        return self._extras

    def size_in_memory(self) -> int:
        """Return the bytes that the part takes now."""
        size = _PART_SIZE + self.text.size_in_memory()
        if self._extras is not None:
            size += size_of(self._extras.citations)
        return size

    def to_wire(self, origin: str) -> Wire:
        """Return the part as clients get it; `origin` is `provider/model`."""
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


def is_text(part: "PartSoFar") -> TypeGuard[TextSoFar]:
    """Return whether a part is text, not reasoning."""
    return isinstance(part, TextSoFar) and part.kind == "text"


class CallSoFar:
    """A tool call whose pieces are still coming."""

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

    def size_in_memory(self) -> int:
        """Return the bytes that the part takes now."""
        return _PART_SIZE + self.arguments.size_in_memory() + size_of(self.signature)

    def to_wire(self, origin: str) -> Wire:
        """Return the part as clients get it; `origin` is `provider/model`."""
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


class Media:
    """A picture, or sound: it comes whole."""

    __slots__ = ("_event",)

    def __init__(self, event: ImageDelta | AudioDelta) -> None:
        self._event = event

    def size_in_memory(self) -> int:
        """Return the bytes that the part takes."""
        return _PART_SIZE + size_of(self._event)

    def to_wire(self, origin: str) -> Wire:
        """Return the part as clients get it; `origin` is `provider/model`."""
        return {**msgspec.to_builtins(self._event), "origin": origin}


class Other:
    """What has no word of ours: it comes whole."""

    __slots__ = ("_event",)

    def __init__(self, event: OtherDelta) -> None:
        self._event = event

    def size_in_memory(self) -> int:
        """Return the bytes that the part takes."""
        return _PART_SIZE + size_of(self._event)

    def to_wire(self, origin: str) -> Wire:
        """Return the part as clients get it; `origin` is `provider/model`."""
        kind, data = self._event.kind, self._event.data
        return {
            "type": "other",
            "kind": kind,
            "origin": origin,
            "data": data,
            "signature": seal(kind, origin, data),
        }


class Whole:
    """A part that came as clients get it, with its own origin."""

    __slots__ = ("_part",)

    def __init__(self, part: Wire) -> None:
        self._part = part

    def size_in_memory(self) -> int:
        """Return the bytes that the part takes."""
        return _PART_SIZE + size_of(self._part)

    def to_wire(self, _origin: str) -> Wire:
        """Return the part as clients get it."""
        return self._part


PartSoFar = TextSoFar | CallSoFar | Media | Other | Whole


def _mark_origin(part: Wire, signature: str | None, origin: str, *, always: bool = False) -> Wire:
    if signature is not None:
        part["signature"] = signature
    if signature is not None or always:
        part["origin"] = origin
    return part
