"""What streamed, gathered into the message of the final result."""

from collections.abc import Sequence

from aircherd.vocabulary.chat import (
    Ending,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)


class Reply:
    """A reply in the making. `add` is on the hot path: it appends, and joins only at the end."""

    def __init__(self) -> None:
        self.ending: Ending | None = None
        self._usage: Usage | None = None
        # Parts in order of appearance: a list of text pieces, or a tool call under its index.
        self._parts: list[list[str] | _ToolCall] = []
        self._calls: dict[int, _ToolCall] = {}
        self._text: list[str] | None = None

    @property
    def has_output(self) -> bool:
        """Whether anything came that a person has seen or a program may act on."""
        return bool(self._parts)

    @property
    def usage(self) -> Usage | None:
        """The latest counts, None while the provider has sent none."""
        return (self.ending.usage if self.ending else None) or self._usage

    def add(self, events: Sequence[ReplyEvent]) -> None:
        """Take in the events of one read."""
        for event in events:
            if type(event) is TextDelta:
                if self._text is None:
                    self._text = []
                    self._parts.append(self._text)
                self._text.append(event.text)
            elif isinstance(event, ToolCallDelta):
                self._add_call(event)
            elif isinstance(event, UsageDelta):
                self._usage = event.usage
            elif isinstance(event, Ending):
                self.ending = event

    def _add_call(self, event: ToolCallDelta) -> None:
        self._text = None
        call = self._calls.get(event.index)
        if call is None:
            call = self._calls[event.index] = _ToolCall()
            self._parts.append(call)
        call.id = event.call_id or call.id
        call.name = event.name or call.name
        call.arguments.append(event.arguments)

    def text(self) -> str:
        """All text so far."""
        return "".join("".join(part) for part in self._parts if isinstance(part, list))

    def message(self) -> dict[str, object]:
        """The whole message, `{role, content: [part, ...]}`."""
        return {"role": "assistant", "content": [_part(part) for part in self._parts]}


class _ToolCall:
    __slots__ = ("arguments", "id", "name")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []


def _part(part: "list[str] | _ToolCall") -> dict[str, object]:
    if isinstance(part, list):
        return {"type": "text", "text": "".join(part)}
    # No fragment at all is a call without arguments.
    arguments = "".join(part.arguments) or "{}"
    return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": arguments}
