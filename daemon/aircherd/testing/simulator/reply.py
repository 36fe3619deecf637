"""The reply of a vendor's module, and helpers that build it.

A stream is divided into opening, output and closing, so that "break after n pieces of output" means
the same for every vendor, however many events its protocol adds.
"""

from collections.abc import Mapping

import msgspec

Headers = list[tuple[str, str]]

JSON_TYPE = ("content-type", "application/json")
EVENT_TYPE = ("content-type", "text/event-stream; charset=utf-8")
LINES_TYPE = ("content-type", "application/x-ndjson")

encode_json = msgspec.json.Encoder().encode


class Whole(msgspec.Struct):
    """A complete response."""

    status: int
    headers: Headers
    body: bytes


class Streamed(msgspec.Struct):
    """A streamed response; every element has the bytes of one or more complete events or lines.

    `opening` precedes all output. Each element of `output` has exactly one piece (a word, a
    fragment of tool arguments). `closing` has the finish reason, and `end_marker` marks the end.
    """

    headers: Headers
    opening: bytes
    output: list[bytes]
    closing: bytes
    end_marker: bytes
    status: int = 200


Reply = Whole | Streamed


def json_reply(status: int, body: object, headers: Headers) -> Whole:
    """Return a response with `body` as JSON."""
    return Whole(status, [JSON_TYPE, *headers], encode_json(body))


def event(data: Mapping[str, object]) -> bytes:
    """Return an unnamed server-sent event, as OpenAI and compatible servers send."""
    return b"data: %b\n\n" % encode_json(data)


def named_event(data: Mapping[str, object]) -> bytes:
    """Return a server-sent event named after its `type`, as Anthropic sends."""
    return b"event: %b\ndata: %b\n\n" % (str(data["type"]).encode(), encode_json(data))


def line(data: Mapping[str, object]) -> bytes:
    """Return a line of JSON, as Ollama's own API streams."""
    return encode_json(data) + b"\n"
