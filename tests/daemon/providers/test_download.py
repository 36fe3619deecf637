"""Response bodies that are read whole."""

import gzip

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


async def test_a_whole_body_is_returned():
    """Up to the size limit."""
    assert await read(200, Response(b"12345", b"67890")) == b"1234567890"


async def test_a_body_that_is_too_large_is_not_read_to_its_end():
    """The rest is dropped with the connection."""
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
    """By its status and the beginning of its text."""
    assert (await read(status, Response(body))).kind is kind


async def test_a_web_page_is_no_answer():
    """A captive portal answers everything with 200."""
    failure = await read(200, Response(b"<html>"), "text/html; charset=utf-8")
    assert failure.kind is FailureClass.PROTOCOL


async def test_a_broken_connection_closes_the_response():
    """The caller translates the error."""
    body = Response(b"1", httpx.ReadError("reset"))
    with pytest.raises(httpx.ReadError):
        await read_answer(body, 10, now=0.0)
    assert body.is_closed


@pytest.mark.parametrize("end", [b"", httpx.ReadError("reset"), None])
async def test_a_partial_refusal_is_read(end, autojump_clock):
    """Whether its body ends, breaks or stalls; the wait is short."""
    started = trio.current_time()
    assert await read_refusal(Response(b"1", b"2", end)) == b"12"
    assert trio.current_time() - started == (REFUSAL_SECONDS if end is None else 0)


async def test_an_endless_refusal_is_read_at_its_beginning():
    """That is what the classifier needs."""
    body = Response(b"x" * MAX_REFUSAL, b"never")
    assert len(await read_refusal(body)) == MAX_REFUSAL
    assert body.pieces == [b"never"]


async def test_gzip_without_a_header_is_decompressed():
    """In an answer and in a refusal; a bomb is read up to the limit."""
    assert await read(200, Response(gzip.compress(b"12345")), limit=50) == b"12345"
    failure = await read(200, Response(gzip.compress(b"x" * 51)), limit=50)
    assert failure.message == "sent more than 50 bytes"
    assert await read_refusal(Response(gzip.compress(b"no")[:9], gzip.compress(b"no")[9:])) == b"no"
    bomb = await read_refusal(Response(gzip.compress(b"x" * 10**6)))
    assert len(bomb) == MAX_REFUSAL


@pytest.mark.parametrize(
    ("status", "said"), [(404, "there is no list (HTTP 404)"), (403, "m"), (None, "m")]
)
def test_a_404_gets_the_callers_message(status, said):
    """The classifier's message is about a model in a chat."""
    failure = Failure(kind=FailureClass.MODEL, message="m", status=status)
    assert as_missing(failure, "there is no list").message == said
