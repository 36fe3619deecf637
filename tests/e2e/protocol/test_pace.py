"""A client that draws gets a fast answer in few pieces."""

from helpers.protocol.raw_client import RawClient
from helpers.protocol.scenarios import open_world

WORDS = " ".join(f"word{number}" for number in range(400))
HELLO = {"protocol": 1, "client": {"name": "drawing"}}


def streamed(socket, **hello):
    """Return the pieces of text that such a client gets, and the whole answer."""
    with RawClient(socket) as client:
        client.send([0, 1, "hello", [{**HELLO, **hello}]])
        assert "pace" in client.receive()[3]["features"]
        client.send([0, 2, "chat.start", [{"messages": [{"role": "user", "content": WORDS}]}]])
        pieces = []
        while (frame := client.receive())[1] != "chat.done":
            if frame[0] == 2 and frame[2][0]["type"] == "text":
                pieces.append(frame[2][0]["text"])
    return pieces, frame[2][0]["result"]["message"]["content"][0]["text"]


def test_pieces_are_joined_only_for_a_client_that_asks_for_it():
    """Four hundred words at a thousand a second; nothing is lost, and nothing comes twice."""
    with open_world() as world:
        world.set_up("signed-in")
        world.simulator.behave(delay=0.001)
        every, answer = streamed(world.home.socket)
        few, same = streamed(world.home.socket, pace_ms=200)
    assert answer == same == WORDS == "".join(every) == "".join(few)
    assert len(few) * 10 < len(every)
