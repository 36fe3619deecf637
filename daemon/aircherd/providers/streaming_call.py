"""A chat under way at a provider: what one read brings, as events, until the reply's end."""

from collections.abc import Callable
from typing import Protocol

import httpx
import msgspec
import structlog
import trio

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.adapter import ReplyDecoder
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import Ending, ReplyEvent

MAX_REPLY = 8 * 1024 * 1024
"""Bytes of a reply in one piece: no vendor comes near, and what is decoded of it takes more."""

_GZIP = b"\x1f\x8b"
"""What every gzip begins with. No vendor sends it unasked; what stands before one may."""

log = structlog.get_logger()

TransportError = httpx.HTTPError | httpx.StreamError
Translate = Callable[[TransportError | ProviderFailed], ProviderFailed]


class Body(Protocol):
    """The bytes of a response, as they come."""

    async def receive_some(self) -> bytes:
        """Return the bytes of one read, b"" at the end of the body."""

    def finish(self) -> None:
        """Say that nothing more is wanted of it: the connection may serve again."""

    async def aclose(self) -> None:
        """Let the connection go, at once."""


class StallTimeouts(msgspec.Struct, frozen=True):
    """How many seconds a stream may go without a part of the reply: before its first, and after.

    Silence is the transport's business. This is for servers that keep a connection alive with
    comments and pings, as they may for a while, and never come to the point.
    """

    first: float
    later: float


class StreamingCall:
    """One answered call, which whoever got it closes. `status` is the HTTP status of the answer."""

    def __init__(
        self,
        status: int,
        body: Body,
        decoder: ReplyDecoder,
        translate: Translate,
        patience: StallTimeouts,
        *,
        on_whole: Callable[[], None],
        on_closed: Callable[[], None],
    ) -> None:
        self.status = status
        self._patience = patience.first
        self._later_patience = patience.later
        self._body = body
        self._decoder = decoder
        self._translate = translate
        self._on_whole = on_whole
        self._on_closed = on_closed
        self._is_empty = True  # not a byte came yet
        self._has_ended = False

    async def receive(self) -> list[ReplyEvent]:
        """Wait for the events of one read; the batch with the `Ending` is the last, then [].

        How long a read may take is the transport's business, how many may pass without a part of
        the reply is `StallTimeouts`.

        Raises:
            ProviderFailed: the call failed, or the reply broke off.
        """
        events: list[ReplyEvent] = []
        since, progress_count = trio.current_time(), self._decoder.progress_count
        while not (events or self._has_ended):
            try:
                events = self._decode(await self._body.receive_some())
                if self._decoder.progress_count != progress_count:
                    since, progress_count = trio.current_time(), self._decoder.progress_count
                    self._patience = self._later_patience
                elif not events:
                    self._check_patience(since)
            except (httpx.HTTPError, httpx.StreamError, ProviderFailed) as error:
                raise self._translate(error) from None
        self._patience = self._later_patience
        if events and type(events[-1]) is Ending:
            self._has_ended = True
            self._body.finish()
            self._on_whole()
        return events

    async def aclose(self) -> None:
        """End the call, wherever it is: upstream hears of it at once. Closing twice is once."""
        on_closed, self._on_closed = self._on_closed, _nobody
        on_closed()
        await self._body.aclose()

    def _decode(self, data: bytes) -> list[ReplyEvent]:
        if self._is_empty:
            _check_first(data)
            self._is_empty = False
        try:
            return self._decoder.feed(data) if data else self._decoder.close()
        except ProviderFailed:
            raise
        except Exception:
            # An edge: whatever a server can make a decoder do, the next provider is still asked.
            log.exception("a reply could not be decoded", decoder=repr(self._decoder))
            told = "sent what aircherd cannot read: see its log"
            failure = Failure(kind=FailureClass.PROTOCOL, message=told)
            raise ProviderFailed(failure) from None

    def _check_patience(self, since: float) -> None:
        if trio.current_time() - since > self._patience:
            fail(
                FailureClass.TIMEOUT,
                f"kept the connection alive, but sent nothing of its reply for "
                f"{self._patience:g} s",
            )

    def __repr__(self) -> str:
        state = "ended" if self._has_ended else "open"
        return f"<StreamingCall {self.status} {state}, {self._decoder!r}>"


def _nobody() -> None:
    """Who is told of an end once was told of it."""


def _check_first(data: bytes) -> None:
    if not data:
        fail(FailureClass.PROTOCOL, "answered with nothing at all")
    if data.startswith(_GZIP):
        fail(FailureClass.PROTOCOL, "answered in gzip, which was not asked for: check base_url")


class OneReply:
    """A `ReplyDecoder` for a reply that comes in one piece: it is read when it is whole."""

    def __init__(self, read: Callable[[bytes], list[ReplyEvent]]) -> None:
        self._read = read
        self.progress_count = 0
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Keep `data`; see `ReplyDecoder`."""
        self.progress_count += 1
        self._size += len(data)
        if self._size > MAX_REPLY:
            fail(FailureClass.PROTOCOL, f"sent a reply of more than {MAX_REPLY} bytes")
        self._pieces.append(data)
        return []

    def close(self) -> list[ReplyEvent]:
        """Read the reply; see `ReplyDecoder`."""
        return self._read(b"".join(self._pieces))

    def __repr__(self) -> str:
        return f"<OneReply {self._size} bytes>"
