"""One client's conversation with the daemon, over a real socket pair, with a small table."""

import socket
from contextlib import asynccontextmanager
from types import SimpleNamespace

import msgpack
import msgspec
import pytest
import trio
import trio.lowlevel

from aircher_wire import frames
from aircherd.api.context import Method
from aircherd.chat.caller import Caller
from aircherd.errors import BadRequest
from aircherd.events import EventBus
from aircherd.ipc import session as session_module
from aircherd.ipc.connection_methods import ConnectionMethod
from aircherd.ipc.outbox import BUFFER_LIMIT
from aircherd.ipc.session import Session
from aircherd.vocabulary.reply import TextDelta


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


class Named(msgspec.Struct, forbid_unknown_fields=True):
    """One parameter."""

    name: str
    extra: dict[str, object] = {}


async def greet(services, context, params):
    return {"hello": params.name}


async def refuse(services, context, params):
    raise BadRequest("not like this", field="name")


async def crash(services, context, params):
    raise RuntimeError("sk-canary-0123456789")


async def hang(services, context, params):
    services.hanging.set()
    try:
        await trio.sleep_forever()
    finally:
        services.ended.set()


async def stream_some(services, context, params):
    send = context.send
    for piece in ("a", "b"):
        await send([TextDelta(piece)])
    return {}


async def flood(services, context, params):
    send = context.send
    while True:
        await send([TextDelta("x" * 100_000)])
        services.sent += 100_000


async def too_big(services, context, params):
    return {"number": 10**30}


async def too_long(services, context, params):
    return {"text": "x" * (frames.MAX_FRAME + 1)}


async def who(services, context, params):
    return {"caller": context.caller.client}


async def start(session, params):
    async def run(context):
        await context.send([TextDelta("s")])
        if params.name == "hang":
            await hang(session.services, context, params)
        return {"done": True}

    return {"stream": session.start_stream(run)}


async def hello(session, params):
    await trio.lowlevel.checkpoint()
    session.caller = Caller(params.name)
    return {}


TABLE = {
    "who": Method(Nothing, who),
    "too_big": Method(Nothing, too_big),
    "too_long": Method(Nothing, too_long),
    "greet": Method(Named, greet),
    "refuse": Method(Nothing, refuse),
    "crash": Method(Nothing, crash),
    "hang": Method(Nothing, hang),
    "stream": Method(Nothing, stream_some),
    "flood": Method(Nothing, flood),
}
CONNECTION_TABLE = {
    "hello": ConnectionMethod(Named, hello),
    "start": ConnectionMethod(Named, start),
}


class Peer:
    """The client's end."""

    def __init__(self, stream):
        self.stream = stream
        self._unpacker = msgpack.Unpacker()

    async def send(self, *frames):
        await self.stream.send_all(b"".join(map(msgpack.packb, frames)))

    async def receive(self):
        """Return the next frame, None at the end."""
        while True:
            try:
                return self._unpacker.unpack()
            except msgpack.OutOfData:
                data = await self.stream.receive_some()
                if not data:
                    return None
                self._unpacker.feed(data)

    async def ask(self, msgid, method, **params):
        await self.send([0, msgid, method, [params]])
        return await self.receive()


@asynccontextmanager
async def conversation():
    """Serve one client; give its end and the session."""
    ours, theirs = socket.socketpair()
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
    services = SimpleNamespace(
        bus=EventBus(clock=lambda: 5.0), hanging=trio.Event(), ended=trio.Event(), sent=0
    )
    session = Session(stream, services, TABLE, CONNECTION_TABLE)
    peer = Peer(trio.SocketStream(trio.socket.from_stdlib_socket(theirs)))
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery, peer.stream:

            async def serve():
                async with stream:
                    await session.serve()

            nursery.start_soon(serve)
            yield peer, session
            await peer.stream.aclose()


def error_of(frame):
    """Check that `frame` is an error answer; return its code and message."""
    assert (frame[0], frame[3]) == (1, None)
    return frame[2]["code"], frame[2]["message"]


async def test_a_request_is_answered_under_its_number():
    """The result of the handler, as it is."""
    async with conversation() as (peer, _):
        assert await peer.ask(5, "greet", name="you") == [1, 5, None, {"hello": "you"}]


async def test_what_comes_with_an_introduction_is_the_introduced_ones():
    """In one write, as the command line does; tasks would begin in any order."""
    for _ in range(8):
        async with conversation() as (peer, _session):
            await peer.send([0, 1, "hello", [{"name": "me"}]], [0, 2, "who", []])
            answers = [await peer.receive(), await peer.receive()]
            assert answers == [[1, 1, None, {}], [1, 2, None, {"caller": "me"}]]


async def test_requests_are_served_side_by_side():
    """A waiting one does not hold up the next."""
    async with conversation() as (peer, session):
        await peer.send([0, 1, "hang", []])
        await session.services.hanging.wait()
        assert await peer.ask(2, "greet", name="you") == [1, 2, None, {"hello": "you"}]


@pytest.mark.parametrize(
    ("method", "params", "code", "said"),
    [
        ("refuse", {}, "bad_request", "not like this"),
        ("nonsense", {}, "unknown_method", "there is no method 'nonsense'"),
        ("greet", {}, "bad_request", "greet: name is missing"),
        (
            "greet",
            {"name": 3},
            "bad_request",
            "greet: name: has to be a string, not a whole number",
        ),
        (
            "greet",
            {"name": "x", "nam": 1},
            "bad_request",
            "greet: there is no field 'nam'",
        ),
    ],
)
async def test_what_cannot_be_done_is_an_error_and_the_conversation_goes_on(
    method, params, code, said
):
    """The message names the parameter."""
    async with conversation() as (peer, _):
        assert error_of(await peer.ask(1, method, **params)) == (code, said)
        assert (await peer.ask(2, "greet", name="x"))[2] is None


async def test_an_editors_empty_list_is_an_empty_map():
    """Lua does not know the difference."""
    async with conversation() as (peer, _):
        assert (await peer.ask(1, "greet", name="x", extra=[]))[3] == {"hello": "x"}


async def test_a_crash_is_internal_and_tells_the_client_nothing_of_it(capsys):
    """One bad request must not take the daemon with it, nor a key in the exception the client."""
    async with conversation() as (peer, _):
        code, said = error_of(await peer.ask(1, "crash"))
        assert (code, "RuntimeError" in said, "canary" in said) == ("internal", True, False)
        assert (await peer.ask(2, "greet", name="x"))[2] is None


async def test_cancelling_ends_the_work_and_answers():
    """The handler is cancelled, the request answered with `cancelled`."""
    async with conversation() as (peer, session):
        await peer.send([0, 9, "hang", []])
        await session.services.hanging.wait()
        await peer.send([2, "$/cancel", [{"id": 9}]])
        assert error_of(await peer.receive()) == ("cancelled", "cancelled")
        await session.services.ended.wait()


@pytest.mark.parametrize("params", [{"id": 77}, {"id": "x"}, {}, {"stream": 1}])
async def test_cancelling_what_is_not_there_is_a_race_and_no_error(params):
    """It may just have ended."""
    async with conversation() as (peer, _):
        await peer.send([2, "$/cancel", [params]])
        assert (await peer.ask(2, "greet", name="x"))[2] is None


async def test_a_client_that_goes_away_takes_its_requests_with_it():
    """Nothing goes on for nobody."""
    async with conversation() as (peer, session):
        await peer.send([0, 9, "hang", []])
        await session.services.hanging.wait()
        await peer.stream.aclose()
        await session.services.ended.wait()


async def test_a_number_under_way_cannot_be_used_again():
    """Two answers with one number would be told apart by nobody."""
    async with conversation() as (peer, session):
        await peer.send([0, 1, "hang", []])
        await session.services.hanging.wait()
        assert error_of(await peer.ask(1, "greet", name="x"))[0] == "bad_request"


async def test_a_broken_frame_is_told_once_and_ends_the_connection():
    """What came before it is still answered."""
    async with conversation() as (peer, _):
        await peer.stream.send_all(msgpack.packb([0, 1, "greet", [{"name": "x"}]]) + b"\xc1")
        got = [await peer.receive() for _ in range(3)]
    assert [1, 1, None, {"hello": "x"}] in got
    told = [frame for frame in got if frame and frame[0] == 2]
    assert [(frame[1], frame[2][0]["code"]) for frame in told] == [("error", "bad_request")]
    assert got[-1] is None


async def test_neovims_own_complaints_are_taken_silently():
    """It answers a notification it does not know with an error notification of its own."""
    async with conversation() as (peer, _):
        await peer.send([2, "nvim_error_event", [0, "Invalid method: x"]], [1, 4, None, 1])
        assert (await peer.ask(2, "greet", name="x"))[2] is None


async def test_deltas_come_before_the_result():
    """In order, marked with the request's number."""
    async with conversation() as (peer, _):
        await peer.send([0, 3, "stream", []])
        got = [await peer.receive() for _ in range(3)]
    assert [frame[2][0]["text"] for frame in got[:2]] == ["a", "b"]
    assert got[2] == [1, 3, None, {}]


async def test_a_started_stream_is_answered_at_once_and_ends_with_done():
    """First its number, then its deltas, then the result."""
    async with conversation() as (peer, _):
        assert await peer.ask(3, "start", name="x") == [1, 3, None, {"stream": 1}]
        assert (await peer.receive())[2][0]["stream"] == 1
        assert await peer.receive() == [2, "chat.done", [{"stream": 1, "result": {"done": True}}]]


async def test_a_started_stream_can_be_cancelled():
    """By its own number."""
    async with conversation() as (peer, session):
        await peer.ask(3, "start", name="hang")
        await peer.receive()
        await session.services.hanging.wait()
        await peer.send([2, "$/cancel", [{"stream": 1}]])
        done = (await peer.receive())[2][0]
        assert (done["stream"], done["error"]["code"]) == (1, "cancelled")
        await session.services.ended.wait()


async def test_a_client_that_does_not_read_holds_up_its_own_chat_in_bounded_memory():
    """The chat stops at the bound; the client gets everything when it wakes."""
    async with conversation() as (peer, session):
        await peer.send([0, 3, "flood", []])
        before = -1
        while session.services.sent != before:  # until it stands still
            before = session.services.sent
            await trio.sleep(0.1)
        assert session._outbox.size < BUFFER_LIMIT + 1_000_000
        received = 0
        while received < session.services.sent:
            received += len((await peer.receive())[2][0]["text"])


async def test_events_of_subscribed_topics_arrive():
    """Topic, number and time go with the event's own keys; other topics stay away."""
    async with conversation() as (peer, session):
        session.subscribe(["auth"])
        session.services.bus.publish("provider", {"provider": "x"})
        session.services.bus.publish("auth", {"provider": "p"})
        assert await peer.receive() == [
            2,
            "event",
            [{"provider": "p", "topic": "auth", "seq": 2, "at": 5.0}],
        ]
        session.unsubscribe(["auth"])
        session.services.bus.publish("auth", {"provider": "q"})
        assert (await peer.ask(1, "greet", name="x"))[0] == 1


async def test_events_for_a_full_client_are_dropped_and_counted():
    """One notice when it reads again, not one for each."""
    async with conversation() as (peer, session):
        session.subscribe(["auth"])
        await peer.send([0, 3, "flood", []])
        while not session._outbox.is_full:  # noqa: ASYNC110 - it has no event, and needs none but here
            await trio.sleep(0.01)
        for _ in range(3):
            session.services.bus.publish("auth", {"provider": "p"})
        await peer.send([2, "$/cancel", [{"id": 3}]])
        lagged = []
        while not lagged:
            frame = await peer.receive()
            lagged = [frame[2][0]] if frame[1] == "event" else []
        assert lagged == [{"topic": "lagged", "dropped": 3}]


async def test_draining_waits_for_what_is_under_way_and_refuses_the_rest():
    """The requests that are there may end; new ones are for the next daemon."""
    async with conversation() as (peer, session):
        await peer.send([0, 1, "hang", []])
        await session.services.hanging.wait()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session.wait_drained)
            await trio.testing.wait_all_tasks_blocked(0.01)
            assert error_of(await peer.ask(2, "greet", name="x"))[0] == "shutting_down"
            await peer.send([2, "$/cancel", [{"id": 1}]])
            assert error_of(await peer.receive())[0] == "shutting_down"


async def test_closing_cancels_and_says_goodbye():
    """Every client gets a last word, and every request an answer."""
    async with conversation() as (peer, session):
        await peer.send([0, 1, "hang", []])
        await session.services.hanging.wait()
        await session.close()
        assert error_of(await peer.receive())[0] == "shutting_down"
        farewell = await peer.receive()
        assert (farewell[1], farewell[2][0]["code"]) == ("error", "shutting_down")
        assert await peer.receive() is None


@pytest.mark.parametrize("method", ["too_big", "too_long"])
async def test_an_answer_that_no_frame_can_hold_is_an_error_and_harms_nobody(method):
    """A number of a provider's, or a text without end: the connection goes on."""
    async with conversation() as (peer, _):
        assert error_of(await peer.ask(1, method))[0] == "internal"
        assert (await peer.ask(2, "greet", name="x"))[2] is None


async def test_invalid_utf8_in_a_name_is_a_bad_request():
    """And no traceback in the log."""
    async with conversation() as (peer, _):
        await peer.stream.send_all(b"\x94\x00\x01\xa5greet\x91\x81\xa5na\xffme\xa1x")
        assert error_of(await peer.receive())[0] == "bad_request"


async def test_one_client_may_not_have_requests_without_end(monkeypatch):
    """The one too many is refused; those under way go on."""
    monkeypatch.setattr(session_module, "MAX_ACTIVE_REQUESTS", 2)
    async with conversation() as (peer, _):
        await peer.send([0, 1, "hang", []], [0, 2, "hang", []])
        assert error_of(await peer.ask(3, "greet", name="x"))[0] == "overloaded"
        await peer.send([2, "$/cancel", [{"id": 1}]])
        assert error_of(await peer.receive())[0] == "cancelled"
        assert (await peer.ask(3, "greet", name="x"))[2] is None


async def test_who_does_not_read_answers_is_not_asked_for_more(monkeypatch):
    """Answers are always kept, so questions must stop: memory is bounded."""
    monkeypatch.setattr("aircherd.ipc.outbox.BUFFER_LIMIT", 100_000)
    async with conversation() as (peer, session):
        name = "x" * 10_000
        sent = 0
        with trio.move_on_after(1):
            for number in range(1000):
                await peer.send([0, number, "greet", [{"name": name}]])
                sent += 1
        assert sent < 1000
        assert session._outbox.size < 1_000_000
        answered = {(await peer.receive())[1] for _ in range(sent)}
        assert answered == set(range(sent))
