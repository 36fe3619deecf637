"""While the engine is silent, and then gone, work goes on; afterwards every use counts once."""

import signal
from collections.abc import Sequence
from functools import partial

import pytest
import trio

from helpers.daemon.real_daemon import wait_until
from helpers.engines import Engine
from helpers.fleet.load import loads
from helpers.fleet.machines import Machine, limit, open_machines, wait_until_met
from helpers.fleet.size import Size
from helpers.fleet.upstream import Upstream

PLENTY = limit("hour", requests=10**9) + limit("hour", tokens=10**9)


@pytest.mark.timeout(300)
async def test_an_outage_under_load_loses_and_doubles_nothing(
    size: Size, engine: Engine, upstream: Upstream
) -> None:
    """The provider, the ledger of each machine and the engine have the same sums in the end."""
    with (
        open_machines(size.machines, upstream, engine.url, PLENTY) as machines,
        trio.fail_after(120 + size.outage_seconds),
    ):
        wait_until_met(machines)
        sent = loads(machines, "any", size.in_flight, prompt="use 2 3 50")
        async with trio.open_nursery() as nursery:
            for load in sent:
                nursery.start_soon(load.run)
            await trio.sleep(0.5)
            engine.freeze()
            await trio.sleep(size.outage_seconds / 2)
            await trio.to_thread.run_sync(wait_until_away, machines)
            engine.thaw()
            engine.stop(signal.SIGKILL)
            await trio.sleep(size.outage_seconds / 2)
            await trio.to_thread.run_sync(wait_until_away, machines)
            engine.start()
            for load in sent:
                load.stop()
        arrived = upstream.by_machine()
        for machine, load in zip(machines, sent, strict=True):
            count = arrived[machine.label]
            assert load.outcomes == {"ok": count.requests}
            spent = machine.spent("any")
            assert (spent.requests, spent.tokens) == (count.requests, count.tokens)
            wait_until(
                lambda machine=machine, count=count: (
                    totals(engine, machine) == sorted([count.requests, count.tokens])
                ),
                f"the engine has what {machine} used",
            )


def wait_until_away(machines: Sequence[Machine]) -> None:
    """Wait until all of them say that the engine is away."""
    for machine in machines:
        wait_until(partial(is_away, machine), f"{machine} says that the engine is away")


def is_away(machine: Machine) -> bool:
    """Return whether it says so."""
    return bool(machine.call("status")["shared"]["state"] == "away")


def totals(engine: Engine, machine: Machine) -> list[int]:
    """Return what the engine has of a machine, for each counter."""
    own = f"u:{machine.call('status')['shared']['machine']}:"
    keys = engine.command("KEYS", "*:c:*")
    assert isinstance(keys, list)
    return sorted(_sum(engine, key, own) for key in keys)


def _sum(engine: Engine, key: str, start: str) -> int:
    words = engine.command("HGETALL", key)
    assert isinstance(words, list)
    pairs = zip(words[::2], words[1::2], strict=True)
    return sum(int(value) for field, value in pairs if field.startswith(start))
