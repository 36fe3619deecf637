"""Responses in every framing of HTTP/1.1, cut anywhere."""

from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.providers.transport.parser import MAX_OVERHEAD, ResponseParser

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SIZED = b"HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nX-Id: 7\r\n\r\nhello"


def started() -> ResponseParser:
    parser = ResponseParser()
    parser.start()
    return parser


class TestResponseParser:
    def test_reads_a_sized_reply(self) -> None:
        """Status, headers and body of a reply with a length; the connection can be reused."""
        parser = started()
        assert parser.feed(SIZED) == b"hello"
        assert parser.status == 200
        assert parser.headers == [(b"Content-Length", b"5"), (b"X-Id", b"7")]
        assert parser.can_reuse

    @given(cuts=st.sets(st.integers(1, 200)))
    def test_does_not_care_where_reads_end(self, cuts: set[int]) -> None:
        """A chunked reply with extensions and trailers parses alike however it is cut."""
        data = CHUNKED + b"5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
        edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
        parser = started()
        body = b"".join(parser.feed(data[a:b]) for a, b in pairwise(edges))
        assert (body, parser.can_reuse) == (b"hello world", True)
        assert parser.headers == [(b"Transfer-Encoding", b"chunked")]

    def test_skips_interim_replies(self) -> None:
        """100 Continue and 103 Early Hints, with their headers, leave no trace."""
        parser = started()
        interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        assert parser.feed(interim + SIZED) == b"hello"
        assert (parser.status, len(parser.headers)) == (200, 2)

    def test_reads_the_next_reply(self) -> None:
        """One parser reads many replies."""
        parser = started()
        parser.feed(SIZED)
        parser.start()
        assert not parser.has_head
        assert parser.feed(b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nyo") == b"yo"
        assert (parser.status, parser.can_reuse) == (404, True)

    @pytest.mark.parametrize("status", [204, 304])
    def test_knows_replies_without_body(self, status: int) -> None:
        """204 and 304 end with their head, whatever length they state."""
        parser = started()
        parser.feed(b"HTTP/1.1 %d X\r\nETag: 9\r\n\r\n" % status)
        assert parser.can_reuse

    @pytest.mark.parametrize(
        "head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nX: y\r\n\r\n"]
    )
    def test_ends_at_eof_where_nothing_else_was_announced(self, head: bytes) -> None:
        """Without length and chunks the reply ends when the connection does."""
        parser = started()
        assert parser.feed(head + b"abc") == b"abc"
        parser.feed_eof()
        assert (parser.is_complete, parser.can_reuse) == (True, False)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "without an answer"),
            (b"HTTP/1.1 200 OK\r\nContent-", "within the head"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "within its reply"),
            (CHUNKED + b"5\r\nhello\r\n", "within its reply"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "within its reply"),
        ],
    )
    def test_distinguishes_a_cut_from_an_end(self, data: bytes, words: str) -> None:
        """An unexpected close is an error that says where it happened."""
        parser = started()
        if data:
            parser.feed(data)
        with pytest.raises(httpx.RemoteProtocolError, match=words):
            parser.feed_eof()

    @pytest.mark.parametrize(
        "data",
        [
            b"<html>",
            b"\x15\x03\x01\x00\x02\x02\x16",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nBad Header: 1\r\n\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhi",
            CHUNKED + b"zz\r\n",
        ],
    )
    def test_refuses_what_is_not_http(self, data: bytes) -> None:
        """Bytes that are not HTTP/1.1, or contradict themselves, are an error."""
        parser = started()
        with pytest.raises(httpx.RemoteProtocolError):
            parser.feed(data)
        assert not parser.can_reuse

    def test_returns_the_body_before_an_error(self) -> None:
        """Body bytes of the same read are returned first, the error comes with the next read."""
        parser = started()
        assert parser.feed(CHUNKED + b"5\r\nhello\r\nzz\r\n") == b"hello"
        with pytest.raises(httpx.RemoteProtocolError, match="chunk size"):
            parser.feed(b"more")

    @pytest.mark.parametrize("connection", [b"", b"Connection: close\r\n"])
    def test_bytes_after_the_end_prevent_reuse(self, connection: bytes) -> None:
        """The reply has the stated length, and the connection is not reused."""
        parser = started()
        data = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n%b\r\nokEXTRA" % connection
        assert parser.feed(data) == b"ok"
        assert (parser.is_complete, parser.can_reuse) == (True, False)

    def test_a_second_reply_prevents_reuse(self) -> None:
        """An unrequested reply neither replaces the first nor answers the next request."""
        parser = started()
        assert parser.feed(SIZED + SIZED.replace(b"hello", b"wrong")) == b"hello"
        assert not parser.can_reuse

    def test_obeys_connection_close(self) -> None:
        """The server announces that it closes."""
        parser = started()
        parser.feed(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        assert (parser.is_complete, parser.can_reuse) == (True, False)

    @pytest.mark.parametrize(
        ("start", "endless"),
        [
            (b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 1000 + b"\r\n"),
            (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1000),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 40),
            (CHUNKED + b"1;", b"x" * 1000),
            (CHUNKED + b"0\r\n", b"X: " + b"y" * 1000 + b"\r\n"),
        ],
        ids=["headers", "header", "interim replies", "chunk extension", "trailers"],
    )
    def test_bounds_what_is_not_body(self, start: bytes, endless: bytes) -> None:
        """Headers, interim replies, chunk extensions and trailers are bounded."""
        parser = started()
        parser.feed(start)
        for _ in range((MAX_OVERHEAD - len(start)) // len(endless)):
            parser.feed(endless)
        with pytest.raises(httpx.RemoteProtocolError, match="more than 64 KiB"):
            parser.feed(endless)

    def test_does_not_count_body_as_overhead(self) -> None:
        """A body may have any length."""
        parser = started()
        parser.feed(CHUNKED)
        piece = b"3e8\r\n" + b"x" * 1000 + b"\r\n"
        assert sum(len(parser.feed(piece)) for _ in range(1000)) == 1000 * 1000
