"""JSON texts and server-sent events."""

import json

import msgspec

from aircherd.http_api.dialects.common.writing import (
    comment,
    data_event,
    json_bytes,
    named_event,
)


def test_an_event_has_its_name_and_one_line_of_data() -> None:
    """An empty line ends it."""
    assert named_event(b"ping", b"{}") == b"event: ping\ndata: {}\n\n"
    assert data_event(b"[DONE]") == b"data: [DONE]\n\n"


def test_a_comment_begins_with_a_colon() -> None:
    """Clients skip it."""
    assert comment() == b":\n\n"
    assert comment("x-aircher-cost: 0.01") == b": x-aircher-cost: 0.01\n\n"


def test_line_breaks_of_a_text_are_escaped() -> None:
    """So data is always one line."""
    assert b"\n" not in json_bytes("a\nb\u2028")


def test_halves_of_characters_are_replaced() -> None:
    """JSON cannot carry them, wherever they are."""
    value = {"a\ud83d": ["b\ude00", 1], "c": "\ud83d\ude00"}

    assert json.loads(json_bytes(value)) == {"a\ufffd": ["b\ufffd", 1], "c": "😀"}


def test_halves_of_characters_are_replaced_in_structs() -> None:
    """With their tags, and beside JSON that is encoded already."""

    class Call(msgspec.Struct, tag_field="type", tag="call"):
        name: str
        input: msgspec.Raw

    data = json_bytes([Call("a\ud83d", msgspec.Raw(b'{"n":1.50}'))])

    assert data == b'[{"type":"call","name":"a\xef\xbf\xbd","input":{"n":1.50}}]'
