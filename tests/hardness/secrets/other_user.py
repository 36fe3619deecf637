"""A process of another user that races the client for the socket's directory."""

import json
import os

import trio

from hardness.arena import Arena, start_process
from hardness.attack import Attack, Figures


async def _race(_arena: Arena, size: int) -> Figures:
    """Connect `size` times with all checks, and as often with that of the process alone."""
    with start_process("hardness.socket_race", size) as process:
        assert process.stdout is not None
        line = await trio.to_thread.run_sync(process.stdout.readline, abandon_on_cancel=True)
        found: Figures = json.loads(line)
    return found


_RACE = Attack(
    "raced-connects",
    "another user swaps the socket's directory while clients connect",
    _race,
    short=3000,
    whole=100_000,
    at_most={"leaked": 0, "by_peer_leaked": 0, "unfinished": 0},
    at_least={"by_peer_reached": 1, "by_peer_answered": 1},
    is_observed=False,
)

ATTACKS = [_RACE] if os.getuid() == 0 else []
"""Only root can act as another user."""
