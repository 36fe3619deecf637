"""A running call: reads become events until the end."""

import gzip
import threading
from collections.abc import Iterable

import httpx
import pytest
import trio

from aircherd.errors import Busy, ProviderFailed
from aircherd.memory.budget import MEGABYTE, MemoryBudget
from aircherd.memory.request_memory import RequestMemory, uncounted
from aircherd.providers.adapter import ReplyDecoder
from aircherd.providers.chat_completions.reasoning_details import DetailsThinking
from aircherd.providers.chat_completions.reply import OpenAIStream
from aircherd.providers.error_mapping.network import TransportError
from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.replies.sniffed_reply import SniffedReply
from aircherd.providers.replies.whole_reply import OneReply
from aircherd.providers.streaming_call import (
    EVENT_COST,
    FIRST_PIECE,
    LARGE,
    MAX_BATCH,
    FinishedCall,
    StallTimeouts,
    StreamingCall,
    read_finished,
)
from aircherd.providers.transport.request import RawHeaders
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import Ending, ReasoningDelta, ReplyEvent, TextDelta
from helpers.providers.provider_calls import sse

HELLO_EVENT = {"choices": [{"delta": {"content": "a"}}]}
HELLO = sse(HELLO_EVENT)
END = sse({"choices": [{"finish_reason": "stop"}]}, b"[DONE]")


class Pieces:
    """A response of prepared reads; an exception among them is raised."""

    def __init__(self, *pieces: bytes | Exception, gap: float = 0.0) -> None:
        self.status = 200
        self.headers: RawHeaders = []
        self._pieces = list(pieces)
        self._gap = gap
        self.is_finished = self.is_closed = False

    async def receive_some(self) -> bytes:
        if self._gap:
            await trio.sleep(self._gap)
        piece = self._pieces.pop(0) if self._pieces else b""
        if isinstance(piece, Exception):
            raise piece
        return piece

    def take_whole(self) -> None:
        return None

    def finish(self) -> None:
        self.is_finished = True

    async def aclose(self) -> None:
        self.is_closed = True


class ReportLog:
    """A report that records what it gets."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def whole(self) -> None:
        self.events.append("whole")

    def translate(self, error: TransportError | ProviderFailed) -> ProviderFailed:
        if isinstance(error, ProviderFailed):
            return error
        return ProviderFailed(Failure(kind=FailureClass.NETWORK, message="translated"))

    def note_closed(self) -> None:
        self.events.append("closed")


def a_call(
    body: Pieces,
    decoder: ReplyDecoder | None = None,
    heard: ReportLog | None = None,
    memory: RequestMemory | None = None,
    *,
    at_once: int = LARGE,
) -> StreamingCall:
    """Return a call that has begun a while ago: it decodes each read in one step."""
    report = heard or ReportLog()
    call = StreamingCall(
        body,
        decoder or OpenAIStream(thinking=DetailsThinking()),
        report,
        StallTimeouts(20.0, 50.0),
        memory or uncounted(),
        on_closed=report.note_closed,
    )
    call._at_once = at_once
    return call


async def read_all(call: StreamingCall) -> None:
    while await call.receive():
        pass


async def test_one_batch_for_each_read() -> None:
    """Reads without a whole event are skipped; after the ending there is nothing more."""
    body = Pieces(HELLO[:5], HELLO[5:], END, HELLO)
    call = a_call(body)
    assert [TextDelta("a")] == await call.receive()
    assert [Ending("stop")] == await call.receive()
    assert await call.receive() == []
    assert repr(call) == "<StreamingCall ended, <OpenAIStream ended>>"


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ([], FailureClass.PROTOCOL),
        ([HELLO], FailureClass.TRUNCATED),
        ([HELLO, httpx.ReadError("x")], FailureClass.NETWORK),
        ([httpx.StreamClosed()], FailureClass.NETWORK),
        ([b"data: nonsense\n\n"], FailureClass.PROTOCOL),
        ([HELLO + b"data: nonsense\n\n"], FailureClass.PROTOCOL),
    ],
)
async def test_failures(pieces: Iterable[bytes | Exception], kind: FailureClass) -> None:
    """Whatever ends a call early is raised, after the events that came before it."""
    call = a_call(body := Pieces(*pieces))
    with pytest.raises(ProviderFailed) as caught:
        await read_all(call)
    assert kind is caught.value.failure.kind
    assert not body.is_finished


ALIVE = b": keep-alive\n\n"
EMPTY = sse({"choices": [{"delta": {"content": ""}}]})
THINKING = sse({"choices": [{"delta": {"reasoning_details": [{"data": "hm"}]}}]})


@pytest.mark.parametrize("cut", [2, 20])
async def test_gzip_without_a_header(cut: int) -> None:
    """A body that begins like a gzip file is decompressed, whatever its headers say."""
    data = gzip.compress(HELLO + END)
    call = a_call(Pieces(data[:cut], data[cut:]))
    assert [TextDelta("a"), Ending("stop")] == await call.receive()


async def test_broken_gzip_without_a_header() -> None:
    """The failure names gzip."""
    body = Pieces(b"\x1f\x8b\x08nonsense")
    with pytest.raises(ProviderFailed, match="translated"):
        await a_call(body).receive()


@pytest.mark.parametrize("nothing", [ALIVE, EMPTY, b"data:\n\n", b"\n"])
@pytest.mark.parametrize(("before", "seconds"), [([], 20), ([HELLO], 50), ([THINKING], 50)])
async def test_keep_alives_are_bounded(
    autojump_clock: trio.abc.Clock, before: list[bytes], seconds: int, nothing: bytes
) -> None:
    """A stream that is only kept alive ends; sooner before the first part of the reply."""
    call = a_call(Pieces(*before, *[nothing] * 100, gap=3.0))
    with pytest.raises(ProviderFailed, match=f"nothing of its reply for {seconds} s") as caught:
        await read_all(call)
    assert FailureClass.TIMEOUT is caught.value.failure.kind
    began = 3.0 * len(before)
    assert began + seconds < trio.current_time() <= began + seconds + 3


async def test_keep_alives_are_legitimate(autojump_clock: trio.abc.Clock) -> None:
    """Keep-alives for a while, and a model that thinks for long, are fine."""
    pieces = [ALIVE] * 6 + [HELLO] + [ALIVE] * 16 + [THINKING] * 50 + [ALIVE] * 16 + [END]
    call = a_call(Pieces(*pieces, gap=3.0))
    assert [TextDelta("a")] == await call.receive()
    details = ",".join(['{"data":"hm"}'] * 50)
    signed = ReasoningDelta(signature=f"[{details}]")
    assert [signed, Ending("stop")] == await call.receive()


async def test_a_slow_reader_is_no_slow_stream(autojump_clock: trio.abc.Clock) -> None:
    """Only waiting for the provider counts, not the time between two calls."""
    call = a_call(Pieces(HELLO, ALIVE, HELLO, END))
    for _ in range(2):
        assert [TextDelta("a")] == await call.receive()
        await trio.sleep(1000)
    assert [Ending("stop")] == await call.receive()


async def test_a_whole_reply_may_trickle(autojump_clock: trio.abc.Clock) -> None:
    """Each piece of an unstreamed reply is a part of it."""
    reply = OneReply(lambda _: [Ending("stop")])
    call = a_call(Pieces(*[b"x"] * 40, gap=3.0), reply)
    assert [Ending("stop")] == await call.receive()


async def test_the_decoder_is_chosen_by_the_first_bytes() -> None:
    """A stream is decoded by the vendor's decoder alone, whatever its label."""
    sniffed = SniffedReply(OpenAIChat(), is_labelled_stream=False, may_stream=True)
    call = a_call(Pieces(HELLO, END), sniffed)
    assert [TextDelta("a")] == await call.receive()
    assert repr(call) == "<StreamingCall open, <OpenAIStream open>>"
    assert [Ending("stop")] == await call.receive()


async def test_a_web_page_is_a_failure() -> None:
    """By its first bytes, whatever its label."""
    sniffed = SniffedReply(OpenAIChat(), is_labelled_stream=True, may_stream=True)
    with pytest.raises(ProviderFailed, match="web page"):
        await a_call(Pieces(b"<!DOCTYPE html>"), sniffed).receive()


class Defect:
    """A decoder with bugs."""

    progress_count = 0

    def feed(self, data: bytes) -> list[ReplyEvent]:
        if data == b"deep":
            raise RecursionError
        return []

    def close(self) -> list[ReplyEvent]:
        raise KeyError("id")


@pytest.mark.parametrize("data", [b"deep", b"flat"])
async def test_a_defect_of_a_decoder_is_a_failure(data: bytes) -> None:
    """An unexpected exception is a PROTOCOL failure: the next provider is tried."""
    with pytest.raises(ProviderFailed) as caught:
        await a_call(Pieces(data), Defect()).receive()
    assert FailureClass.PROTOCOL is caught.value.failure.kind


async def test_the_ending_finishes_the_response() -> None:
    """Whatever is still to come of its body."""
    body = Pieces(END, HELLO)
    await read_all(a_call(body))
    assert body.is_finished


async def test_a_whole_reply_is_reported_before_its_call_is_closed() -> None:
    """Each once; closing closes the response too."""
    heard = ReportLog()
    body = Pieces(HELLO, END)
    call = a_call(body, heard=heard)
    await read_all(call)
    await call.aclose()
    await call.aclose()
    assert heard.events == ["whole", "closed"]
    assert body.is_closed


async def test_a_reply_that_breaks_off_is_not_reported_as_whole() -> None:
    """Nor is one that is closed early."""
    heard = ReportLog()
    call = a_call(Pieces(HELLO, httpx.ReadError("gone")), heard=heard)
    await call.receive()
    with pytest.raises(ProviderFailed):
        await call.receive()
    await call.aclose()
    assert heard.events == ["closed"]


class Echo:
    """A reader whose replies are what it reads, with bugs."""

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        if body == b"{defect":
            raise KeyError("id")
        return [TextDelta(body.decode()), Ending("stop")]

    def reply_decoder(self) -> OpenAIStream:
        return OpenAIStream()


async def test_a_finished_call_has_all_events_at_once() -> None:
    """The reply is reported as whole when it is read; then there is nothing more."""
    heard = ReportLog()
    call = FinishedCall(read_finished(Echo(), b"{hi", heard))
    assert heard.events == ["whole"]
    assert repr(call) == "<FinishedCall 2 events>"
    assert [TextDelta("{hi"), Ending("stop")] == await call.receive()
    assert await call.receive() == []
    await call.aclose()


@pytest.mark.parametrize("data", [b"", b"{defect"])
def test_an_invalid_finished_reply_is_a_failure(data: bytes) -> None:
    """Empty, or one that breaks the decoder; it is not reported as whole."""
    heard = ReportLog()
    with pytest.raises(ProviderFailed) as caught:
        read_finished(Echo(), data, heard)
    assert FailureClass.PROTOCOL is caught.value.failure.kind
    assert heard.events == []


class Counting:
    """A decoder of one large event, which notes the threads it is used in."""

    def __init__(self) -> None:
        self.progress_count = 0
        self.sizes: list[int] = []
        self.threads: list[threading.Thread] = []

    def feed(self, data: bytes) -> list[ReplyEvent]:
        self.sizes.append(len(data))
        self.threads.append(threading.current_thread())
        return []

    def close(self) -> list[ReplyEvent]:
        self.threads.append(threading.current_thread())
        return [*[TextDelta("a")] * (2 * MAX_BATCH), Ending("stop")]


async def test_large_events_leave_time_for_others() -> None:
    """A thread decodes what comes without events for long, and many events come in batches."""
    decoder = Counting()
    call = a_call(Pieces(*[b"x" * 60_000] * 4), decoder, heard := ReportLog())
    batches = []
    while events := await call.receive():
        batches.append(events)
    assert [len(each) for each in batches] == [MAX_BATCH, MAX_BATCH, 1]
    assert [type(each) for each in batches[-1]] == [Ending]
    main = threading.current_thread()
    assert [each is main for each in decoder.threads] == [True, True, True, False, False]
    assert heard.events == ["whole"]
    assert await call.receive() == []


async def test_the_first_pieces_of_a_reply_are_small() -> None:
    """Hundreds of streams that begin together would make one long turn of the event loop."""
    decoder = Counting()
    call = a_call(Pieces(b"x" * 10_000, b"x" * 5000), decoder, at_once=FIRST_PIECE)
    await read_all(call)
    assert decoder.sizes == [1024, 2048, 4096, 2832, 5000]


async def test_events_that_wait_for_their_receiver_are_counted() -> None:
    """As many as one read may bring: a client that does not read has hundreds of streams."""
    budget = MemoryBudget(64 * MEGABYTE)
    memory = RequestMemory(budget.open_share())
    call = a_call(Pieces(sse(*[HELLO_EVENT] * (MAX_BATCH + 1)) + END), memory=memory)
    assert len(await call.receive()) == MAX_BATCH
    assert memory.size == EVENT_COST * (MAX_BATCH + 2)
    assert [type(each) for each in await call.receive()] == [TextDelta, Ending]
    await call.aclose()
    assert (memory.size, budget.used) == (0, 0)


async def test_too_many_waiting_events_are_refused() -> None:
    """By the rule for everything that a client makes the daemon keep."""
    memory = RequestMemory(MemoryBudget(1024).open_share())
    call = a_call(Pieces(sse(*[HELLO_EVENT] * (MAX_BATCH + 1))), memory=memory)
    with pytest.raises(Busy):
        await call.receive()


async def test_what_fails_in_a_thread_is_a_failure() -> None:
    """As it is in the loop."""
    call = a_call(Pieces(b"data: {" + b"x" * LARGE, b"x" * LARGE, b"\n\n"))
    with pytest.raises(ProviderFailed) as caught:
        await read_all(call)
    assert caught.value.failure.kind is FailureClass.PROTOCOL
