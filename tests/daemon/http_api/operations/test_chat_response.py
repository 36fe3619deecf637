"""The stream of a chat: keep-alives while a provider thinks, and writes that do not mix."""

import math

import pytest
import trio
import trio.testing

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import Route
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.http_api.operations.chat_response import IDLE_SECONDS, ChatStream
from aircherd.http_api.operations.exchange import Exchange
from aircherd.http_api.operations.problems import internal_problem
from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.verbatim.passage import Passage
from aircherd.vocabulary.reply import AttemptDelta, TextDelta
from aircherd.vocabulary.verbatim import VerbatimDelta, VerbatimHead
from helpers.http_api.chat_dialect import call_of
from helpers.http_api.performing import FakeClient, Recorder

PING = b": ping\n\n"
TRYING = AttemptDelta(provider="p", model="m", outcome="trying")


class Services:
    """Services without keys."""

    mask_keys = staticmethod(bytes)


class Streaming:
    """A stream with keep-alives, and what its client got."""

    def __init__(self, response=None):
        self.response = response or Recorder()
        route = Route("POST", "/v1/x", "chat")
        call = ApiCall(method="POST", path="/v1/x")
        exchange = Exchange(Services(), FakeClient(), DIALECT, route, call, self.response)
        read = DIALECT.read_chat(call_of(stream=True))
        self.passage = Passage(read.verbatim)
        self.stream = ChatStream(exchange, read, self.passage)

    async def think(self, seconds):
        """Let the provider send nothing but what keeps the connection alive."""
        self.passage.note(b": thinking\n\n")
        await trio.sleep(seconds)


async def test_nothing_is_sent_for_a_dead_provider(autojump_clock, nursery):
    """A keep-alive would hide it from the client."""
    streaming = Streaming()
    nursery.start_soon(streaming.stream.keep_alive, PING)
    await trio.sleep(10 * IDLE_SECONDS)
    assert not streaming.response.has_started
    nursery.cancel_scope.cancel()


async def test_keep_alives_of_a_living_one(autojump_clock, nursery):
    """The response begins with one, and then has one in each interval; not while it sends."""
    streaming = Streaming()
    await streaming.stream.send((TRYING,))
    nursery.start_soon(streaming.stream.keep_alive, PING)
    await trio.sleep(1)
    for _ in range(3):
        await streaming.think(IDLE_SECONDS)
    assert streaming.response.pieces == [PING] * 3
    assert streaming.response.headers["x-aircher-provider"] == "p"
    streaming.passage.begin_translated()
    await streaming.stream.send((TextDelta("hi"),))
    await streaming.think(IDLE_SECONDS)
    assert streaming.response.pieces[-1] != PING
    await streaming.stream.fail(internal_problem())
    assert b"internal error" in streaming.response.pieces[-1]
    assert streaming.response.is_ended
    nursery.cancel_scope.cancel()


async def test_keep_alives_stand_between_two_events(autojump_clock, nursery):
    """What is incomplete of the provider's waits, and its own keep-alives come with its events."""
    streaming = Streaming()
    passage, stream = streaming.passage, streaming.stream
    passage.begin(OpenAIChat(), VerbatimHead("text/event-stream"), stream=True)
    await stream.send((VerbatimHead("text/event-stream"),))
    passage.note(b"data: 1\n\n: theirs\n\ndata: {")
    await stream.send((VerbatimDelta(passage.take()),))
    nursery.start_soon(stream.keep_alive, PING)
    await trio.sleep(1.5 * IDLE_SECONDS)
    passage.note(b"}\n\n")
    await stream.send((VerbatimDelta(passage.take()),))
    pieces = [b"data: 1\n\n: theirs\n\n", PING, b"data: {}\n\n"]
    assert streaming.response.pieces == pieces
    nursery.cancel_scope.cancel()


class Slow(Recorder):
    """A client that takes a piece when it is let."""

    def __init__(self):
        super().__init__()
        self.may_take = trio.Event()
        self.writing = 0

    async def send(self, data):
        self.writing += 1
        assert self.writing == 1
        await self.may_take.wait()
        self.writing -= 1
        await super().send(data)


async def test_writes_do_not_mix(autojump_clock):
    """A reply waits for a keep-alive that is being written, and the end waits as well."""
    streaming = Streaming(Slow())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(streaming.stream.keep_alive, PING)
        await streaming.think(IDLE_SECONDS + 1)
        assert streaming.response.writing == 1
        nursery.start_soon(streaming.stream.send, (TextDelta("hi"),))
        await trio.testing.wait_all_tasks_blocked()
        assert streaming.response.pieces == []
        streaming.response.may_take.set()
        await streaming.stream.wait_written()
        nursery.cancel_scope.cancel()
    assert streaming.response.pieces[0] == PING


async def test_nothing_follows_a_piece_that_was_cut(autojump_clock):
    """The connection is cut instead, so that the client knows."""
    streaming = Streaming(Slow())
    with trio.move_on_after(1):
        await streaming.stream.send((TextDelta("hi"),))
    streaming.response.may_take.set()
    assert streaming.stream.is_broken
    with pytest.raises(trio.BrokenResourceError):
        await streaming.stream.send((TextDelta("more"),))
    assert (streaming.response.pieces, streaming.response.is_ended) == ([], False)


class Left(Recorder):
    """A client that left."""

    async def send(self, data):
        raise trio.BrokenResourceError


async def test_a_keep_alive_for_a_client_that_left(autojump_clock, nursery):
    """It ends quietly: the task of the chat is cancelled, or fails with its own next piece."""
    streaming = Streaming(Left())
    nursery.start_soon(streaming.stream.keep_alive, PING)
    await trio.sleep(1)
    await streaming.think(2 * IDLE_SECONDS)
    assert streaming.stream.is_broken
    with pytest.raises(trio.BrokenResourceError):
        await streaming.stream.send((TextDelta("hi"),))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("text/event-stream; charset=utf-8", "text/event-stream; charset=utf-8"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/plain", "text/event-stream"),
        ("", "text/event-stream"),
    ],
)
async def test_the_type_of_a_stream(given, shown):
    """A provider's own, unless it says something else than what it sends."""
    streaming = Streaming()
    await streaming.stream.send((VerbatimHead(given),))
    assert streaming.response.headers["content-type"] == shown
    assert math.isfinite(IDLE_SECONDS)
