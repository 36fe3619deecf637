"""Many machines with many requests in flight each keep one limit, whatever is killed meanwhile."""

import signal
from collections.abc import Iterable

import pytest
import trio

from helpers.engines import Engine
from helpers.fleet.load import Load, exhaust, loads
from helpers.fleet.machines import NANO, limit, open_machines, wait_until_met
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
SLOW = f"use {TOKENS // 2} {TOKENS // 2} 400"
ANSWER_SECONDS = 0.5
"""Each machine has had an answer of the engine in this time: 0.25 s, and that of a busy machine."""
REFUSE = 'on_outage = "refuse"'


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
    """Exactly the limit in requests goes out, and in USD not a cent more; all of it is used.

    However late the engine's answers are: with "local" a machine would go on without them.
    """
    with (
        open_machines(size.machines, upstream, engine.url, limits(size), shared=REFUSE) as machines,
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
    with (
        open_machines(size.machines, upstream, engine.url, limits(size), shared=REFUSE) as machines,
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


@pytest.mark.timeout(240)
async def test_without_the_engine_they_exceed_it_by_what_is_promised(
    size: Size, engine: Engine, upstream: Upstream
) -> None:
    """With "local": the limit, and what was granted after the last answer that machines had.

    Each sends 1/n of what was left then: the limit less what had been sent by then, at most.
    """
    with (
        open_machines(size.machines, upstream, engine.url, limits(size)) as machines,
        trio.fail_after(SECONDS),
    ):
        wait_until_met(machines)
        known: list[int] = []

        async def end_engine() -> None:
            await arrived(upstream, size.requests // 4)
            known.append(upstream.total().requests)
            await trio.sleep(ANSWER_SECONDS)
            engine.stop(signal.SIGKILL)

        counted = loads(machines, "counted", size.in_flight, prompt=SLOW, max_tokens=MOST)
        await exhaust(counted, upstream, end_engine)
        assert known[0] < upstream.total().requests <= 2 * size.requests - known[0]
        assert refused(counted) == {"limit_reached"}


async def arrived(upstream: Upstream, requests: int) -> None:
    """Wait until so many requests have arrived."""
    while upstream.total().requests < requests:  # noqa: ASYNC110 - it is another process
        await trio.sleep(0.02)
