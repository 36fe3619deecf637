"""Chats cancelled at random points, in every way a client can, for tests and benchmarks.

stage   the stage at which the upstream stalls: connecting, TLS, sending a large body, before the
head, within the head, after the head, mid-stream, or none (a flowing stream)
way     `$/cancel`, or closing the connection; killing `aircher-cli` is tested separately
when    a random number of milliseconds after the request or after its first notification, so at
the stages and also before and between them
"""

import random
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import trio

from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.load import Peer, each_at_once

CONFIG = """
[providers.dark]
kind = "openai"
base_url = "http://127.0.0.1:{dark}/v1"
auth = "none"

[providers.silent]
kind = "openai"
base_url = "http://127.0.0.1:{silent}/v1"
auth = "none"

[providers.tls]
kind = "openai"
base_url = "https://127.0.0.1:{silent}/v1"
auth = "none"
"""
FAULTS = (
    Fault("stall", model="before-head", times=None),
    Fault("slow_head", model="within-head", seconds=0.01, times=None),
    Fault("stall", model="after-head", after=0, times=None),
    Fault("stall", model="mid-stream", after=3, times=None),
)
FLOW = " ".join(map(str, range(500)))
LARGE = "x" * 1_000_000
STAGES = {
    "dark/connecting": "hello",
    "tls/handshake": "hello",
    "silent/body": LARGE,
    "work/before-head": "hello",
    "work/within-head": "hello",
    "work/after-head": "one two three",
    "work/mid-stream": "one two three four five",
    "work/flowing": FLOW,
}
LONGEST = 0.05
"""The longest time in seconds before the cancellation."""


@contextmanager
def dark_port() -> Iterator[int]:
    """A port that accepts no connection: its queue is full, so the kernel does not respond."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


class SilentServer:
    """A server that reads slowly and never responds."""

    def __init__(self) -> None:
        self.port = 0
        self.open_connections = 0

    async def serve(self, stream: trio.SocketStream) -> None:
        """Read until the end."""
        self.open_connections += 1
        try:
            async with stream:
                while await stream.receive_some(65_536):  # noqa: ASYNC110 - the pace, not a wait
                    await trio.sleep(0.02)
        except trio.BrokenResourceError:
            pass
        finally:
            self.open_connections -= 1


@asynccontextmanager
async def open_silent_server() -> AsyncIterator[SilentServer]:
    """Serve in the background while the context lasts."""
    silent = SilentServer()
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        silent.port = listeners[0].socket.getsockname()[1]
        await nursery.start(trio.serve_listeners, silent.serve, listeners)
        yield silent
        nursery.cancel_scope.cancel()


class CancelStorm:
    """Cancels `total` chats, `clients` at once; `outcomes` counts how they ended."""

    def __init__(self, path: Path, seed: int = 0) -> None:
        self.outcomes: Counter[str] = Counter()
        self._path = path
        self._random = random.Random(seed)  # noqa: S311 - the same points in every run

    async def run(self, total: int, clients: int) -> None:
        """Cancel `total` chats."""

        async def one(_number: int, peer: Peer) -> None:
            for chat in range(total // clients):
                peer = await self._break_off(peer, chat)
            await peer.stream.aclose()

        await each_at_once(clients, self._path, one)

    async def _break_off(self, peer: Peer, chat: int) -> Peer:
        """Start a chat and cancel it; return the connection for the next one."""
        stage = self._random.choice(list(STAGES))
        way = self._random.choice(["cancel", "close"])
        await peer.chat(chat, stage, STAGES[stage])
        if self._random.random() < 0.5:  # once it is on its way to the provider
            while not peer.records[chat].seqs:
                await peer.read()
        await trio.sleep(self._random.random() * LONGEST)
        if way == "close":
            await peer.stream.aclose()
            self.outcomes[f"{stage} closed"] += 1
            return await Peer.connect(self._path)
        await peer.cancel(chat)
        (records,) = await peer.wait_end(chat)
        code = records.error["code"] if records.error else "finished"
        self.outcomes[f"{stage} {code}"] += 1
        return peer


def prepare(sim: Simulator) -> None:
    """Program the simulator's faults for the stages."""
    sim.faults.add(*FAULTS)
    sim.behave(delay=0.005, repeat_answers=True)
