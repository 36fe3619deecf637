"""Writes a translated reply as a stream of events.

`response.created` comes first and the whole response last; every event has its number. An error is
`response.failed`: Codex does not hear an `error` event, and would ask again.
"""

from collections.abc import Callable, Sequence

from aircherd.http_api.dialects.common.ids import new_id
from aircherd.http_api.dialects.dialect import Answering
from aircherd.http_api.dialects.openai_responses.failures import failure_of
from aircherd.http_api.dialects.openai_responses.reply.items import Events
from aircherd.http_api.dialects.openai_responses.reply.output import Output
from aircherd.http_api.dialects.openai_responses.reply.response import (
    Frame,
    incomplete_reason,
    response_json,
)
from aircherd.http_api.dialects.openai_responses.request.echo import echo_of
from aircherd.http_api.dialects.openai_responses.request.read import Style
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.reply import ReplyEvent


class ResponsesWriter:
    """Writes one reply; `clock` returns the Unix time."""

    def __init__(self, style: Style, model: str, clock: Callable[[], float]) -> None:
        """`model` is the name that the client sent, for a reply that no provider began."""
        self._style = style
        self._model = model
        self._clock = clock
        self._events = Events()
        self._output = Output(style.names, self._events)
        self._frame: Frame | None = None

    def write(self, events: Sequence[ReplyEvent], answering: Answering) -> bytes:
        """Return the bytes that the events of one read make."""
        output = self._output
        if self._frame is None:
            self._begin(answering)
        add = output.add
        for event in events:
            add(event)
        return self._events.take()

    def _begin(self, answering: Answering) -> Frame:
        self._output.origin = f"{answering.provider}/{answering.model}"
        return self._open(answering.model)

    def _open(self, model: str) -> Frame:
        frame = self._frame = Frame(
            new_id("resp_"), int(self._clock()), model, echo_of(self._style.body)
        )
        response = response_json(frame, "in_progress")
        self._events.add(b"response.created", b'"response":' + response)
        self._events.add(b"response.in_progress", b'"response":' + response)
        return frame

    def end(self, result: ChatResult) -> bytes:
        """Return what ends the stream properly."""
        frame = self._frame or self._begin(Answering(result.provider, result.model))
        reason = incomplete_reason(result.finish)
        status = "completed" if reason is None else "incomplete"
        self._output.end(status)
        response = response_json(
            frame,
            status,
            self._output.done(),
            now=None if reason else int(self._clock()),
            usage=result.usage,
            reason=reason,
            goes_on=result.finish == "pause",
        )
        self._events.add(b"response." + status.encode(), b'"response":' + response)
        return self._events.take()

    def fail(self, problem: Problem) -> bytes:
        """Return what ends the stream with an error."""
        frame = self._frame or self._open(self._model)
        response = response_json(frame, "failed", self._output.done(), error=failure_of(problem))
        self._events.add(b"response.failed", b'"response":' + response)
        return self._events.take()
