"""Sends the reply of a chat: as it comes from the provider, or translated into the dialect.

Nothing is sent before the reply has begun, so the status can still be an error's. Only if the
provider thinks for longer than `IDLE_SECONDS`, and bytes come from it meanwhile, the response
begins with a keep-alive; from then on an error is part of the stream.
"""

from collections.abc import Sequence
from typing import cast

import trio

from aircherd.http_api.call import Headers
from aircherd.http_api.dialects.dialect import Answering, ChatRead, StreamWriter
from aircherd.http_api.operations.answer_headers import (
    COST,
    TRANSLATED,
    VERBATIM,
    answering_headers,
    cost_notes,
)
from aircherd.http_api.operations.exchange import Deltas, Exchange
from aircherd.http_api.problem import Problem
from aircherd.providers.verbatim.passage import Passage
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.reply import AttemptDelta, ReplyEvent
from aircherd.vocabulary.verbatim import VerbatimDelta, VerbatimHead

IDLE_SECONDS = 10.0
"""After so long without a byte, the client gets a keep-alive, if the provider sent something."""

_STREAM_TYPES = ("event-stream", "ndjson")


class ChatStream:
    """The response of a chat that streams."""

    __slots__ = ("_answering", "_attempts", "_exchange", "_is_verbatim", "_is_writing", "_passage",
                 "_read", "_seen", "_waiting", "_writer", "_written", "is_broken")  # fmt: skip

    def __init__(self, exchange: Exchange, read: ChatRead, passage: Passage) -> None:
        self._exchange = exchange
        self._read = read
        self._passage = passage
        self._answering = Answering("", "")
        self._attempts = 0
        self._is_verbatim = False
        self._writer: StreamWriter | None = None
        self._is_writing = False
        self.is_broken = False
        """Whether a piece was begun that will not be complete: nothing can follow it."""
        self._waiting = trio.lowlevel.ParkingLot()
        self._written = 0  # writes so far
        self._seen = 0  # bytes of providers, at the last look

    # -------------------------------------------------------------- what the chat sends

    async def send(self, deltas: Deltas) -> None:
        """Send the deltas of one read; waits while the client is behind."""
        first = deltas[0] if deltas else None
        if type(first) is VerbatimDelta:
            await self._write(first.data)
        elif type(first) is VerbatimHead:
            self._is_verbatim = True
            await self._start(_stream_type(first, self._stream_type), first.headers)
        elif type(first) is AttemptDelta:
            self._note_attempt(first)
        elif deltas:
            await self._start(self._stream_type)
            events = cast("Sequence[ReplyEvent]", deltas)  # never mixed with others
            await self._write(self._translation.write(events, self._answering))

    @property
    def _stream_type(self) -> str:
        """The content type of the stream that the client asked for."""
        return self._read.stream_type or self._exchange.dialect.stream_type

    def _note_attempt(self, attempt: AttemptDelta) -> None:
        if attempt.outcome == "trying":
            self._attempts += 1
            self._answering = Answering(attempt.provider, attempt.model)

    @property
    def _translation(self) -> StreamWriter:
        if self._writer is None:
            self._writer = self._exchange.dialect.stream_writer(self._read)
        return self._writer

    # -------------------------------------------------------------- its end

    async def finish(self, result: ChatResult) -> None:
        """End the stream properly."""
        notes = cost_notes(result)
        if not self._is_verbatim:
            await self._start(self._stream_type)
            await self._write(self._translation.end(result))
        if note := self._exchange.dialect.stream_note(notes):
            await self._write(note)
        await self._exchange.response.end(notes)

    async def fail(self, problem: Problem) -> None:
        """End a stream that has begun, and is not broken, with an error."""
        dialect = self._exchange.dialect
        fail = dialect.stream_error if self._is_verbatim else self._translation.fail
        await self._write(self._exchange.services.mask_keys(fail(problem)))
        await self._exchange.response.end()

    # -------------------------------------------------------------- bytes

    async def _start(self, content_type: str, more: Headers = ()) -> None:
        response = self._exchange.response
        if response.has_started:
            return
        carried = VERBATIM if self._is_verbatim else TRANSLATED
        provider, model = self._answering
        headers = [
            ("content-type", content_type),
            ("cache-control", "no-cache"),
            *more,
            *answering_headers(provider, model, self._attempts, carried),
        ]
        await response.start(200, headers, (COST,))

    async def _write(self, data: bytes) -> None:
        """Write a piece.

        Raises:
            trio.BrokenResourceError: the client left, or a piece before was not written whole.
        """
        if self._is_writing:
            await self.wait_written()
        if not data:
            return
        if self.is_broken:
            raise trio.BrokenResourceError
        self._is_writing = self.is_broken = True
        try:
            await self._exchange.response.send(data)
            self.is_broken = False
        finally:
            self._is_writing = False
            if self._waiting:
                self._waiting.unpark_all()
        self._written += 1

    async def wait_written(self) -> None:
        """Wait until no piece is being written."""
        while self._is_writing:
            await self._waiting.park()

    # -------------------------------------------------------------- while the provider thinks

    async def keep_alive(self, data: bytes) -> None:
        """Send `data` now and then while nothing else is sent and the provider is alive."""
        while True:
            written = self._written
            await trio.sleep(IDLE_SECONDS)
            received = self._passage.received
            is_alive, self._seen = received > self._seen, received
            if is_alive and written == self._written and not self._is_writing:
                # What was sent so far ends with an event. The provider's own keep-alives come with
                # the next one: a thread may be decoding them.
                try:
                    await self._start(self._stream_type)
                    await self._write(data)
                except trio.BrokenResourceError:
                    return  # the chat's own task notices that the client left

    def __repr__(self) -> str:
        return f"<ChatStream of {self._exchange!r}, {self._written} pieces>"


class WholeReply:
    """The response of a chat in one piece."""

    __slots__ = ("_body", "_exchange", "_head", "_read")

    def __init__(self, exchange: Exchange, read: ChatRead) -> None:
        self._exchange = exchange
        self._read = read
        self._head: VerbatimHead | None = None
        self._body = b""

    async def send(self, deltas: Deltas) -> None:
        """Take the provider's own bytes."""
        for delta in deltas:
            if isinstance(delta, VerbatimHead):
                self._head = delta
            elif isinstance(delta, VerbatimDelta):
                self._body = delta.data

    def result(self) -> tuple[VerbatimHead, bytes] | None:
        """Return the provider's own reply, None if it has to be translated."""
        return None if self._head is None else (self._head, self._body)

    def __repr__(self) -> str:
        return f"<WholeReply of {self._exchange!r}, {len(self._body)} bytes>"


def _stream_type(head: VerbatimHead, usual: str) -> str:
    """Return the type of a provider's stream, the usual one if it says something else."""
    given = head.content_type
    return given if any(name in given for name in _STREAM_TYPES) else usual
