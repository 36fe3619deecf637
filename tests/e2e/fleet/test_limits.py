"""Many machines with many requests in flight each keep one limit, whatever is killed meanwhile."""

import signal
from collections.abc import Iterable

import pytest
import trio

from helpers.engines import Engine
from helpers.fleet.load import Load, exhaust, loads
from helpers.fleet.machines import NANO, limit, open_machines
from helpers.fleet.size import Size
from helpers.fleet.upstream import Upstream

SECONDS = 200.0
"""Until a test fails that has not come to its end."""
TOKENS = 10
"""What a call uses: half of it input."""
PROMPT = f"use {TOKENS // 2} {TOKENS // 2} 20"
MOST = 20
"""The `max_tokens` of a call. It reserves them, and uses a quarter of that."""
CENT = 10_000_000
"""In nano-USD."""


def limits(size: Size) -> str:
    """Return a limit in requests for one client, and one in USD for another."""
    return limit(client="counted", requests=size.requests) + limit(
        client="paid", usd=size.cents / 100
    )


def refused(sent: Iterable[Load]) -> set[str]:
    """Return the codes with which requests were refused."""
    return {code for load in sent for code in load.refusals}


def answered(sent: Iterable[Load]) -> int:
    """Return how many requests were answered."""
    return sum(load.outcomes["ok"] for load in sent)


@pytest.mark.timeout(240)
async def test_together_they_send_what_one_may(
    size: Size, engine: Engine, upstream: Upstream
) -> None:
    """Exactly the limit in requests goes out, and in USD not a cent more; all of it is used."""
    with (
        open_machines(size.machines, upstream, engine.url, limits(size)) as machines,
        trio.fail_after(SECONDS),
    ):
        counted = loads(machines, "counted", size.in_flight, prompt=PROMPT, max_tokens=MOST)
        await exhaust(counted, upstream)
        assert upstream.total().requests == answered(counted) == size.requests
        assert refused(counted) == {"limit_reached"}

        upstream.clear()
        paid = loads(machines, "paid", size.in_flight, prompt=PROMPT, max_tokens=MOST)
        await exhaust(paid, upstream)
        spent = upstream.total().tokens * NANO
        assert size.cents * CENT - (MOST + TOKENS) * NANO <= spent <= size.cents * CENT
        assert refused(paid) == {"limit_reached"}


@pytest.mark.timeout(240)
async def test_killed_machines_and_engines_lose_nothing_of_it(
    size: Size, engine: Engine, upstream: Upstream
) -> None:
    """Machines are killed and started, and the engine is, too: no request more goes out."""
    refuse = 'on_outage = "refuse"'
    with (
        open_machines(size.machines, upstream, engine.url, limits(size), shared=refuse) as machines,
        trio.fail_after(SECONDS),
    ):

        async def kill() -> None:
            for number, machine in enumerate(machines[: max(size.machines // 3, 1)]):
                await arrived(upstream, (number + 1) * size.requests // 8)
                await trio.to_thread.run_sync(machine.kill)
                engine.restart(signal.SIGKILL)
                await trio.to_thread.run_sync(machine.start)

        counted = loads(machines, "counted", size.in_flight, prompt=PROMPT, max_tokens=MOST)
        await exhaust(counted, upstream, kill)
        assert upstream.total().requests <= size.requests


async def arrived(upstream: Upstream, requests: int) -> None:
    """Wait until so many requests have arrived."""
    while upstream.total().requests < requests:  # noqa: ASYNC110 - it is another process
        await trio.sleep(0.02)
