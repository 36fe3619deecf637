"""Replies that are large, or never end, for clients that do or do not read them."""

from collections.abc import Awaitable, Callable

import msgpack
import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import chat, close_all, connect_deaf, send_and_read
from hardness.memory.requests import AT_MOST
from hardness.small_clients import all_served

EACH = 4
"""Chats of each deaf client."""
MANY = 300
SECONDS = 10.0
SHORT_SECONDS = 1.5
SHORT = 40


def _deaf_to(
    model: str, each: int = EACH, **params: object
) -> Callable[[Arena, int], Awaitable[Figures]]:
    """Return an attack: clients that do not read ask for `size` replies together."""
    frames = b"".join(
        msgpack.packb([0, number, "chat", [chat(model, **params)]]) for number in range(each)
    )

    async def run(arena: Arena, size: int) -> Figures:
        clients = await connect_deaf(arena.socket, size // each)
        async with trio.open_nursery() as nursery:
            for client in clients:
                nursery.start_soon(client.send, frames)
        await trio.sleep(SHORT_SECONDS if size <= SHORT else SECONDS)
        found = await all_served(arena)
        await close_all(clients)
        return found

    return run


def _read(model: str) -> Callable[[Arena, int], Awaitable[Figures]]:
    """Return an attack: one client asks for `size` replies, and reads all."""
    frames = [msgpack.packb([0, number, "chat", [chat(model)]]) for number in range(25)]

    async def run(arena: Arena, size: int) -> Figures:
        found: Figures = {}

        async def serve_others() -> None:
            found.update(await all_served(arena))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve_others)
            answers = await send_and_read(arena.socket, b"".join(frames[:size]), size)
        return {**found, "answered": answers.total() - answers["closed"], "ok": answers["ok"]}

    return run


def _too_large(name: str, sentence: str) -> Attack:
    return Attack(
        f"replies-of-100-mb-{name}",
        f"25 replies of 100 MB {sentence}",
        _read(f"{name}/m"),
        short=0,
        whole=25,
        at_most={**AT_MOST, "ok": 0},
        at_least={"answered": 25},
    )


ATTACKS = [
    Attack(
        "deaf-to-whole-replies",
        "50 clients do not read 200 replies of 6.5 MB in one piece",
        _deaf_to("whole/m", stream=False),
        short=SHORT,
        whole=200,
        at_most=AT_MOST,
    ),
    Attack(
        "deaf-to-streams",
        "50 clients do not read 200 streams of 100 MB",
        _deaf_to("large/m"),
        short=0,
        whole=200,
        at_most=AT_MOST,
    ),
    Attack(
        "deaf-with-many-streams",
        "8 clients do not read 300 streams each of the smallest events",
        _deaf_to("crumbs/m", each=MANY),
        short=0,
        whole=8 * MANY,
        # The small objects of 2,400 tasks leave holes among those that stay.
        at_most={**AT_MOST, "memory_kept_mb": 64},
    ),
    _too_large("huge", "in one piece"),
    _too_large("dust", "in pieces of 16 bytes"),
    _too_large("line", "in one line of a stream"),
]
