"""Many requests in flight at one machine, which may be killed and started meanwhile."""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgpack
import trio

from helpers.fleet.machines import Machine
from helpers.fleet.upstream import Upstream

PAUSE = 0.2
"""Seconds until a place in flight asks again: after a refusal, or while there is no daemon."""
SENT_AGAIN = "connection lost"
"""The outcome of requests whose daemon was killed."""


class Load:
    """Keeps `in_flight` chats open at one daemon until it has sent `most`, or is stopped.

    `outcomes` counts the ends: `ok`, an error's code, or `SENT_AGAIN`. `refusals` has the first
    error of each code. `client` is the client's name, which limits are for. Prompts come from
    `prompt(number)`; `fields` are further fields of each chat.
    """

    def __init__(
        self,
        path: Path,
        *,
        client: str,
        prompt: Callable[[int], str],
        in_flight: int = 64,
        most: int | None = None,
        **fields: object,
    ) -> None:
        self.path = path
        self.in_flight = in_flight
        self.outcomes: Counter[str] = Counter()
        self.refusals: dict[str, dict[str, Any]] = {}
        self._client = client
        self._prompt = prompt
        self._most = most
        self._fields = fields
        self._number = 0
        self._is_stopped = False
        self._open: set[int] = set()
        self._pausing = 0

    def __repr__(self) -> str:
        return f"<Load of {self.path}: {self._number} sent, {dict(self.outcomes)}>"

    def stop(self) -> None:
        """Send no more; what is in flight ends."""
        self._is_stopped = True

    @property
    def is_sending(self) -> bool:
        """Whether there is more to send."""
        return not self._is_stopped and (self._most is None or self._number < self._most)

    @property
    def is_over(self) -> bool:
        """Whether all is sent and answered."""
        return not (self.is_sending or self._open)

    async def run(self) -> None:
        """Send until there is no more to send, over a new connection when one is lost."""
        while self.is_sending or self._open:
            try:
                async with await trio.open_unix_socket(str(self.path)) as stream:
                    await self._use(stream)
            except (OSError, trio.BrokenResourceError):
                pass  # killed; it may come back
            if self._open:
                self.outcomes[SENT_AGAIN] += len(self._open)
                self._open.clear()
            if self.is_sending:
                await trio.sleep(PAUSE)

    async def _use(self, stream: trio.SocketStream) -> None:
        hello = {"client": {"name": self._client, "version": "1"}}
        await stream.send_all(msgpack.packb([0, 0, "hello", [hello]]))
        unpacker = msgpack.Unpacker()
        self._pausing, pause_ends = 0, math.inf
        await self._fill(stream)
        while self._open or self._pausing:
            data = None
            with trio.move_on_at(pause_ends):
                data = await stream.receive_some(2**18)
            if data == b"":
                return
            unpacker.feed(data or b"")
            refused = sum([self._note(frame) for frame in unpacker])
            if refused and self.is_sending:
                if not self._pausing:
                    pause_ends = trio.current_time() + PAUSE
                self._pausing += refused
            if trio.current_time() >= pause_ends:
                self._pausing, pause_ends = 0, math.inf
            await self._fill(stream)

    async def _fill(self, stream: trio.SocketStream) -> None:
        frames = []
        while self.is_sending and len(self._open) + self._pausing < self.in_flight:
            self._number += 1
            self._open.add(self._number)
            messages = [{"role": "user", "content": self._prompt(self._number)}]
            params = {"model": "work/m", "messages": messages, "stream": False, **self._fields}
            frames.append(msgpack.packb([0, self._number, "chat", [params]]))
        if frames:
            await stream.send_all(b"".join(frames))

    def _note(self, frame: list[Any]) -> bool:
        """Note the end of a chat; return whether it was refused."""
        kind, number, error, *_ = frame
        if kind != 1 or number not in self._open:
            return False
        self._open.discard(number)
        code = "ok" if error is None else error["code"]
        self.outcomes[code] += 1
        if error is not None:
            self.refusals.setdefault(code, error)
        return error is not None


def loads(
    machines: Iterable[Machine], client: str, in_flight: int, *, prompt: str, **options: Any
) -> list[Load]:
    """Return a load for each machine, all with the same prompt."""
    return [
        Load(
            machine.home.socket,
            client=client,
            prompt=lambda _: prompt,
            in_flight=in_flight,
            **options,
        )
        for machine in machines
    ]


async def exhaust(
    sent: Sequence[Load],
    upstream: Upstream,
    disturb: Callable[[], Awaitable[object]] = trio.lowlevel.checkpoint,
    *,
    quiet: float = 4.5,
) -> None:
    """Send until nothing more arrives at the provider for `quiet` seconds after `disturb` ends.

    It ends sooner if all that there is to send is sent.
    """
    async with trio.open_nursery() as nursery:
        for load in sent:
            nursery.start_soon(load.run)
        await disturb()
        last, since = -1, trio.current_time()
        while trio.current_time() < since + quiet and not all(load.is_over for load in sent):
            if (now := upstream.total().requests) != last:
                last, since = now, trio.current_time()
            await trio.sleep(0.1)
        for load in sent:
            load.stop()
