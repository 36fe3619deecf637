"""The JSON that the OpenAI Responses API sends, streamed or whole.

Only containers are typed, and unused fields are not decoded: most events repeat the request or the
whole output. A value of an unexpected type is handled where it is read and never fails the
decoding.
"""

import msgspec

from aircherd.providers.chat_completions.usage import OpenAIUsage, read_usage
from aircherd.providers.codec.json_in import as_text, branch, decode_with
from aircherd.vocabulary.reply import Usage


class OutputItem(msgspec.Struct, gc=False):
    """An item of the output: a message, reasoning, a tool call, or an item that is ignored."""

    type: object = None
    id: object = None
    call_id: object = None
    name: object = None
    arguments: object = None
    phase: object = None
    status: object = None
    encrypted_content: object = None
    content: msgspec.Raw = msgspec.Raw()
    summary: msgspec.Raw = msgspec.Raw()


class ContentPart(msgspec.Struct, gc=False):
    """A part of an item's content or summary."""

    text: object = None
    refusal: object = None


class ResponseEvent(msgspec.Struct, gc=False):
    """One event of a stream; `code` and `message` are an error's that is not nested."""

    type: object = None
    delta: object = None
    output_index: object = None
    item_id: object = None
    content_index: object = None
    summary_index: object = None
    item: OutputItem | None = None
    response: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()
    code: object = None
    message: object = None


class _Incomplete(msgspec.Struct, gc=False):
    reason: object = None


class FinalResponse(msgspec.Struct, gc=False):
    """A finished response, without its output, which was streamed."""

    model: object = None
    usage: OpenAIUsage | None = None
    incomplete_details: _Incomplete | None = None
    error: msgspec.Raw = msgspec.Raw()


class WholeResponse(FinalResponse, gc=False):
    """A whole response."""

    status: object = None
    output: list[OutputItem] | None = None


_EVENT = msgspec.json.Decoder(ResponseEvent)
_FINAL = msgspec.json.Decoder(FinalResponse)
_WHOLE = msgspec.json.Decoder(WholeResponse)
_PARTS = msgspec.json.Decoder(list[ContentPart] | str | None)
_ERROR = msgspec.json.Decoder()

ItemPosition = int | str
"""An item's index in the output, or its id."""


def read_event(data: bytes) -> ResponseEvent:
    """Decode one event of a stream.

    Raises:
        ProviderFailed: PROTOCOL: it is not an event.
    """
    return decode_with(_EVENT, data, "an event")


def read_response(body: bytes) -> WholeResponse:
    """Decode a whole response.

    Raises:
        ProviderFailed: PROTOCOL: it is not a response.
    """
    return decode_with(_WHOLE, body, "a reply")


def final_response_of(event: ResponseEvent) -> FinalResponse:
    """Return the response in the last event of a stream.

    Raises:
        ProviderFailed: PROTOCOL: it is not a response.
    """
    return decode_with(_FINAL, bytes(event.response or b"{}"), "the end of a reply")


def position_of(event: ResponseEvent) -> ItemPosition:
    """Return the position of the event's item: its index, or its id where there is no index."""
    if type(event.output_index) is int:
        return event.output_index
    return as_text(event.item.id if event.item else event.item_id)


def thinking_text_of(item: OutputItem) -> str:
    """Return the text of a reasoning item: summary and content, each part a paragraph."""
    parts = [*parts_of(item.summary), *parts_of(item.content)]
    return "\n\n".join(filter(None, (as_text(part.text) for part in parts)))


def parts_of(content: msgspec.Raw) -> list[ContentPart]:
    """Return the parts of an item's content or summary; a text is one part.

    Raises:
        ProviderFailed: PROTOCOL: there is something that is no part.
    """
    parts = decode_with(_PARTS, bytes(content), "an item") if content else None
    return [ContentPart(text=parts)] if isinstance(parts, str) else parts or []


def error_of(raw: msgspec.Raw) -> object:
    """Return the decoded error, None if there is none."""
    return branch(_ERROR, raw)


def usage_of(final: FinalResponse) -> Usage | None:
    """Return the counts, None if there are none; they mean the same as in chat completions."""
    if final.usage is None:
        return None
    return read_usage(final.usage)
