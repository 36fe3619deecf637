"""Honest small clients that come while the memory is short: each must be served."""

import trio

from hardness.arena import Arena
from hardness.attack import Figures
from hardness.attackers import chat

SMALL_CLIENTS = 50


async def all_served(arena: Arena) -> Figures:
    """Let new clients chat once; return how many were refused anything."""
    refused = 0

    async def one() -> None:
        nonlocal refused
        async with await arena.connect() as peer:
            record = await peer.call(1, **{"method": "chat", **chat("quick/m", stream=False)})
            refused += record.error is not None

    async with trio.open_nursery() as nursery:
        for _ in range(SMALL_CLIENTS):
            nursery.start_soon(one)
    return {"small_refused": refused}
