"""A chat under way at a provider: what one read brings, as events, until the reply's end."""

from collections.abc import Callable
from typing import Protocol

import httpx

from aircherd.errors import ProviderFailed
from aircherd.providers.adapter import ReplyDecoder, fail
from aircherd.vocabulary.chat import Ending, ReplyEvent
from aircherd.vocabulary.failure import FailureClass

MAX_REPLY = 32 * 1024 * 1024
"""Bytes of a reply in one piece: as much as the wire to the client takes."""

TransportError = httpx.HTTPError | httpx.StreamError
Translate = Callable[[TransportError | ProviderFailed], ProviderFailed]


class Body(Protocol):
    """The bytes of a response, as they come."""

    async def receive_some(self) -> bytes:
        """Return the bytes of one read, b"" at the end of the body."""

    def finish(self) -> None:
        """Say that nothing more is wanted of it: the connection may serve again."""


class ChatCall:
    """One answered call. `status` is the HTTP status of the answer."""

    def __init__(
        self, status: int, body: Body, decoder: ReplyDecoder, translate: Translate
    ) -> None:
        self.status = status
        self._body = body
        self._decoder = decoder
        self._translate = translate
        self._is_empty = True  # not a byte came yet
        self._has_ended = False

    async def receive(self) -> list[ReplyEvent]:
        """Wait for the events of one read; the batch with the `Ending` is the last, then [].

        How long a read may take is the transport's business.

        Raises:
            ProviderFailed: the call failed, or the reply broke off.
        """
        events: list[ReplyEvent] = []
        while not (events or self._has_ended):
            try:
                events = self._decode(await self._body.receive_some())
            except (httpx.HTTPError, httpx.StreamError, ProviderFailed) as error:
                raise self._translate(error) from None
        if events and type(events[-1]) is Ending:
            self._has_ended = True
            self._body.finish()
        return events

    def _decode(self, data: bytes) -> list[ReplyEvent]:
        if data:
            self._is_empty = False
            return self._decoder.feed(data)
        if self._is_empty:
            fail(FailureClass.PROTOCOL, "answered with nothing at all")
        return self._decoder.close()

    def __repr__(self) -> str:
        state = "ended" if self._has_ended else "open"
        return f"<ChatCall {self.status} {state}, {self._decoder!r}>"


class OneReply:
    """A `ReplyDecoder` for a reply that comes in one piece: it is read when it is whole."""

    def __init__(self, read: Callable[[bytes], list[ReplyEvent]]) -> None:
        self._read = read
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Keep `data`; see `ReplyDecoder`."""
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
