"""Many clients at once, and a daemon that counts its resources, for load tests and benchmarks.

Everything here uses trio, so that hundreds of clients and the simulator share one event loop.
"""

import json
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import msgpack
import trio

from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import PATIENCE, Home, wait_until

SCRIPT = Path(__file__).with_name("watched_aircherd.py")
LOCAL_PROVIDER = """\
[providers.work]
kind = "openai"
base_url = "{url}/v1"
auth = "none"
"""
LONG = " ".join(f"{number:012000d}" for number in range(400))
"""4.8 MB of text, which `request_without_reading` requests several times."""
LONG_CHATS = 6
"""Together more than the daemon and the kernel buffer for one client."""


class ChatRecord:
    """The received deltas of one chat, and its result."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.pieces: list[str] = []
        self.is_over = False
        self.error: dict[str, Any] | None = None
        self.result: dict[str, Any] = {}

    def take(self, delta: dict[str, Any]) -> None:
        """Record a delta."""
        self.seqs.append(delta["seq"])
        if delta["type"] == "text":
            self.pieces.append(delta["text"])

    @property
    def text(self) -> str:
        """The deltas' text."""
        return "".join(self.pieces)

    @property
    def message(self) -> str:
        """The final result's text."""
        return "".join(part["text"] for part in self.result["message"]["content"])

    @property
    def is_in_order(self) -> bool:
        """Whether the sequence numbers count from 1 without a gap."""
        return self.seqs == list(range(1, len(self.seqs) + 1))


class Peer:
    """One connection to the daemon. It reads only while a method waits."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.records: defaultdict[int, ChatRecord] = defaultdict(ChatRecord)
        self.events: list[dict[str, Any]] = []
        self._unpacker = msgpack.Unpacker(max_buffer_size=64 * 1024 * 1024)

    @classmethod
    async def connect(cls, path: Path) -> Self:
        """Connect to the daemon's socket."""
        return cls(await trio.open_unix_socket(path))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stream.aclose()

    async def request(self, number: int, method: str, **params: object) -> None:
        """Send a request without waiting."""
        await self.stream.send_all(msgpack.packb([0, number, method, [params]]))

    async def chat(self, number: int, model: str, text: str) -> None:
        """Send a chat request without waiting."""
        messages = [{"role": "user", "content": text}]
        await self.request(number, "chat", model=model, messages=messages)

    async def cancel(self, number: int) -> None:
        """Cancel a request."""
        await self.stream.send_all(msgpack.packb([2, "$/cancel", [{"id": number}]]))

    async def read(self) -> None:
        """Read once and record the frames."""
        data = await self.stream.receive_some(2**18)
        assert data, "the daemon closed the connection"
        self._unpacker.feed(data)
        for kind, *rest in self._unpacker:
            if kind == 1:
                number, error, result = rest
                records = self.records[number]
                records.is_over, records.error, records.result = True, error, result or {}
            elif rest[0] == "chat.delta":
                self.records[rest[1][0]["id"]].take(rest[1][0])
            elif rest[0] == "event":
                self.events.append(rest[1][0])

    async def wait_end(self, *numbers: int) -> list[ChatRecord]:
        """Read until all of these requests are answered. The caller sets a deadline."""
        while not all(self.records[number].is_over for number in numbers):
            await self.read()
        return [self.records[number] for number in numbers]

    async def call(self, number: int, method: str, **params: object) -> ChatRecord:
        """Send a request and wait for its result."""
        await self.request(number, method, **params)
        return (await self.wait_end(number))[0]

    async def ask(self, number: int, model: str, text: str) -> ChatRecord:
        """Send a chat and wait for its result."""
        await self.chat(number, model, text)
        return (await self.wait_end(number))[0]


class Watched:
    """A running daemon that counts its resources on request."""

    def __init__(self, home: Home, process: subprocess.Popen[str], file: Path) -> None:
        self.home = home
        self.process = process
        self._file = file
        self._number = 0

    async def count(self) -> dict[str, int]:
        """Return its counts: tasks, descriptors, sessions, connections, queued bytes."""
        self.process.send_signal(signal.SIGUSR1)
        with trio.fail_after(PATIENCE):
            while True:
                found = json.loads(self._file.read_text()) if self._file.exists() else {}
                if found.get("number", 0) > self._number:
                    self._number = found.pop("number")
                    return dict(found)
                await trio.sleep(0.01)

    async def settled(self) -> dict[str, int]:
        """Return the counts once there is no client and two counts are equal."""
        last: dict[str, int] = {}
        with trio.fail_after(PATIENCE):
            while (now := await self._held()) != last or now["sessions"]:
                last = now
                await trio.sleep(0.05)
        return now

    async def _held(self) -> dict[str, int]:
        """Return the counts without the time of the loop, which is never the same."""
        found = await self.count()
        found.pop("loop_us", None)
        return found

    async def wait_until_waiting(self, size: int) -> None:
        """Wait until at least `size` bytes are queued for clients that do not read."""
        with trio.fail_after(PATIENCE):
            while (await self.count())["waiting_bytes"] < size:  # noqa: ASYNC110 - it is elsewhere
                await trio.sleep(0.05)

    async def steady_bytes(self) -> int:
        """Return the bytes queued for clients once the number is stable."""
        before, now = -1, 0
        while now != before:
            await trio.sleep(0.3)
            before, now = now, (await self.count())["waiting_bytes"]
        return now

    def resident_kib(self) -> int:
        """Return the resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1])


def start_watched(home: Home, *, nofile: int | None = None) -> Watched:
    """Start a counting daemon with at most `nofile` descriptors, and wait until it answers."""
    file = home.root / "count.json"
    environ = {**home.environ, "WATCHED_FILE": str(file)}
    if nofile is not None:
        environ["WATCHED_NOFILE"] = str(nofile)
    with home.log_file.open("a") as log:
        process = home.process = subprocess.Popen(
            # -P: the helpers' names must not shadow other modules.
            [sys.executable, "-P", str(SCRIPT)],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            text=True,
            preexec_fn=home.preexec,  # noqa: PLW1509 -- one system call
        )

    def is_up() -> bool:
        assert process.poll() is None, f"aircherd ended:\n{home.log()}"
        return home.socket.exists() and home._answers()

    wait_until(is_up, "aircherd answers")
    return Watched(home, process, file)


async def request_without_reading(peer: Peer) -> None:
    """Request more than the daemon buffers for a client, and do not read."""
    for number in range(LONG_CHATS):
        await peer.chat(number, "work/long", "go")


async def read_everything(peer: Peer) -> bool:
    """Read what `request_without_reading` requested; return whether it is complete, in order."""
    records = await peer.wait_end(*range(LONG_CHATS))
    return all(
        each.error is None and each.is_in_order and each.text == each.message == LONG
        for each in records
    )


async def wait_for(is_so: Callable[[], bool], what: str) -> None:
    """Return as soon as `is_so()` is true; fail with `what` after a timeout."""
    with trio.move_on_after(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event
            await trio.sleep(0.01)
        return
    raise AssertionError(f"waited in vain until {what}")


async def each_at_once(
    clients: int, path: Path, run: Callable[[int, Peer], Awaitable[None]]
) -> None:
    """Run `run(number, peer)` for all clients concurrently, each with its own connection."""

    async def one(number: int) -> None:
        async with await Peer.connect(path) as peer:
            await run(number, peer)

    async with trio.open_nursery() as nursery:
        for number in range(clients):
            nursery.start_soon(one, number)


@asynccontextmanager
async def watched_daemon(
    home: Home, sim: Simulator, *, more_config: str = "", nofile: int | None = None
) -> AsyncIterator[Watched]:
    """Run a daemon whose provider `work` is the simulator and needs no key."""
    sim.keys.accept("openai", "*")
    home.write_config(LOCAL_PROVIDER.format(url=sim.url) + more_config)
    yield start_watched(home, nofile=nofile)
