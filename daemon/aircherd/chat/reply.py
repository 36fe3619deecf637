"""Collects the events of a stream into the message of the final result."""

from collections.abc import Sequence

from aircherd.errors import ProviderFailed
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import (
    Ending,
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


class Reply:
    """A reply being received. `add` is on the hot path: it appends, and joins only at the end."""

    def __init__(self) -> None:
        self.ending: Ending | None = None
        self._usage: Usage | None = None
        # Parts in order of appearance.
        self._parts: list[_Text | _ToolCall] = []
        self._calls: dict[int, _ToolCall] = {}
        self._open: _Text | None = None
        self._characters = 0
        self._has_output = False

    @property
    def has_output(self) -> bool:
        """Whether there is output that a program may act on; after it nothing is retried.

        Reasoning does not count: another provider may still answer after it.
        """
        return self._has_output

    @property
    def has_begun(self) -> bool:
        """Whether there is anything that a user sees, including reasoning."""
        return bool(self._parts)

    @property
    def usage(self) -> Usage | None:
        """The latest token counts, None if there are none yet."""
        return (self.ending.usage if self.ending else None) or self._usage

    def add(self, events: Sequence[ReplyEvent]) -> None:
        """Add the events of one read.

        Raises:
            ProviderFailed: the reply is too long.
        """
        for event in events:
            if type(event) is TextDelta:
                self._has_output = True
                self._add_text("text", event)
            elif type(event) is UsageDelta:
                self._usage = event.usage
            elif type(event) is Ending:
                self.ending = event
            elif type(event) is ReasoningDelta:
                self._add_text("reasoning", event)
            elif type(event) is ToolCallDelta:
                self._add_call(event)
        if self._characters > MAX_CHARACTERS:
            message = f"sent more than {MAX_CHARACTERS} characters"
            raise ProviderFailed(Failure(kind=FailureClass.PROTOCOL, message=message))

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
        self._has_output = True
        self._open = None
        call = self._calls.get(event.index)
        if call is None:
            call = self._calls[event.index] = _ToolCall()
            self._parts.append(call)
            self._characters += PART_COST
        call.id = event.call_id or call.id
        call.name = event.name or call.name
        call.signature = event.signature or call.signature
        call.arguments.add(event.arguments)
        texts = (event.arguments, event.signature, event.call_id, event.name)
        self._characters += sum(len(each) for each in texts if each)

    def text(self) -> str:
        """Return all text so far, without reasoning."""
        return "".join(
            str(part.text)
            for part in self._parts
            if isinstance(part, _Text) and part.kind == "text"
        )

    def message(self, origin: str) -> dict[str, object]:
        """Return `{role, content: [part, ...]}`; `origin` is `provider/model`."""
        return {"role": "assistant", "content": [part.to_wire(origin) for part in self._parts]}


class _Text:
    """Consecutive text or reasoning."""

    __slots__ = ("kind", "signature", "text")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.text = TextBuffer()
        self.signature: str | None = None

    def to_wire(self, origin: str) -> dict[str, object]:
        part: dict[str, object] = {"type": self.kind, "text": str(self.text)}
        # Only the model that made it can use reasoning.
        return _mark_origin(part, self.signature, origin, always=self.kind == "reasoning")


class _ToolCall:
    __slots__ = ("arguments", "id", "name", "signature")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments = TextBuffer()
        self.signature: str | None = None

    def to_wire(self, origin: str) -> dict[str, object]:
        # No fragment means no arguments.
        arguments = str(self.arguments) or "{}"
        part: dict[str, object] = {
            "type": "tool_call",
            "id": self.id,
            "name": self.name,
            "arguments": arguments,
        }
        return _mark_origin(part, self.signature, origin)


def _mark_origin(
    part: dict[str, object], signature: str | None, origin: str, *, always: bool = False
) -> dict[str, object]:
    if signature is not None:
        part["signature"] = signature
    if signature is not None or always:
        part["origin"] = origin
    return part
