"""A chat under way at a provider: what one read brings, as events, until the end of the reply."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

import httpx
import msgspec
import structlog
import trio

from aircherd.errors import ProviderFailed, fail
from aircherd.memory.budget import SMALL
from aircherd.memory.request_memory import RequestMemory
from aircherd.providers.adapter import ReplyDecoder
from aircherd.providers.error_mapping.network import TransportError
from aircherd.providers.replies.sniffed_reply import SniffedReply, read_body
from aircherd.providers.replies.whole_reply import ReplyReader, read_json_reply
from aircherd.providers.transport.compression.codings import coding_of, may_show_coding
from aircherd.providers.transport.compression.decoded_response import DecodedResponse
from aircherd.providers.transport.request import HttpResponse
from aircherd.sharing.share import share_of_task
from aircherd.sharing.turns import PIECE, turns
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import Ending, ReplyEvent

log = structlog.get_logger()

FIRST_PIECE = 1024
"""Bytes of a reply that are decoded in its first step; then twice as many in each."""
MAX_BATCH = 1000
"""Events that are returned at once: their receiver handles them without a pause."""

LARGE = 128 * 1024
"""Bytes without an event after which a thread decodes the next ones, so that others go on."""

EVENT_COST = 128
"""Bytes that each event of a read with more than `MAX_BATCH` counts for: short text mostly."""

MAX_THREADS = 2

_DECODING = trio.lowlevel.RunVar[trio.CapacityLimiter]("decoding")


def _threads() -> trio.CapacityLimiter:
    try:
        return _DECODING.get()
    except LookupError:
        limiter = trio.CapacityLimiter(MAX_THREADS)
        _DECODING.set(limiter)
        return limiter


class ChatCall(Protocol):
    """An answered call. Its receiver closes it."""

    async def receive(self) -> list[ReplyEvent]:
        """Wait for the events of one read; the batch with the `Ending` is the last, then [].

        Raises:
            ProviderFailed: the call failed, or the reply broke off.
            Busy: what was read and not returned is more than the client's share of memory.
        """

    async def aclose(self) -> None:
        """End the call, whatever its state: the provider notices at once. Idempotent."""


class Report(Protocol):
    """Where a call reports how it went: a `CallReport`."""

    def whole(self) -> None:
        """Report that the reply came to its proper end."""

    def translate(self, error: TransportError | ProviderFailed) -> ProviderFailed:
        """Report the error that ended the call; return what to raise instead of it."""


class StallTimeouts(msgspec.Struct, frozen=True):
    """How many seconds a stream may go without a part of the reply: before its first, and after.

    The transport bounds silence. This is for servers that keep a connection alive with comments and
    pings, as they may for a while, and never come to the point.
    """

    first: float
    later: float


class StreamingCall:
    """A `ChatCall` whose reply is still arriving."""

    __slots__ = (
        "_at_once",
        "_decoder",
        "_has_ended",
        "_held",
        "_is_empty",
        "_later_timeout",
        "_memory",
        "_now",
        "_on_closed",
        "_queued",
        "_report",
        "_response",
        "_rest",
        "_stall_timeout",
        "_turns",
    )

    def __init__(
        self,
        response: HttpResponse,
        decoder: ReplyDecoder,
        report: Report,
        stall: StallTimeouts,
        memory: RequestMemory,
        *,
        on_closed: Callable[[], None],
    ) -> None:
        self._response = response
        self._decoder = decoder
        self._report = report
        self._stall_timeout = stall.first
        self._later_timeout = stall.later
        self._on_closed: Callable[[], None] | None = on_closed
        self._now = trio.lowlevel.current_clock().current_time
        self._memory = memory
        self._held = 0  # bytes of what was read and not returned yet, as they are counted
        self._is_empty = True  # no byte has come yet
        self._has_ended = False
        self._queued: Iterator[ReplyEvent] | None = None  # of a read with many events
        self._turns = turns()
        self._rest = b""  # of a read that is decoded in pieces
        self._at_once = FIRST_PIECE  # bytes that are decoded in one step

    async def receive(self) -> list[ReplyEvent]:
        """Wait for the events of one read; see `ChatCall`.

        The transport bounds how long a read may take, `StallTimeouts` how long reads may go on
        without a part of the reply.
        """
        if self._queued is not None and (queued := await self._take_queued()):
            return queued
        if self._has_ended:
            return []
        if self._held:  # the events of the last call are counted where they are kept
            self._hold(0)
        since, progress_count = self._now(), self._decoder.progress_count
        try:
            data = self._rest or await self._response.receive_some()
            if self._is_empty:
                data = await self._begin(data)
            if self._rest or len(data) > self._at_once or not self._turns.is_open:
                data = await self._take_turn(data)
            events = self._decode(data)
            if not events:
                events = await self._receive_more(since, progress_count)
        except (httpx.HTTPError, httpx.StreamError, ProviderFailed) as error:
            raise self._report.translate(error) from None
        self._stall_timeout = self._later_timeout
        if events and type(events[-1]) is Ending:
            self._has_ended = True
            self._response.finish()
            self._report.whole()
        if len(events) > MAX_BATCH:
            self._hold(EVENT_COST * len(events))
            self._queued = iter(events)
            events = list(islice(self._queued, MAX_BATCH))
        return events

    async def _take_queued(self) -> list[ReplyEvent]:
        """Return the next events of a read that had many, after a turn for other tasks."""
        assert self._queued is not None
        await trio.lowlevel.checkpoint()
        events = list(islice(self._queued, MAX_BATCH))
        if not events:
            self._queued = None
        return events

    async def _take_turn(self, data: bytes) -> bytes:
        """Wait for a turn of the client; return the piece of `data` to decode in it.

        The first pieces are small: that the event loop is congested is known only after a long
        turn, and hundreds of streams that begin together would make a very long one.
        """
        turns = self._turns
        if self._rest and not turns.is_congested:
            await turns.pause()
        await turns.enter(share_of_task.get())
        size = PIECE
        if not turns.is_congested:
            size = self._at_once
            if size < len(data):
                self._at_once = 2 * size
        self._rest = data[size:]
        return data[:size]

    async def _begin(self, data: bytes) -> bytes:
        """Check the first piece; return it, decompressed if it is compressed and unlabelled."""
        while may_show_coding(data) and (more := await self._response.receive_some()):
            data += more
        if coding := coding_of(data):
            self._response = DecodedResponse(self._response, [coding], data)
            data = await self._response.receive_some()
        if not data:
            fail(FailureClass.PROTOCOL, "answered with nothing at all")
        if isinstance(self._decoder, SniffedReply):
            self._decoder = self._decoder.choose(data)
        self._is_empty = False
        return data

    async def _receive_more(self, since: float, progress_count: int) -> list[ReplyEvent]:
        """Read on until there are events; the arguments are from before the first read."""
        events: list[ReplyEvent] = []
        size = 0
        while not events:
            if self._decoder.progress_count != progress_count:
                since, progress_count = self._now(), self._decoder.progress_count
                self._stall_timeout = self._later_timeout
            elif self._now() - since > self._stall_timeout:
                fail(
                    FailureClass.TIMEOUT,
                    f"kept the connection alive, but sent nothing of its reply for "
                    f"{self._stall_timeout:g} s",
                )
            data = self._rest or await self._response.receive_some()
            if self._rest or len(data) > self._at_once or not self._turns.is_open:
                data = await self._take_turn(data)
            size += len(data)
            if size - self._held > SMALL:
                self._hold(size)
            if size > LARGE:
                # Few at once: what is decoded takes several times its size.
                events = await trio.to_thread.run_sync(self._decode, data, limiter=_threads())
            else:
                events = self._decode(data)
        return events

    def _hold(self, size: int) -> None:
        """Count `size` bytes of what was read.

        Raises:
            Busy: that is more than the client's share of memory.
        """
        self._memory.grow(size - self._held)
        self._held = size

    async def aclose(self) -> None:
        """End the call; see `ChatCall`."""
        if self._held:
            self._hold(0)
        if self._on_closed is not None:
            self._on_closed()
            self._on_closed = None
        await self._response.aclose()

    def _decode(self, data: bytes) -> list[ReplyEvent]:
        try:
            return self._decoder.feed(data) if data else self._decoder.close()
        except ProviderFailed:
            raise
        except Exception as error:  # noqa: BLE001 - a boundary, see `_undecodable`
            raise _undecodable(self._decoder, error) from None

    def __repr__(self) -> str:
        return f"<StreamingCall {'ended' if self._has_ended else 'open'}, {self._decoder!r}>"


class FinishedCall:
    """A `ChatCall` whose whole reply has arrived."""

    __slots__ = ("_events",)

    def __init__(self, events: list[ReplyEvent]) -> None:
        self._events = events

    async def receive(self) -> list[ReplyEvent]:
        """Return all events, then []; see `ChatCall`."""
        events, self._events = self._events, []
        return events

    async def aclose(self) -> None:
        """Do nothing: the connection was returned."""

    def __repr__(self) -> str:
        return f"<FinishedCall {len(self._events)} events>"


def read_finished(reader: ReplyReader, data: bytes, report: Report) -> list[ReplyEvent]:
    """Return the events of a whole reply.

    Raises:
        ProviderFailed: it holds an error, or is no reply of the provider's API.
    """
    try:
        if not data:
            fail(FailureClass.PROTOCOL, "answered with nothing at all")
        # As nearly all begin, and nothing but JSON.
        is_json = data.startswith(b'{"')
        events = read_json_reply(reader, data) if is_json else read_body(reader, data)
    except ProviderFailed as error:
        raise report.translate(error) from None
    except Exception as error:  # noqa: BLE001 - a boundary, see `_undecodable`
        raise report.translate(_undecodable(reader, error)) from None
    report.whole()
    return events


def _undecodable(decoder: object, error: Exception) -> ProviderFailed:
    """Return what to raise when a decoder fails unexpectedly.

    A boundary: whatever a server makes a decoder do, the next provider is still asked.
    """
    log.error("reply_not_decoded", decoder=repr(decoder), exc_info=error)
    message = "sent what aircherd cannot read: see its log"
    return ProviderFailed(Failure(kind=FailureClass.PROTOCOL, message=message))
