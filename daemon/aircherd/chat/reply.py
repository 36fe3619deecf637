"""What streamed, gathered into the message of the final result."""

from collections.abc import Sequence

from aircherd.errors import ProviderFailed
from aircherd.vocabulary.chat import (
    Ending,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.text import GrowingText

MAX_CHARACTERS = 7_000_000
"""Of text and arguments in one reply: the whole of it must fit into one frame to the client."""


class Reply:
    """A reply in the making. `add` is on the hot path: it appends, and joins only at the end."""

    def __init__(self) -> None:
        self.ending: Ending | None = None
        self._usage: Usage | None = None
        # Parts in order of appearance.
        self._parts: list[GrowingText | _ToolCall] = []
        self._calls: dict[int, _ToolCall] = {}
        self._text: GrowingText | None = None
        self._characters = 0

    @property
    def has_output(self) -> bool:
        """Whether anything came that a person has seen or a program may act on."""
        return bool(self._parts)

    @property
    def usage(self) -> Usage | None:
        """The latest counts, None while the provider has sent none."""
        return (self.ending.usage if self.ending else None) or self._usage

    def add(self, events: Sequence[ReplyEvent]) -> None:
        """Take in the events of one read.

        Raises:
            ProviderFailed: the provider does not come to an end.
        """
        for event in events:
            if type(event) is TextDelta:
                if self._text is None:
                    self._text = GrowingText()
                    self._parts.append(self._text)
                self._text.add(event.text)
                self._characters += len(event.text)
            elif isinstance(event, ToolCallDelta):
                self._add_call(event)
            elif isinstance(event, UsageDelta):
                self._usage = event.usage
            elif isinstance(event, Ending):
                self.ending = event
        if self._characters > MAX_CHARACTERS:
            message = f"sent more than {MAX_CHARACTERS} characters"
            raise ProviderFailed(Failure(kind=FailureClass.PROTOCOL, message=message))

    def _add_call(self, event: ToolCallDelta) -> None:
        self._text = None
        call = self._calls.get(event.index)
        if call is None:
            call = self._calls[event.index] = _ToolCall()
            self._parts.append(call)
        call.id = event.call_id or call.id
        call.name = event.name or call.name
        call.arguments.add(event.arguments)
        self._characters += len(event.arguments)

    def text(self) -> str:
        """All text so far."""
        return "".join(str(part) for part in self._parts if isinstance(part, GrowingText))

    def message(self) -> dict[str, object]:
        """The whole message, `{role, content: [part, ...]}`."""
        return {"role": "assistant", "content": [_part(part) for part in self._parts]}


class _ToolCall:
    __slots__ = ("arguments", "id", "name")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments = GrowingText()


def _part(part: "GrowingText | _ToolCall") -> dict[str, object]:
    if isinstance(part, GrowingText):
        return {"type": "text", "text": str(part)}
    # No fragment at all is a call without arguments.
    arguments = str(part.arguments) or "{}"
    return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": arguments}
