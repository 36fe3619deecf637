"""The common part of all decoders of streamed replies, whatever the vendor and the framing.

A vendor's decoder interprets one event (`_take`) and decides whether a body that simply ended was
complete (`_end`). The order of events and failures, and the proof of the end, are kept here.

An error may come in any event, in any of many shapes (`_find_error`). It is looked for where the
event's name says so, where an event cannot be read, and where the stream ends without a reply.
"""

import re
import secrets
from abc import ABC, abstractmethod
from typing import Protocol

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.codec.json_values import values_in
from aircherd.providers.codec.ndjson import NdjsonDecoder, NdjsonError
from aircherd.providers.codec.sse import SseDecoder, SseError, SseEvent
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, ReplyEvent

_ERROR = b"error"
_MAX_SILENT = 4
_MAX_KEPT = 8
_MAX_ERROR = 64 * 1024


_PING_WORDS = frozenset(
    {b"ping", b"pong", b"heartbeat", b"keepalive", b"null", b"connected", b"start", b"ok"}
)
_END_WORDS = frozenset(
    {b"done", b"end", b"eof", b"eos", b"finish", b"finished", b"complete", b"completed", b"close"}
)
_NO_LETTER = re.compile(rb"[^a-z]+")
_MAX_WORD = 32


def _bare_word(data: bytes) -> bytes | None:
    """Return the letters of a short event that is no object, None for any other event."""
    if len(data) > _MAX_WORD or b"{" in data:
        return None
    return _NO_LETTER.sub(b"", data.lower())


class Framing(Protocol):
    """Splits a body into events, (name, data): `SseDecoder`, or `NdjsonDecoder` for lines."""

    def feed(self, data: bytes) -> list[SseEvent]:
        """Return the events that `data` completes.

        Raises:
            SseError, NdjsonError: the current event is too long.
        """

    def close(self) -> list[SseEvent]:
        """Return the event that the end of the body completes, if there is one."""


class ReplyStream(ABC):
    """A `ReplyDecoder` over SSE or `framing`. Whatever follows the `Ending` is ignored."""

    is_framed_as_usual = True
    """Whether the body is split into events as the vendor does it."""

    def __init__(self, framing: Framing | None = None) -> None:
        self._framing = framing or SseDecoder()
        self.progress_count = 0
        self._ended = False
        self._seen = False
        self._failed: ProviderFailed | None = None
        self._batch: list[SseEvent] = []
        self._silent: list[SseEvent] = []  # the first events that had no part of a reply

    @property
    def reads_lines(self) -> bool:
        """Whether the vendor sends one object per line."""
        return isinstance(self._framing, NdjsonDecoder)

    def use_framing(self, framing: Framing) -> None:
        """Split the body by `framing` from now on: it is not framed as the vendor does it."""
        self._framing = framing
        self.is_framed_as_usual = False

    def feed_events(self, events: list[SseEvent]) -> list[ReplyEvent]:
        """Return what events mean that were split off already; see `ReplyDecoder.feed`."""
        return self._take_all(events)

    @abstractmethod
    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        """Append the meaning of one event's `data` to `out`; `_finish` ends the reply.

        Count a part of the reply that makes no event in `progress_count`.

        Raises:
            ProviderFailed: it is an error, or does not match the vendor's API.
        """

    @abstractmethod
    def _end(self) -> Ending | None:
        """Return the ending if the body may end here without the vendor's end mark, else None."""

    def _take_end_mark(self, out: list[ReplyEvent]) -> None:
        """Process an event that means the end in a way of its own, such as `[done]`.

        It proves nothing where the vendor has no such mark: then it is ignored.
        """
        del out

    def _find_error(self, data: bytes, *, is_named: bool) -> ProviderFailed | None:
        """Return the error in an event's data, None if there is none.

        With `is_named` the event is called an error: whatever is in it is one.
        """
        del data, is_named
        return None

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Return the events that `data` completes; see `ReplyDecoder`."""
        if self._failed:
            raise self._failed
        if self._ended:
            return []
        try:
            events = self._framing.feed(data)
        except (SseError, NdjsonError) as error:
            fail(FailureClass.PROTOCOL, f"sent {error}")
        return self._take_all(events)

    def close(self) -> list[ReplyEvent]:
        """End the body; see `ReplyDecoder`.

        If it returns something without an `Ending`, call it again: then it raises.
        """
        if self._failed:
            raise self._failed
        if self._ended:
            return []
        out = self._take_last()
        if out and isinstance(out[-1], Ending):
            return out
        if (ending := self._end()) is not None:
            self._finish(ending, out)
        elif not out:
            self._broken()
        return out

    def _take_all(self, events: list[SseEvent]) -> list[ReplyEvent]:
        out: list[ReplyEvent] = []
        take = self._take
        if events:
            self._seen = True
            self._batch = events
        try:
            for name, data in events:
                try:
                    take(data, out)
                except ProviderFailed as error:
                    self._take_again(error, name, data, out)
                if name and _ERROR in name and (found := self._find_error(data, is_named=True)):
                    raise found
                if self._ended:
                    break
        except ProviderFailed as error:
            if not out:
                raise
            self._failed = error  # the events before it are returned first
        if not out:
            self._note_silent(events)
        if len(events) > _MAX_KEPT:
            self._batch = [*events[:_MAX_SILENT], events[-1]]
        return out

    def _take_again(
        self, error: ProviderFailed, name: bytes, given: bytes, out: list[ReplyEvent]
    ) -> None:
        """Process an event that `_take` refused: an error in a shape of its own, or several values.

        Raises:
            ProviderFailed: it is an error, or cannot be read.
        """
        if error.failure.kind is not FailureClass.PROTOCOL:
            raise error
        data = given.strip().removeprefix(b"data:").strip()
        if (mark := _bare_word(data)) is not None:
            if mark in _END_WORDS:
                self._take_end_mark(out)
            if mark in _END_WORDS or mark in _PING_WORDS:
                return
        found = self._find_error(data, is_named=_ERROR in name) or self._past_error()
        if found:
            raise found
        # Some servers put several objects in one event, or no empty line between events.
        values = values_in(data)
        is_listed = data.startswith(b"[") and data.endswith(b"]") and bool(values)
        if len(values) < 2 and not is_listed and (values != [data] or data == given):
            raise error
        for value in values:
            if not self._ended:
                self._take(value, out)
        if data.rstrip().endswith(b"[DONE]") and not self._ended:
            self._take(b"[DONE]", out)

    def _note_silent(self, events: list[SseEvent]) -> None:
        room = _MAX_SILENT - len(self._silent)
        if room > 0:
            self._silent += [each for each in events[:room] if len(each[1]) <= _MAX_ERROR]

    def _past_error(self) -> ProviderFailed | None:
        """Return the error in an event that was ignored, because it was no part of a reply."""
        events = [*self._silent, *self._batch[:_MAX_SILENT], *self._batch[-1:]]
        found = (self._find_error(data, is_named=False) for _, data in events)
        return next((each for each in found if each), None)

    def _take_last(self) -> list[ReplyEvent]:
        # JSON that the body's end cut off is not malformed but truncated.
        try:
            return self._take_all(self._framing.close())
        except (SseError, NdjsonError) as error:
            fail(FailureClass.PROTOCOL, f"sent {error}")
        except ProviderFailed as error:
            if error.failure.kind is not FailureClass.PROTOCOL:
                raise
            return []

    def _finish(self, ending: Ending, out: list[ReplyEvent]) -> None:
        self._ended = True
        out.append(ending)

    def _broken(self) -> None:
        if found := self._past_error():
            raise found
        if self._seen:
            fail(FailureClass.TRUNCATED, "the reply broke off before its end")
        fail(FailureClass.PROTOCOL, "answered with something that is not a stream of events")

    def __repr__(self) -> str:
        state = "failed" if self._failed else "ended" if self._ended else "open"
        return f"<{type(self).__name__} {state}>"


def new_call_id() -> str:
    """Return a new tool call id for a server that sent none; unique within a conversation."""
    return f"call_{secrets.token_hex(12)}"
