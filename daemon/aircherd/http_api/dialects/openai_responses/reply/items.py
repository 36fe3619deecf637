"""The items of the output while they grow, and the events that tell of each.

Every item has one number and one name, from its first event to the last response. An item that has
ended is sent as done only after all those before it: clients keep the order of these events.
"""

from abc import ABC, abstractmethod
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.ids import new_id
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.openai_responses.reply.citations import annotation_of
from aircherd.http_api.dialects.openai_responses.reply.freeform_input import FreeformInput
from aircherd.http_api.dialects.openai_responses.request.names import Called
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import ImageDelta

_ENCODE: Final = msgspec.json.Encoder().encode
_OBJECT: Final = msgspec.json.Decoder(dict[str, object])


class Events:
    """The events of a stream: numbers them, and makes bytes of them."""

    __slots__ = ("_number", "out")

    def __init__(self) -> None:
        self._number = 0
        self.out: list[bytes] = []

    def add(self, kind: bytes, fields: bytes) -> None:
        """Add an event; `fields` are those besides its type and number, as JSON."""
        self.out.append(
            b'event: %b\ndata: {"type":"%b","sequence_number":%d,%b}\n\n'
            % (kind, kind, self._number, fields)
        )
        self._number += 1

    def delta(self, head: bytes, text: str, tail: bytes) -> None:
        """Add a piece of something: the hot path. `head` ends before the event's number."""
        try:
            encoded = _ENCODE(text)
        except UnicodeEncodeError:
            encoded = json_bytes(text)
        self.out.append(b"%b%d%b%b" % (head, self._number, tail, encoded) + b"}\n\n")
        self._number += 1

    def take(self) -> bytes:
        """Return the bytes so far, and forget them."""
        data = b"".join(self.out)
        self.out.clear()
        return data


def _delta_head(kind: bytes) -> bytes:
    return b'event: %b\ndata: {"type":"%b","sequence_number":' % (kind, kind)


class OutputItem(ABC):
    """An item: its place, its name, and how its events look."""

    __slots__ = ("data", "index", "is_ended", "item_id", "place")

    prefix = "item_"

    def __init__(self, index: int) -> None:
        self.index = index
        self.item_id = new_id(self.prefix)
        self.place = b'"item_id":"%b","output_index":%d' % (self.item_id.encode(), index)
        self.is_ended = False
        self.data = b""
        """The item as JSON, once it was sent as done."""

    def open(self, events: Events) -> None:
        """Tell that it begins."""
        item = json_bytes(self.fields("in_progress"))
        fields = b'"output_index":%d,"item":%b' % (self.index, item)
        events.add(b"response.output_item.added", fields)

    def close(self, events: Events, status: str = "completed") -> None:
        """Tell that it is done, or as far as it came."""
        self.finish(events)
        self.data = json_bytes(self.fields(status))
        fields = b'"output_index":%d,"item":%b' % (self.index, self.data)
        events.add(b"response.output_item.done", fields)

    def finish(self, events: Events) -> None:  # noqa: B027 -- not every item has parts
        """Tell the ends of its parts."""

    @abstractmethod
    def fields(self, status: str) -> dict[str, object]:
        """Return the item as it is now."""


_TEXT: Final = _delta_head(b"response.output_text.delta")
_REFUSAL: Final = _delta_head(b"response.refusal.delta")


class TextItem(OutputItem):
    """A message with one text, or one refusal."""

    __slots__ = ("_head", "_tail", "citations", "is_refusal", "pieces")

    prefix = "msg_"

    def __init__(self, index: int, *, is_refusal: bool) -> None:
        super().__init__(index)
        self.is_refusal = is_refusal
        self.pieces: list[str] = []
        self.citations: list[Citation] = []
        self._head = _REFUSAL if is_refusal else _TEXT
        logprobs = b"" if is_refusal else b',"logprobs":[]'
        self._tail = b',%b,"content_index":0%b,"delta":' % (self.place, logprobs)

    def open(self, events: Events) -> None:
        """Tell that it begins, and its part with it."""
        super().open(events)
        part = json_bytes(self._part())
        fields = b'%b,"content_index":0,"part":%b' % (self.place, part)
        events.add(b"response.content_part.added", fields)

    def add(self, text: str, events: Events) -> None:
        """Tell a piece of the text."""
        self.pieces.append(text)
        events.delta(self._head, text, self._tail)

    def cite(self, citation: Citation, events: Events) -> None:
        """Tell a source."""
        self.citations.append(citation)
        number = len(self.citations) - 1
        annotation = json_bytes(annotation_of(citation, self._length()))
        fields = b'%b,"content_index":0,"annotation_index":%d,"annotation":%b' % (
            self.place,
            number,
            annotation,
        )
        events.add(b"response.output_text.annotation.added", fields)

    def finish(self, events: Events) -> None:
        """Tell the whole text, and its part."""
        text = json_bytes("".join(self.pieces))
        if self.is_refusal:
            fields = b'%b,"content_index":0,"refusal":%b' % (self.place, text)
            events.add(b"response.refusal.done", fields)
        else:
            fields = b'%b,"content_index":0,"text":%b,"logprobs":[]' % (self.place, text)
            events.add(b"response.output_text.done", fields)
        part = json_bytes(self._part())
        fields = b'%b,"content_index":0,"part":%b' % (self.place, part)
        events.add(b"response.content_part.done", fields)

    def fields(self, status: str) -> dict[str, object]:
        """Return the message."""
        # A message begins without content, which is added to it.
        content = [] if status == "in_progress" else [self._part()]
        return {
            "type": "message",
            "id": self.item_id,
            "status": status,
            "role": "assistant",
            "content": content,
        }

    def _part(self) -> dict[str, object]:
        text = "".join(self.pieces)
        if self.is_refusal:
            return {"type": "refusal", "refusal": text}
        annotations = [annotation_of(each, len(text)) for each in self.citations]
        return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}

    def _length(self) -> int:
        return sum(map(len, self.pieces))


_SUMMARY: Final = _delta_head(b"response.reasoning_summary_text.delta")


class ReasoningItem(OutputItem):
    """Thinking, shown as a summary, or something kept for a model without anything to see."""

    __slots__ = ("_tail", "kept", "pieces")

    prefix = "rs_"

    def __init__(self, index: int, kept: str | None = None) -> None:
        super().__init__(index)
        self.pieces: list[str] = []
        self.kept = kept
        """What a model needs back, known at its end."""
        self._tail = b',%b,"summary_index":0,"delta":' % self.place

    @property
    def text(self) -> str:
        """The thinking so far."""
        return "".join(self.pieces)

    def add(self, text: str, events: Events) -> None:
        """Tell a piece of the thinking."""
        if not self.pieces:
            self._tell_part(b"response.reasoning_summary_part.added", "", events)
        self.pieces.append(text)
        events.delta(_SUMMARY, text, self._tail)

    def _tell_part(self, kind: bytes, text: str, events: Events) -> None:
        part = json_bytes({"type": "summary_text", "text": text})
        events.add(kind, b'%b,"summary_index":0,"part":%b' % (self.place, part))

    def finish(self, events: Events) -> None:
        """Tell the whole summary, if there is one."""
        if self.pieces:
            text = self.text
            fields = b'%b,"summary_index":0,"text":%b' % (self.place, json_bytes(text))
            events.add(b"response.reasoning_summary_text.done", fields)
            self._tell_part(b"response.reasoning_summary_part.done", text, events)

    def fields(self, status: str) -> dict[str, object]:
        """Return the thinking."""
        fields: dict[str, object] = {
            "type": "reasoning",
            "id": self.item_id,
            "status": status,
            "summary": [],
        }
        if status != "in_progress" and (text := self.text):
            fields["summary"] = [{"type": "summary_text", "text": text}]
        if status != "in_progress" and self.kept is not None:
            fields["encrypted_content"] = self.kept
        return fields


_ARGUMENTS: Final = _delta_head(b"response.function_call_arguments.delta")
_INPUT: Final = _delta_head(b"response.custom_tool_call_input.delta")


class CallItem(OutputItem):
    """The call of a function."""

    __slots__ = ("_tail", "call_id", "called", "pieces", "signature")

    prefix = "fc_"

    def __init__(self, index: int, call_id: str, called: Called) -> None:
        super().__init__(index)
        self.call_id = call_id
        self.called = called
        self.pieces: list[str] = []
        self.signature: str | None = None
        self._tail = b',%b,"delta":' % self.place

    def add(self, text: str, events: Events) -> None:
        """Tell a piece of the arguments."""
        if text:
            self.pieces.append(text)
            events.delta(_ARGUMENTS, text, self._tail)

    def finish(self, events: Events) -> None:
        """Tell the whole arguments."""
        if not self.pieces:
            self.add("{}", events)  # no piece means no arguments
        text, name = json_bytes("".join(self.pieces)), json_bytes(self.called.name)
        fields = b'%b,"name":%b,"arguments":%b' % (self.place, name, text)
        events.add(b"response.function_call_arguments.done", fields)

    def fields(self, status: str) -> dict[str, object]:
        """Return the call."""
        return self._head("function_call", status) | {"arguments": "".join(self.pieces)}

    def _head(self, kind: str, status: str) -> dict[str, object]:
        fields: dict[str, object] = {
            "type": kind,
            "id": self.item_id,
            "status": status,
            "call_id": self.call_id,
            "name": self.called.name,
        }
        if self.called.namespace is not None:
            fields["namespace"] = self.called.namespace
        return fields


class FreeformCallItem(CallItem):
    """The call of a tool that takes any text."""

    __slots__ = ("_input",)

    prefix = "ctc_"

    def __init__(self, index: int, call_id: str, called: Called) -> None:
        super().__init__(index, call_id, called)
        self._input = FreeformInput()

    def add(self, text: str, events: Events) -> None:
        """Tell a piece of the text in the arguments."""
        self._tell(self._input.add(text), events)

    def _tell(self, text: str, events: Events) -> None:
        if text:
            self.pieces.append(text)
            events.delta(_INPUT, text, self._tail)

    def finish(self, events: Events) -> None:
        """Tell the whole text."""
        self._tell(self._input.end(), events)
        text = json_bytes("".join(self.pieces))
        events.add(b"response.custom_tool_call_input.done", b'%b,"input":%b' % (self.place, text))

    def fields(self, status: str) -> dict[str, object]:
        """Return the call."""
        return self._head("custom_tool_call", status) | {"input": "".join(self.pieces)}


class SearchCallItem(CallItem):
    """The call of a client's search for more tools; its arguments come whole."""

    __slots__ = ()

    prefix = "tsc_"

    def add(self, text: str, events: Events) -> None:
        """Keep a piece of the arguments."""
        del events
        self.pieces.append(text)

    def finish(self, events: Events) -> None:
        """Nothing is sent besides the item."""

    def fields(self, status: str) -> dict[str, object]:
        """Return the call."""
        return {
            "type": "tool_search_call",
            "id": self.item_id,
            "status": status,
            "call_id": self.call_id,
            "execution": "client",
            "arguments": _object("".join(self.pieces)) if status == "completed" else {},
        }


def _object(text: str) -> dict[str, object]:
    try:
        return _OBJECT.decode(text)
    except (ValueError, RecursionError):
        return {}


class PictureItem(OutputItem):
    """A picture that the model made."""

    __slots__ = ("_picture",)

    prefix = "ig_"

    def __init__(self, index: int, picture: ImageDelta) -> None:
        super().__init__(index)
        self._picture = picture

    def fields(self, status: str) -> dict[str, object]:
        """Return the picture."""
        result = None if status == "in_progress" else self._picture.data or self._picture.url
        return {
            "type": "image_generation_call",
            "id": self.item_id,
            "status": status,
            "result": result,
        }
