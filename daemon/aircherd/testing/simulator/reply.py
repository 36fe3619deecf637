"""What a vendor's module hands back to be sent, and the helpers that build it.

A stream has three parts, so that "break after n pieces of output" means the same for every vendor,
however many events its protocol wraps around them.
"""

from collections.abc import Mapping

import msgspec

Headers = list[tuple[str, str]]

JSON_TYPE = ("content-type", "application/json")
EVENT_TYPE = ("content-type", "text/event-stream; charset=utf-8")
LINES_TYPE = ("content-type", "application/x-ndjson")

encode_json = msgspec.json.Encoder().encode


class Whole(msgspec.Struct):
    """A response with its length known."""

    status: int
    headers: Headers
    body: bytes


class Streamed(msgspec.Struct):
    """A response of events or lines, each element the bytes of one or more whole ones.

    `opening` comes before any output; each element of `output` carries exactly one piece of it
    (a word, a fragment of tool arguments); `closing` says how it ended, and `end_marker` that it
    ended.
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
    """Return an unnamed server-sent event, as OpenAI and those who follow it send."""
    return b"data: %b\n\n" % encode_json(data)


def named_event(data: Mapping[str, object]) -> bytes:
    """Return a server-sent event named after its `type`, as Anthropic sends."""
    return b"event: %b\ndata: %b\n\n" % (str(data["type"]).encode(), encode_json(data))


def line(data: Mapping[str, object]) -> bytes:
    """Return a line of JSON, as Ollama's own API streams."""
    return encode_json(data) + b"\n"
