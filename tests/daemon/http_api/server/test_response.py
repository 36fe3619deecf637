"""The bytes of responses."""

import pytest

from aircherd.http_api.server.response import HttpResponse


class Wire:
    def __init__(self):
        self.pieces = []

    async def write(self, data):
        self.pieces.append(data)


async def test_the_head_of_a_stream_goes_out_with_its_first_piece():
    """One write less."""
    wire = Wire()
    response = HttpResponse(wire)
    await response.start(200, [("content-type", "text/event-stream")])
    assert (response.has_started, wire.pieces) == (True, [])
    await response.send(b"")
    assert wire.pieces == []
    await response.send(b"a" * 18)
    assert len(wire.pieces) == 1
    assert wire.pieces[0].endswith(b"\r\n\r\n12\r\n" + b"a" * 18 + b"\r\n")
    await response.end()
    assert (wire.pieces[1], response.is_ended) == (b"0\r\n\r\n", True)


async def test_an_empty_stream_is_a_complete_one():
    """Its head goes out with its end."""
    wire = Wire()
    response = HttpResponse(wire)
    await response.start(200, [])
    await response.end()
    (data,) = wire.pieces
    assert data.endswith(b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n")


@pytest.mark.parametrize("value", ["a\r\nset-cookie: b", "a\nb", "a\0b", "a\ud800b", "a\x85b"])
async def test_a_value_cannot_begin_another_header(value):
    """It may come from a provider."""
    wire = Wire()
    await HttpResponse(wire).whole(200, [("x-aircher-model", value)], b"")
    lines = wire.pieces[0].decode().split("\r\n")
    assert sum(line.startswith("x-aircher-model: a") for line in lines) == 1
    assert not any(line.startswith("set-cookie") for line in lines)


@pytest.mark.parametrize(
    ("status", "options", "expected"),
    [
        (204, {}, b""),
        (200, {"is_head": True}, b""),
        (200, {}, b"abc"),
        (529, {}, b"abc"),
    ],
)
async def test_some_responses_have_no_body(status, options, expected):
    """The answer to HEAD has the length of what GET would get."""
    wire = Wire()
    await HttpResponse(wire, **options).whole(status, [], b"abc")
    head, body = wire.pieces[0].split(b"\r\n\r\n")
    assert body == expected
    assert (b"content-length: 3" in head) is (status != 204)


async def test_a_stream_that_is_asked_for_with_head_has_no_body():
    """No chunk, not even the last."""
    wire = Wire()
    response = HttpResponse(wire, is_head=True)
    await response.start(200, [])
    await response.send(b"abc")
    await response.end()
    assert wire.pieces[0].endswith(b"\r\n\r\n")
