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


def test_a_daemon_that_stops_gives_its_lease_back(two: Two) -> None:
    """And what it used still counts."""
    first, second = two.machines
    assert ask(first) == "ok"
    first.home.stop()
    outcomes = [ask(second) for _ in range(10)]
    assert outcomes[:9] == ["ok"] * 9
    assert "limit reached" in outcomes[9]
    assert two.upstream.total().requests == 10


def test_limits_are_shared_and_not_while_daemons_run(two: Two) -> None:
    """Sections come and go, and what was used before counts."""
    first, second = two.machines
    assert [ask(first) for _ in range(4)] == ["ok"] * 4
    local = limit(requests=10, scope="local")
    for machine in two.machines:
        text = machine.home.config_file.read_text()
        machine.home.write_config(text[: text.index("\n[[limits]]")] + local)
        machine.call("config.reload")
    assert [row["used"] for row in first.call("limits.status")["limits"]] == [4]
    assert [row["used"] for row in second.call("limits.status")["limits"]] == [0]
    for machine in two.machines:
        text = machine.home.config_file.read_text()
        without = text[: text.index("\n[shared]")]
        machine.home.write_config(without + limit(requests=10))
        machine.call("config.reload")
        assert "shared" not in machine.call("status")
        machine.home.write_config(text[: text.index("\n[[limits]]")] + limit(requests=10))
        machine.call("config.reload")
    outcomes = [ask(second) for _ in range(10)]
    assert outcomes[:6] == ["ok"] * 6
    assert all("limit reached" in each for each in outcomes[6:])
    assert two.upstream.total().requests == 10
