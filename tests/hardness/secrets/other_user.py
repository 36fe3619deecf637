"""A process of another user that races the client for the socket's directory."""

import json
import os
import sys
from pathlib import Path

import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures


async def _race(_arena: Arena, size: int) -> Figures:
    """Connect `size` times with all checks, and as often with that of the process alone."""
    command = [sys.executable, "-m", "hardness.socket_race", str(size)]
    tests = Path(__file__).parents[2]
    done = await trio.run_process(command, capture_stdout=True, cwd=tests)
    found: Figures = json.loads(done.stdout)
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
