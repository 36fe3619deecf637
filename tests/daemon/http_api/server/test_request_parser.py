"""Requests out of bytes; what is hostile is tested with the connection."""

import random

import pytest

from aircherd.http_api.server.body import IncomingBody
from aircherd.http_api.server.refusal import Refusal
from aircherd.http_api.server.request_parser import RequestParser
from aircherd.memory.budget import MemoryBudget

SHARE = MemoryBudget().open_share()
STREAM = (
    b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: \xc3\xa4\r\nContent-Length: 3\r\n\r\nabc"
    b"POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2;ext=1\r\nde\r\n1\r\nf\r\n0\r\nX-Trailer: t\r\n\r\n"
    b"POST /c HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n3\r\nghi\r\n0\r\n\r\n"
    b"POST /d HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    b"Content-Length: 2\r\n\r\njk"
    b"GET /e HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    b"GET /f HTTP/1.1\r\nHost: x\r\n\r\n"
)
EXPECTED = [
    (b"/a?b=c", b"abc"),
    (b"/b", b"def"),
    (b"/c", b"ghi"),
    (b"/d", b"jk"),
    (b"/e", b""),
    (b"/f", b""),
]


def accept(request):
    request.body = IncomingBody(SHARE)


def parse(pieces, on_head=accept):
    parser = RequestParser(on_head)
    for piece in pieces:
        parser.feed(piece)
    return parser


@pytest.mark.parametrize("seed", range(30))
def test_requests_are_the_same_whatever_reads_they_came_in(seed):
    """Bodies of requests that ask for another protocol as well: they are no requests."""
    cuts = random.Random(seed)  # noqa: S311 - reproducible
    points = sorted(cuts.choices(range(1, len(STREAM)), k=cuts.choice([0, 1, 3, 20, 200])))
    pieces = [STREAM[a:b] for a, b in zip([0, *points], [*points, None], strict=True)]
    parser = parse([piece for piece in pieces if piece])
    found = [(request.target, request.body.take()) for request in parser.ready]
    assert (found, parser.current, parser.is_over) == (EXPECTED, None, False)
    first = parser.ready[0]
    assert first.headers == {"host": "x", "x-a": "1, ä", "content-length": "3"}
    assert "x-trailer" not in parser.ready[1].headers


def test_what_is_refused_for_itself_is_read_to_its_end():
    """The next request is another one; after a refusal that closes nothing is parsed."""
    kinds = {b"/a?b=c": Refusal(404, "no"), b"/d": Refusal(400, "no", closes=True)}

    def decide(request):
        if request.target in kinds:
            raise kinds[request.target]
        accept(request)

    parser = parse([STREAM], decide)
    assert [request.target for request in parser.ready] == [b"/a?b=c", b"/b", b"/c", b"/d"]
    refused = [request.refusal is not None for request in parser.ready]
    assert (refused, parser.is_over) == ([True, False, False, True], True)
    parser.feed(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert len(parser.ready) == 4


def test_a_mistake_of_ours_is_not_hidden():
    """Httptools would make an error of the client's out of it."""

    def crash(request):
        raise RuntimeError("a mistake")

    with pytest.raises(RuntimeError, match="a mistake"):
        parse([STREAM], crash)


def test_what_is_dropped_is_given_back():
    """Complete or not."""
    budget = MemoryBudget()
    share = budget.open_share()

    def decide(request):
        request.body = IncomingBody(share)

    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n"
    parser = parse([head + b"x" * 50_000, head + b"x" * 20_000], decide)
    assert budget.used == 70_000
    parser.close()
    assert budget.used == 0
