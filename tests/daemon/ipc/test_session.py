"""One client and the daemon, over a real socket pair."""

import gc
import weakref

import msgpack
import pytest
import trio
import trio.testing

from aircherd.ipc import session as session_module
from aircherd.memory.budget import QUEUE_LIMIT
from aircherd.vocabulary.reply import TextDelta
from helpers.sessions import conversation, error_of


async def test_response_has_the_number_of_its_request():
    """It has the result of the handler."""
    async with conversation() as (peer, _):
        assert await peer.ask(5, "greet", name="you") == [1, 5, None, {"hello": "you"}]


async def test_hello_applies_to_requests_of_the_same_write():
    """The command line sends them together."""
    for _ in range(8):
        async with conversation() as (peer, _session):
            await peer.send([0, 1, "hello", [{"name": "me"}]], [0, 2, "who", []])
            answers = [await peer.receive(), await peer.receive()]
            assert answers == [[1, 1, None, {}], [1, 2, None, {"caller": "me"}]]


async def test_requests_are_served_concurrently():
    """A waiting request does not block the next one."""
    async with conversation() as (peer, session):
        await peer.send([0, 1, "hang", []])
        await session.services.hanging.wait()
        assert await peer.ask(2, "greet", name="you") == [1, 2, None, {"hello": "you"}]


@pytest.mark.parametrize(
    ("method", "params", "code", "message"),
    [
        ("refuse", {}, "bad_request", "not like this"),
        ("nonsense", {}, "unknown_method", "unknown method 'nonsense'"),
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
async def test_failed_request_does_not_end_the_connection(method, params, code, message):
    """The message names the parameter."""
    async with conversation() as (peer, _):
        assert error_of(await peer.ask(1, method, **params)) == (code, message)
        assert (await peer.ask(2, "greet", name="x"))[2] is None


async def test_empty_list_is_an_empty_map():
    """Lua cannot tell them apart."""
    async with conversation() as (peer, _):
        assert (await peer.ask(1, "greet", name="x", extra=[]))[3] == {"hello": "x"}


async def test_crash_is_an_internal_error_without_text(capsys):
    """The daemon continues, and the exception's text is not sent."""
    async with conversation() as (peer, _):
        code, message = error_of(await peer.ask(1, "crash"))
        assert (code, "RuntimeError" in message, "canary" in message) == ("internal", True, False)
        assert (await peer.ask(2, "greet", name="x"))[2] is None


async def test_cancel_stops_the_handler_and_responds():
    """The response has the code `cancelled`."""
    async with conversation() as (peer, session):
        await peer.send([0, 9, "hang", []])
        await session.services.hanging.wait()
        await peer.send([2, "$/cancel", [{"id": 9}]])
        assert error_of(await peer.receive()) == ("cancelled", "cancelled")
        await session.services.ended.wait()


@pytest.mark.parametrize("params", [{"id": 77}, {"id": "x"}, {}, {"stream": 1}])
async def test_cancelling_an_unknown_number_is_no_error(params):
    """The request may have just ended."""
    async with conversation() as (peer, _):
        await peer.send([2, "$/cancel", [params]])
        assert (await peer.ask(2, "greet", name="x"))[2] is None


async def test_disconnect_cancels_the_requests():
    """Their handlers are stopped."""
    async with conversation() as (peer, session):
        await peer.send([0, 9, "hang", []])
        await session.services.hanging.wait()
        await peer.stream.aclose()
        await session.services.ended.wait()


async def test_number_of_an_active_request_is_refused():
    """The responses would be ambiguous."""
    async with conversation() as (peer, session):
        await peer.send([0, 1, "hang", []])
        await session.services.hanging.wait()
        assert error_of(await peer.ask(1, "greet", name="x"))[0] == "bad_request"


async def test_broken_frame_is_reported_once_and_ends_the_connection():
    """Requests before it are answered."""
    async with conversation() as (peer, _):
        await peer.stream.send_all(msgpack.packb([0, 1, "greet", [{"name": "x"}]]) + b"\xc1")
        received_frames = [await peer.receive() for _ in range(3)]
    assert [1, 1, None, {"hello": "x"}] in received_frames
    notifications = [frame for frame in received_frames if frame and frame[0] == 2]
    assert [(frame[1], frame[2][0]["code"]) for frame in notifications] == [
        ("error", "bad_request")
    ]
    assert received_frames[-1] is None


async def test_error_notifications_of_neovim_are_ignored():
    """It sends one for each notification that it does not know."""
    async with conversation() as (peer, _):
        await peer.send([2, "nvim_error_event", [0, "Invalid method: x"]], [1, 4, None, 1])
        assert (await peer.ask(2, "greet", name="x"))[2] is None


async def test_deltas_come_before_the_result():
    """They are in order and have the request's number."""
    async with conversation() as (peer, _):
        await peer.send([0, 3, "stream", []])
        received_frames = [await peer.receive() for _ in range(3)]
    assert [frame[2][0]["text"] for frame in received_frames[:2]] == ["a", "b"]
    assert received_frames[2] == [1, 3, None, {}]


async def test_client_that_does_not_read_pauses_its_chat():
    """Memory is bounded, and the client gets everything when it reads again."""
    async with conversation() as (peer, session):
        await peer.send([0, 3, "flood", []])
        before = -1
        while session.services.sent != before:  # until nothing more is sent
            before = session.services.sent
            await trio.sleep(0.1)
        assert session.outbox.size < QUEUE_LIMIT + 1_000_000
        received = 0
        while received < session.services.sent:
            received += len((await peer.receive())[2][0]["text"])


async def test_draining_waits_for_active_requests():
    """New requests are refused."""
    async with conversation() as (peer, session):
        await peer.send([0, 1, "hang", []])
        await session.services.hanging.wait()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session.wait_drained)
            await trio.testing.wait_all_tasks_blocked(0.01)
            assert error_of(await peer.ask(2, "greet", name="x"))[0] == "shutting_down"
            await peer.send([2, "$/cancel", [{"id": 1}]])
            assert error_of(await peer.receive())[0] == "shutting_down"


async def test_draining_does_not_wait_for_a_client_that_leaves():
    """Its requests end with it, and nothing is left to answer or to close."""
    async with conversation() as (peer, session):
        await peer.send([0, 1, "hang", []], [0, 2, "hang", []])
        await session.services.hanging.wait()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session.wait_drained)
            await trio.testing.wait_all_tasks_blocked(0.01)
            await peer.stream.aclose()
        assert session.active == 0
        await session.close()
        assert session.services.ended.is_set()


async def test_close_cancels_requests_and_sends_an_error():
    """Every request gets a response."""
    async with conversation() as (peer, session):
        await peer.send([0, 1, "hang", []])
        await session.services.hanging.wait()
        await session.close()
        assert error_of(await peer.receive())[0] == "shutting_down"
        farewell = await peer.receive()
        assert (farewell[1], farewell[2][0]["code"]) == ("error", "shutting_down")
        assert await peer.receive() is None


@pytest.mark.parametrize("method", ["too_big", "too_long"])
async def test_result_that_cannot_be_encoded_is_an_error(method):
    """The connection continues."""
    async with conversation() as (peer, _):
        assert error_of(await peer.ask(1, method))[0] == "internal"
        assert (await peer.ask(2, "greet", name="x"))[2] is None


async def test_invalid_utf8_in_a_parameter_name_is_a_bad_request():
    """No traceback is logged."""
    async with conversation() as (peer, _):
        await peer.stream.send_all(b"\x94\x00\x01\xa5greet\x91\x81\xa5na\xffme\xa1x")
        assert error_of(await peer.receive())[0] == "bad_request"


async def test_number_of_active_requests_is_bounded(monkeypatch):
    """One more is refused, and the active ones continue."""
    monkeypatch.setattr(session_module, "MAX_ACTIVE_REQUESTS", 2)
    async with conversation() as (peer, _):
        await peer.send([0, 1, "hang", []], [0, 2, "hang", []])
        assert error_of(await peer.ask(3, "greet", name="x"))[0] == "busy"
        await peer.send([2, "$/cancel", [{"id": 1}]])
        assert error_of(await peer.receive())[0] == "cancelled"
        assert (await peer.ask(3, "greet", name="x"))[2] is None


async def test_client_that_does_not_read_responses_is_not_read(monkeypatch):
    """Responses are always queued, so reading stops to bound memory."""
    monkeypatch.setattr("aircherd.memory.budget.QUEUE_LIMIT", 100_000)
    async with conversation() as (peer, session):
        name = "x" * 10_000
        sent = 0
        with trio.move_on_after(1):
            for number in range(1000):
                await peer.send([0, number, "greet", [{"name": name}]])
                sent += 1
        assert sent < 1000
        assert session.outbox.size < 1_000_000
        answered = {(await peer.receive())[1] for _ in range(sent)}
        assert answered == set(range(sent))


async def test_a_request_after_a_quiet_time_waits_for_changed_files():
    """The watcher was dozing: what the request depends on may have changed."""
    async with conversation() as (peer, session):
        order = []

        async def catch_up():
            order.append("caught up")
            session.services.watcher.is_attentive = True

        session.services.watcher.catch_up = catch_up
        await peer.ask(1, "greet", name="x")
        assert order == []
        session.services.watcher.is_attentive = False
        await peer.ask(2, "greet", name="x")
        await peer.ask(3, "greet", name="x")
        assert order == ["caught up"]


class Batch(list):
    """Deltas of one read, which can be referred to weakly."""


async def test_deltas_are_not_kept_while_their_stream_waits():
    """They are in the queue; a client that does not read may have hundreds of streams."""
    async with conversation() as (peer, session), trio.open_nursery() as nursery:
        await peer.send([0, 3, "flood", []])
        while not session.outbox.is_full:  # noqa: ASYNC110 - only this test needs to wait
            await trio.sleep(0.01)
        deltas = Batch([TextDelta("x")])
        found = weakref.ref(deltas)
        nursery.start_soon(session.delta_sender("id", 9), deltas)
        del deltas
        await trio.testing.wait_all_tasks_blocked()
        assert nursery.child_tasks
        assert found() is None
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("last", [b"", b"\xc1"])
async def test_a_session_is_freed_when_its_client_leaves(last):
    """At once: the next collection may be far away, and each session has large buffers."""
    gc.disable()
    try:
        async with conversation() as (peer, session):
            assert await peer.ask(1, "greet", name="you") == [1, 1, None, {"hello": "you"}]
            await peer.send(*([0, number, "greet", [{"name": "me"}]] for number in range(20)))
            for _ in range(20):
                await peer.receive()
            if last:
                await peer.stream.send_all(last)
                assert (await peer.receive())[1] == "error"
            left = [weakref.ref(session), weakref.ref(session._reader), weakref.ref(session.outbox)]
            del session
        await trio.testing.wait_all_tasks_blocked()
        assert [each() for each in left] == [None, None, None]
    finally:
        gc.enable()
