"""Answers that are wanted whole."""

import httpx
import pytest
import trio

from aircherd.providers.download import (
    MAX_REFUSAL,
    REFUSAL_SECONDS,
    as_missing,
    read_answer,
    read_refusal,
)
from aircherd.vocabulary.failure import Failure, FailureClass


class Response:
    """A response whose body comes in pieces; exceptions are raised, None stalls."""

    def __init__(self, *pieces, status=200, headers=()):
        self.status = status
        self.headers = list(headers)
        self.pieces = list(pieces)
        self.is_closed = False

    async def receive_some(self):
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        if piece is None:
            await trio.sleep_forever()
        return piece

    async def aclose(self):
        self.is_closed = True


async def read(status, body, content_type="application/json", limit=10):
    body.status, body.headers = status, [(b"Content-Type", content_type.encode())]
    got = await read_answer(body, limit, now=0.0)
    assert body.is_closed
    return got


async def test_a_whole_body_comes_back():
    """In one piece, up to the limit."""
    assert await read(200, Response(b"12345", b"67890")) == b"1234567890"


async def test_a_body_that_is_too_large_is_not_read_to_its_end():
    """What is left of it is let go with the connection."""
    body = Response(b"12345", b"678901", b"never")
    failure = await read(200, body)
    assert (failure.kind, failure.message) == (FailureClass.PROTOCOL, "sent more than 10 bytes")
    assert body.pieces == [b"never"]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b'{"error": {"message": "no"}}', FailureClass.AUTH),
        (503, b"", FailureClass.OVERLOADED),
        (500, b"x" * (MAX_REFUSAL + 1), FailureClass.SERVER),
    ],
)
async def test_an_error_is_classified_like_any_other(status, body, kind):
    """By its status and what it says, of which the beginning is read."""
    assert (await read(status, Response(body))).kind is kind


async def test_a_web_page_is_no_answer():
    """A portal in between says 200 to everything."""
    failure = await read(200, Response(b"<html>"), "text/html; charset=utf-8")
    assert failure.kind is FailureClass.PROTOCOL


async def test_a_connection_that_breaks_lets_the_body_go():
    """The error is the caller's to translate."""
    body = Response(b"1", httpx.ReadError("reset"))
    with pytest.raises(httpx.ReadError):
        await read_answer(body, 10, now=0.0)
    assert body.is_closed


@pytest.mark.parametrize("end", [b"", httpx.ReadError("reset"), None])
async def test_what_came_of_a_refusal_is_what_it_says(end, autojump_clock):
    """Whether its body ends, breaks or stalls: nobody waits long for it."""
    started = trio.current_time()
    assert await read_refusal(Response(b"1", b"2", end)) == b"12"
    assert trio.current_time() - started == (REFUSAL_SECONDS if end is None else 0)


async def test_a_refusal_without_end_is_read_at_its_beginning():
    """What decides stands there."""
    body = Response(b"x" * MAX_REFUSAL, b"never")
    assert len(await read_refusal(body)) == MAX_REFUSAL
    assert body.pieces == [b"never"]


@pytest.mark.parametrize(
    ("status", "said"), [(404, "there is no list (HTTP 404)"), (403, "m"), (None, "m")]
)
def test_what_is_not_there_is_said_in_the_askers_words(status, said):
    """The table's words for 404 are about a model in a chat."""
    failure = Failure(kind=FailureClass.MODEL, message="m", status=status)
    assert as_missing(failure, "there is no list").message == said
