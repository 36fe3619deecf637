"""A script that asks without a pause costs the engine few calls, and leaves room to others."""

import pytest
import trio

from helpers.engines import Engine
from helpers.fleet.load import exhaust, loads
from helpers.fleet.machines import limit, open_machines
from helpers.fleet.size import Size
from helpers.fleet.upstream import Upstream

SECONDS = 120.0


@pytest.mark.timeout(150)
async def test_ten_thousand_reservations_need_few_calls(
    size: Size, engine: Engine, upstream: Upstream
) -> None:
    """All of them go out, not one more, and another machine of the fleet gets its turn, too."""
    limits = limit("hour", requests=size.reservations, tokens=10**9, usd=1_000_000)
    with (
        open_machines(2, upstream, engine.url, limits) as (busy, other),
        trio.fail_after(SECONDS),
    ):
        script = loads([busy], "script", 64, prompt="use 1 1")
        person = loads([other], "person", 1, prompt="use 1 1 20", most=10)
        await exhaust([*script, *person], upstream)
        counts = upstream.by_machine()
        assert counts["m0"].requests + counts["m1"].requests == size.reservations
        assert person[0].outcomes["ok"] == counts["m1"].requests > 0
        assert engine_calls(engine) < size.reservations / 2  # a busy machine reports more often


def engine_calls(engine: Engine) -> int:
    """Return how many scripts the engine has run."""
    lines = str(engine.command("INFO", "commandstats")).splitlines()
    found = [line for line in lines if line.startswith(("cmdstat_evalsha:", "cmdstat_fcall:"))]
    return sum(int(line.split("calls=")[1].split(",")[0]) for line in found)
