"""Machines whose clocks differ by an hour count by the same windows: by those of the engine."""

import pytest
import trio

from helpers.engines import Engine
from helpers.fleet.load import exhaust, loads
from helpers.fleet.machines import limit, open_machines
from helpers.fleet.upstream import Upstream
from helpers.fleet.zones import zone_after_midnight

REQUESTS = 60
HOUR = 3600.0
SECONDS = 60.0


@pytest.mark.parametrize("per", ["hour", "day"])
async def test_a_clock_that_is_wrong_by_an_hour_opens_no_other_window(
    per: str, engine: Engine, upstream: Upstream
) -> None:
    """Where it is still yesterday, or an hour later, the same usage counts."""
    limits = limit(per, requests=REQUESTS)
    zone = f'time_zone = "{zone_after_midnight()}"'
    clocks = (0.0, HOUR, -HOUR)
    with (
        open_machines(
            len(clocks), upstream, engine.url, limits, ahead=clocks, shared=zone
        ) as fleet,
        trio.fail_after(SECONDS),
    ):
        for machine in fleet:  # one after the other: each finds what those before have left
            sent = loads([machine], "any", 4, prompt="use 1 1", most=REQUESTS // 3)
            await exhaust(sent, upstream)
        assert upstream.total().requests == REQUESTS
        sent = loads(fleet, "any", 4, prompt="use 1 1", most=8)
        await exhaust(sent, upstream)
        assert upstream.total().requests == REQUESTS
        assert all(each.outcomes == {"limit_reached": 8} for each in sent)
