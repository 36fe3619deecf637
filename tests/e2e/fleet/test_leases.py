"""Requests of two real daemons on one real engine, under one limit."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from aircher_client.errors import DaemonError
from helpers.engines import Engine, valkey
from helpers.fleet.machines import Machine, limit, open_machines
from helpers.fleet.upstream import Upstream, open_upstream


class Two(NamedTuple):
    """Two machines, their engine, and what they ask."""

    machines: list[Machine]
    engine: Engine
    upstream: Upstream


@pytest.fixture
def two() -> Iterator[Two]:
    """Return two machines that may make ten requests a day together."""
    with valkey() as engine, open_upstream() as upstream:
        limits = limit(requests=10)
        with open_machines(2, upstream, engine.url, limits) as machines:
            yield Two(machines, engine, upstream)


def ask(machine: Machine) -> str:
    """Send one request; return `ok` or why it was refused."""
    messages = [{"role": "user", "content": "use 1 1"}]
    try:
        machine.call("chat", {"model": "work/m", "messages": messages, "stream": False})
    except DaemonError as error:
        return str(error)
    return "ok"


def test_two_daemons_keep_one_limit(two: Two) -> None:
    """Ten requests reach the provider, whichever machine asks."""
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(ask, two.machines * 12))
    refusals = [each for each in outcomes if each != "ok"]
    assert len(refusals) == 14
    assert two.upstream.total().requests == 10
    assert all("limit reached" in each for each in refusals)
    for machine in two.machines:
        [row] = machine.call("limits.status")["limits"]
        assert (row["shared"], row["left"]) == (True, 0)
        shared = machine.call("status")["shared"]
        assert (shared["state"], shared["machines"]) == ("ok", 2)
