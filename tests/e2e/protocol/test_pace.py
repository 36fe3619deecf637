"""A client that draws gets a fast answer in few pieces."""

from helpers.protocol.raw_client import RawClient
from helpers.protocol.scenarios import open_world

WORDS = " ".join(f"word{number}" for number in range(400))
HELLO = {"protocol": 1, "client": {"name": "drawing"}}


def streamed(socket, method, **hello):
    """Return the pieces of text that such a client gets, and the whole answer."""
    with RawClient(socket) as client:
        client.send([0, 1, "hello", [{**HELLO, **hello}]])
        assert "pace" in client.receive()[3]["features"]
        client.send([0, 2, method, [{"messages": [{"role": "user", "content": WORDS}]}]])
        pieces = []
        while True:
            frame = client.receive()
            if frame[0] == 1 and method == "chat":
                return pieces, frame[3]["message"]["content"][0]["text"]
            if frame[1] == "chat.done":
                return pieces, frame[2][0]["result"]["message"]["content"][0]["text"]
            if frame[0] == 2 and frame[2][0]["type"] == "text":
                pieces.append(frame[2][0]["text"])


def test_pieces_are_joined_only_for_a_client_that_asks_for_it():
    """Four hundred words at a thousand a second; nothing is lost, and nothing comes twice."""
    with open_world() as world:
        world.set_up("signed-in")
        world.simulator.behave(delay=0.001)
        every, answer = streamed(world.home.socket, "chat")
        paced = [streamed(world.home.socket, each, pace_ms=200) for each in ("chat", "chat.start")]
    assert answer == WORDS == "".join(every)
    for few, same in paced:
        assert same == WORDS == "".join(few)
        assert len(few) * 10 < len(every)
