"""One chat that another daemon answers: `tests/e2e/upstream` has it through real daemons."""

from typing import Any

import pytest
import trio

from aircher_wire.frames import Response
from aircherd.errors import ProviderFailed
from aircherd.memory.request_memory import uncounted
from aircherd.providers.streaming_call import StallTimeouts
from aircherd.providers.upstream.call import MAX_NOTES, UpstreamCall
from aircherd.providers.upstream.unread import Unread
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import AttemptDelta, Ending, TextDelta

RESULT = {
    "message": {"role": "assistant", "content": [{"type": "text", "text": "hi"}]},
    "finish": "stop",
    "usage": None,
    "cost": None,
    "provider": "work",
    "model": "m",
}


class Linked:
    """A call over a link."""

    def __init__(self) -> None:
        self.unread = Unread(uncounted(), lambda _: None)
        self.is_closed = False

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


class Report:
    """Notes what is reported."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def ok(self) -> None:
        """Note it."""
        self.notes.append("ok")

    def whole(self) -> None:
        """Note it."""
        self.notes.append("whole")

    def translate(self, error: ProviderFailed) -> ProviderFailed:
        """Note its class."""
        self.notes.append(error.failure.kind.value)
        return error


def a_call(*, streamed: bool = True) -> tuple[UpstreamCall, Linked, Report]:
    """Return a call, what it reads, and its report."""
    linked, report = Linked(), Report()
    call = UpstreamCall(
        linked,  # type: ignore[arg-type]
        provider="laptop",
        path="/run/x.sock",
        report=report,  # type: ignore[arg-type]
        stall=StallTimeouts(20.0, 10.0),
        streamed=streamed,
        now=0.0,
    )
    return call, linked, report


def attempt(number: int) -> dict[str, Any]:
    """Return news of an attempt there."""
    return {"type": "attempt", "provider": "p", "model": str(number), "outcome": "overloaded"}


async def test_a_stream_ends_with_its_result() -> None:
    """And is reported when it begins, and when it is whole."""
    call, linked, report = a_call()
    linked.unread.put({"type": "text", "text": "hi"})
    assert await call.receive() == [TextDelta("hi")]
    linked.unread.end(Response(1, None, RESULT))
    *_, ending = await call.receive()
    assert isinstance(ending, Ending)
    assert await call.receive() == []
    assert report.notes == ["ok", "whole"]
    await call.aclose()
    assert linked.is_closed


async def test_an_error_there_is_a_failure_here() -> None:
    """Nothing is reported as answered."""
    call, linked, report = a_call()
    linked.unread.put(attempt(1))
    assert [type(each) for each in await call.receive()] == [AttemptDelta]
    error = {"code": "overloaded", "message": "full", "data": {}}
    linked.unread.end(Response(1, error, None))
    with pytest.raises(ProviderFailed, match="full"):
        await call.receive()
    assert report.notes == ["overloaded"]


async def test_a_daemon_that_never_comes_to_the_point_times_out(autojump_clock) -> None:
    """Deltas that say nothing, and endless attempts, do not keep it alive."""
    call, linked, report = a_call()

    async def chatter() -> None:
        for number in range(10_000):
            linked.unread.put(attempt(number) if number % 2 else {"type": "hologram"})
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(chatter)
        for _ in range(MAX_NOTES):
            assert len(await call.receive()) == 1
        with pytest.raises(ProviderFailed, match="sent nothing of its reply for 20 s"):
            await call.receive()
        nursery.cancel_scope.cancel()
    assert report.notes == ["timeout"]


async def test_after_output_the_shorter_time_counts(autojump_clock) -> None:
    """As with any provider's stream."""
    call, linked, _ = a_call()
    linked.unread.put({"type": "text", "text": "hi"})
    await call.receive()
    with pytest.raises(ProviderFailed, match="for 10 s") as caught:
        await call.receive()
    assert caught.value.failure.kind is FailureClass.TIMEOUT
    assert trio.current_time() == pytest.approx(10.0)
