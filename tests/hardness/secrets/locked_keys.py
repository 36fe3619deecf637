"""Keys that the user has locked."""

import json
import sys
from pathlib import Path

import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures


async def _use_locked(_arena: Arena, size: int) -> Figures:
    command = [sys.executable, "-m", "hardness.locked_key", str(size)]
    tests = Path(__file__).parents[2]
    done = await trio.run_process(command, capture_stdout=True, cwd=tests)
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return found


ATTACKS = [
    Attack(
        "locked-key",
        "requests for a locked key, over restarts and reloads, and a look at every object",
        _use_locked,
        short=1,
        whole=20,
        at_most={"holders": 0, "served": 0, "unfinished": 0},
        at_least={"holders_before": 1, "served_before": 1, "tried": 6},
        is_observed=False,
    ),
]
