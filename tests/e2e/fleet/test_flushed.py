"""An engine that loses everything while a fleet is in the middle of its work."""

from collections.abc import Callable, Sequence
from functools import partial

import trio

from helpers.engines import valkey
from helpers.fleet.load import Load
from helpers.fleet.machines import limit, open_machines
from helpers.fleet.upstream import Upstream, open_upstream

LIMIT = 400
FLUSHED_AT = (100, 150, 200, 250, 300, 350)
"""Each within a part of a second of the one before."""
REFUSALS = 100
"""As many after the end show that no machine goes on."""


def has_sent(upstream: Upstream, requests: int) -> bool:
    return upstream.total().requests >= requests


def are_refused(loads: Sequence[Load], enough: Sequence[int]) -> bool:
    pairs = zip(loads, enough, strict=True)
    return all(load.outcomes["limit_reached"] >= number for load, number in pairs)


def test_a_flushed_engine_lets_no_request_too_many_through() -> None:
    """Counted by the provider: all that the limit allows, and no more.

    What the machines used is reported again, and until all have done so, each gets no more than its
    part of what was surely left. Without the engine's grants none would be sent (`on_outage`).
    """
    settings = f'on_outage = "refuse"\n{limit(requests=LIMIT)}'
    with (
        valkey() as engine,
        open_upstream() as upstream,
        open_machines(2, upstream, engine.url, settings) as machines,
    ):
        loads = [
            Load(each.home.socket, client="c", prompt=lambda _: "use 1 1 20", in_flight=16)
            for each in machines
        ]

        async def wait_until(is_so: Callable[[], bool]) -> None:
            while not await trio.to_thread.run_sync(is_so):  # noqa: ASYNC110 - in other processes
                await trio.sleep(0.01)

        async def run() -> None:
            async with trio.open_nursery() as nursery:
                for load in loads:
                    nursery.start_soon(load.run)
                with trio.fail_after(40):
                    for requests in FLUSHED_AT:
                        await wait_until(partial(has_sent, upstream, requests))
                        await trio.to_thread.run_sync(engine.command, "FLUSHALL")
                    await wait_until(partial(has_sent, upstream, LIMIT))
                    enough = [load.outcomes["limit_reached"] + REFUSALS for load in loads]
                    await wait_until(partial(are_refused, loads, enough))
                for load in loads:
                    load.stop()

        trio.run(run)
        assert upstream.total().requests == LIMIT
        assert sum(load.outcomes["ok"] for load in loads) == upstream.total().requests
