"""Clients that make the daemon keep what they send: prompts under way, and halves of frames."""

import msgpack
import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import Deaf, chat, close_all, connect_deaf
from hardness.small_clients import all_served

TEXT = "x" * 30_000_000
HALF_OF_A_FRAME = (
    b"\x94\x00\x01\xa4chat\x91\x81\xa1x\xc6" + (31_500_000).to_bytes(4) + b"x" * (31_000_000)
)
SETTLE_SECONDS = 1.0
"""The attackers stay for this time after everything was sent."""

AT_MOST = {
    "memory_mb": 400,
    "memory_kept_mb": 20,
    "refused": 0,
    "small_refused": 0,
    "tasks_left": 8,
    "sessions_left": 0,
    "descriptors_left": 8,
    "unfinished": 0,
}


async def _prompts(arena: Arena, size: int) -> Figures:
    """Send chats of 30 MB to a provider that never answers, ten of each client."""
    frame = msgpack.packb([0, 1, "chat", [chat("mute/m", TEXT)]])
    return await _send(arena, [frame] * min(size, 10), -(-size // 10))


async def _halves(arena: Arena, size: int) -> Figures:
    """Send nearly all of a frame on each of `size` connections."""
    return await _send(arena, [HALF_OF_A_FRAME], size)


async def _send(arena: Arena, frames: list[bytes], clients: int) -> Figures:
    """Let each client send the frames one after another; small clients come meanwhile."""
    attackers = await connect_deaf(arena.socket, clients)

    async def attack(client: Deaf) -> None:
        for frame in frames:
            await client.send(frame)

    async with trio.open_nursery() as nursery:
        for each in attackers:
            nursery.start_soon(attack, each)
    found = await all_served(arena)
    await trio.sleep(SETTLE_SECONDS)
    await close_all(attackers)
    return found


ATTACKS = [
    Attack(
        "prompts-to-a-mute-provider",
        "100 chats of 30 MB to a provider that never answers",
        _prompts,
        short=20,
        whole=100,
        at_most=AT_MOST,
    ),
    Attack(
        "halves-of-frames",
        "60 connections with 31 MB of a frame that does not end",
        _halves,
        short=16,
        whole=60,
        at_most=AT_MOST,
    ),
]
