"""Chats that were started with `chat.start`."""

import pytest

from helpers.sessions import conversation


async def test_stream_sends_number_deltas_and_result():
    """The number comes first, the result last."""
    async with conversation() as (peer, _):
        assert await peer.ask(3, "start", name="x") == [1, 3, None, {"stream": 1}]
        assert (await peer.receive())[2][0]["stream"] == 1
        assert await peer.receive() == [2, "chat.done", [{"stream": 1, "result": {"done": True}}]]


async def test_stream_can_be_cancelled():
    """It is cancelled by its own number."""
    async with conversation() as (peer, session):
        await peer.ask(3, "start", name="hang")
        await peer.receive()
        await session.services.hanging.wait()
        await peer.send([2, "$/cancel", [{"stream": 1}]])
        done = (await peer.receive())[2][0]
        assert (done["stream"], done["error"]["code"]) == (1, "cancelled")
        await session.services.ended.wait()


@pytest.mark.parametrize("is_later", [False, True])
async def test_stream_is_cancelled_by_the_number_of_its_request(is_later):
    """Right behind it, when the client does not know the stream's number yet, or later."""
    async with conversation() as (peer, session):
        cancel = [2, "$/cancel", [{"id": 3}]]
        await peer.send([0, 3, "start", [{"name": "hang"}]], *([] if is_later else [cancel]))
        assert await peer.receive() == [1, 3, None, {"stream": 1}]
        if is_later:
            await session.services.hanging.wait()
            await peer.receive()
            await peer.send(cancel)
        while (received := await peer.receive())[1] == "chat.delta":
            pass
        (done,) = received[2]
        assert (done["stream"], done["error"]["code"]) == (1, "cancelled")
        assert not session._streams_by_request


async def test_a_number_that_is_used_again_means_the_new_request():
    """A late cancellation of that one must not end the stream."""
    async with conversation() as (peer, session):
        await peer.ask(3, "start", name="hang")
        await peer.receive()
        assert (await peer.ask(3, "greet", name="x"))[3] == {"hello": "x"}
        await peer.send([2, "$/cancel", [{"id": 3}]])
        assert (await peer.ask(4, "greet", name="x"))[3] == {"hello": "x"}
        assert session.active == 1
        await peer.send([2, "$/cancel", [{"stream": 1}]])
        assert (await peer.receive())[2][0]["error"]["code"] == "cancelled"
