"""Chats that were started with `chat.start`."""

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
