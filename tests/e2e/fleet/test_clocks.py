"""Machines whose clocks differ by an hour count by the same windows: by those of the engine."""

import trio

from helpers.engines import Engine
from helpers.fleet.load import exhaust, loads
from helpers.fleet.machines import limit, open_machines
from helpers.fleet.upstream import Upstream
from helpers.ledger.zones import zone_after_midnight

REQUESTS = 60
HOUR = 3600.0
SECONDS = 60.0


async def test_a_clock_that_is_wrong_by_an_hour_opens_no_other_window(
    engine: Engine, upstream: Upstream
) -> None:
    """Where it is still yesterday, or an hour later, the same usage counts."""
    limits = "".join(limit(per, client=per, requests=REQUESTS) for per in ("hour", "day"))
    zone = f'time_zone = "{zone_after_midnight()}"'
    clocks = (0.0, HOUR, -HOUR)
    with (
        open_machines(
            len(clocks), upstream, engine.url, limits, ahead=clocks, shared=zone
        ) as fleet,
        trio.fail_after(SECONDS),
    ):
        for per in ("hour", "day"):
            for machine in fleet:  # one after the other: each finds what those before have left
                is_last = machine is fleet[-1]
                most = None if is_last else REQUESTS // 3
                await exhaust(loads([machine], per, 4, prompt="use 1 1", most=most), upstream)
            sent = loads(fleet, per, 4, prompt="use 1 1", most=8)
            await exhaust(sent, upstream)
            assert all(each.outcomes == {"limit_reached": 8} for each in sent)
            assert upstream.total().requests == REQUESTS
            upstream.clear()
