"""The JSON that the OpenAI Responses API sends, streamed or whole.

Only containers are typed, and unused fields are not decoded: most events repeat the request or the
whole output. A value of an unexpected type is handled where it is read and never fails the
decoding. Items keep their own JSON, because what has no word of ours is passed on as it came.
"""

from typing import TypeVar

import msgspec

from aircherd.providers.chat_completions.usage import OpenAIUsage, read_usage
from aircherd.providers.codec.json_in import as_text, branch, decode_with
from aircherd.vocabulary.reply import Usage

MESSAGE, REASONING = "message", "reasoning"
FUNCTION_CALL, CUSTOM_CALL = "function_call", "custom_tool_call"
IMAGE_CALL = "image_generation_call"
CALLS = (FUNCTION_CALL, CUSTOM_CALL)

_CALL_NAMES = ("tool_call", "function", "function_tool_call")
"""What other servers name a function call."""

_EMPTY = (b"", b"null", b"[]", b"{}", b'""')

_NONE = msgspec.Raw()


class OutputItem(msgspec.Struct, gc=False):
    """An item of the output; `raw` is its JSON as it came."""

    type: object = None
    id: object = None
    call_id: object = None
    name: object = None
    arguments: object = None
    input: object = None
    phase: object = None
    status: object = None
    encrypted_content: object = None
    execution: object = None
    content: msgspec.Raw = _NONE
    summary: msgspec.Raw = _NONE
    result: msgspec.Raw = _NONE
    raw: msgspec.Raw = _NONE

    @property
    def kind(self) -> str:
        """Its type; without one, what its fields show it to be."""
        if isinstance(self.type, str) and self.type:
            is_call = self.type in _CALL_NAMES and self.arguments is not None
            return FUNCTION_CALL if is_call and as_text(self.name) else self.type
        if as_text(self.name) and self.arguments is not None:
            return FUNCTION_CALL
        return "item" if is_empty(self.content) else MESSAGE

    @property
    def call_arguments(self) -> str:
        """The arguments of a call as text; some servers send an object."""
        value = self.input if self.kind == CUSTOM_CALL else self.arguments
        if isinstance(value, dict):
            return msgspec.json.encode(value).decode()
        return as_text(value)


class ContentPart(msgspec.Struct, gc=False):
    """A part of an item's content or summary; `raw` is its JSON as it came."""

    type: object = None
    text: object = None
    refusal: object = None
    data: object = None
    transcript: object = None
    annotations: msgspec.Raw = _NONE
    logprobs: msgspec.Raw = _NONE
    raw: msgspec.Raw = _NONE


class ResponsePiece(msgspec.Struct, gc=False):
    """An event of a stream, as far as events with a piece of something need it: most are such."""

    type: object = None
    delta: object = None
    output_index: object = None
    item_id: object = None
    content_index: object = None
    summary_index: object = None
    text: object = None
    error: msgspec.Raw = _NONE


class ResponseEvent(ResponsePiece, gc=False):
    """One event of a stream; `code` and `message` are an error's that is not nested."""

    refusal: object = None
    arguments: object = None
    input: object = None
    name: object = None
    item: msgspec.Raw = _NONE
    part: msgspec.Raw = _NONE
    annotation: msgspec.Raw = _NONE
    response: msgspec.Raw = _NONE
    code: object = None
    message: object = None


class _Incomplete(msgspec.Struct, gc=False):
    reason: object = None


class FinalResponse(msgspec.Struct, gc=False):
    """A finished response."""

    model: object = None
    status: object = None
    usage: OpenAIUsage | None = None
    incomplete_details: _Incomplete | None = None
    error: msgspec.Raw = _NONE
    output: msgspec.Raw = _NONE
    output_text: object = None
    reasoning: object = None  # the thinking, at mistral.rs; what was asked for, at OpenAI


_Sent = TypeVar("_Sent", OutputItem, ContentPart)

_PIECE = msgspec.json.Decoder(ResponsePiece)
_EVENT = msgspec.json.Decoder(ResponseEvent)
_FINAL = msgspec.json.Decoder(FinalResponse)
_ITEM = msgspec.json.Decoder(OutputItem | None)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw] | None)
_CONTENT = msgspec.json.Decoder(ContentPart | None)
_PARTS = msgspec.json.Decoder(list[msgspec.Raw] | str | None)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_VALUE = msgspec.json.Decoder()


def read_piece(data: bytes) -> ResponsePiece:
    """Decode one event of a stream, as far as a piece needs it.

    Raises:
        ProviderFailed: PROTOCOL: it is not an event.
    """
    return decode_with(_PIECE, data, "an event")


def read_event(data: bytes) -> ResponseEvent:
    """Decode one event of a stream.

    Raises:
        ProviderFailed: PROTOCOL: it is not an event.
    """
    return decode_with(_EVENT, data, "an event")


def read_response(body: bytes) -> FinalResponse:
    """Decode a whole response.

    Raises:
        ProviderFailed: PROTOCOL: it is not a response.
    """
    return decode_with(_FINAL, body, "a reply")


def final_response_of(event: ResponseEvent) -> FinalResponse:
    """Return the response in the last event of a stream.

    Raises:
        ProviderFailed: PROTOCOL: it is not a response.
    """
    data = b"{}" if is_empty(event.response) else bytes(event.response)
    return decode_with(_FINAL, data, "the end of a reply")


# ------------------------------------------------------------------ items


def item_of(raw: msgspec.Raw) -> OutputItem | None:
    """Return an item, None if there is none.

    Raises:
        ProviderFailed: PROTOCOL: it is not an item.
    """
    return _with_json(_ITEM, raw)


def output_of(final: FinalResponse) -> list[OutputItem]:
    """Return the items of a response's output.

    Raises:
        ProviderFailed: PROTOCOL: there is something that is no item.
    """
    output = bytes(final.output)
    if output.startswith(b"{") and b'"type"' in output:
        output = b"[%b]" % output  # the only item, without its list
    raws = decode_with(_ITEMS, output, "an output") if output else None
    items = [item_of(raw) for raw in raws or ()]
    return [item for item in items if item is not None]


def part_of(raw: msgspec.Raw) -> ContentPart | None:
    """Return a part of an item, None if there is none.

    Raises:
        ProviderFailed: PROTOCOL: it is not a part.
    """
    return _with_json(_CONTENT, raw)


def parts_of(content: msgspec.Raw) -> list[ContentPart]:
    """Return the parts of an item's content or summary; a text is one part.

    Raises:
        ProviderFailed: PROTOCOL: there is something that is no part.
    """
    parts = decode_with(_PARTS, bytes(content), "an item") if content else None
    if isinstance(parts, str):
        return [ContentPart(text=parts)]
    read = [part_of(raw) for raw in parts or ()]
    return [part for part in read if part is not None]


def _with_json(decoder: msgspec.json.Decoder[_Sent | None], raw: msgspec.Raw) -> _Sent | None:
    """Return an item or a part, with the JSON that it was sent as."""
    if not raw:
        return None
    data = bytes(raw)
    sent = decode_with(decoder, data, "an item")
    if sent is not None:
        sent.raw = msgspec.Raw(data)
    return sent


def raws_of(raw: msgspec.Raw) -> list[msgspec.Raw]:
    """Return the values of a list undecoded, [] for anything else."""
    return [msgspec.Raw(bytes(each)) for each in branch(_ITEMS, raw) or () if not is_empty(each)]


def thinking_text_of(item: OutputItem) -> str:
    """Return the text of a reasoning item: summary and content, each part a paragraph."""
    parts = [*parts_of(item.summary), *parts_of(item.content)]
    return "\n\n".join(filter(None, (as_text(part.text) for part in parts)))


# ------------------------------------------------------------------ what is passed on as it came


def text_of(raw: msgspec.Raw) -> str:
    """Return JSON as a string, as it came."""
    return bytes(raw).decode("utf-8", "replace")


def other_fields(raw: msgspec.Raw, known: frozenset[str]) -> dict[str, msgspec.Raw]:
    """Return the fields of an object that are neither known nor empty."""
    fields = branch(_FIELDS, raw) or {}
    return {
        name: msgspec.Raw(bytes(value))
        for name, value in fields.items()
        if name not in known and not is_empty(value)
    }


def is_empty(raw: msgspec.Raw) -> bool:
    """Return whether a value says nothing."""
    return memoryview(raw).nbytes <= 4 and bytes(raw) in _EMPTY


def error_of(raw: msgspec.Raw) -> object:
    """Return the decoded error, None if there is none."""
    return branch(_VALUE, raw)


def value_of(raw: msgspec.Raw) -> object:
    """Return a decoded value, None if there is none."""
    return branch(_VALUE, raw)


def usage_of(final: FinalResponse) -> Usage | None:
    """Return the counts, None if there are none; they mean the same as in chat completions."""
    if final.usage is None:
        return None
    return read_usage(final.usage)
