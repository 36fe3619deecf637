"""A copy of a ledger is another machine, and what was used before it was made counts once."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from aircherd.usage.ledger.fleet.machine import place_of
from helpers.daemon.real_daemon import wait_until
from helpers.engines import valkey
from helpers.fleet.machines import Machine, limit, open_machines
from helpers.fleet.upstream import open_upstream

CHAT = {"model": "work/m", "messages": [{"role": "user", "content": "use 1 2"}], "stream": False}


@pytest.fixture(scope="module")
def machines() -> Iterator[list[Machine]]:
    """Two machines, which have asked three times each."""
    with (
        valkey() as engine,
        open_upstream() as upstream,
        open_machines(2, upstream, engine.url, limit(requests=100_000)) as machines,
    ):
        ask_all(machines, 3)
        wait_until(lambda: sum(booked(machines[0]).values()) == 6, "the engine has all of it")
        yield machines


def ask_all(machines: list[Machine], times: int) -> None:
    for machine in machines:
        for _ in range(times):
            machine.call("chat", CHAT)


def booked(machine: Machine) -> dict[str, int]:
    """Return the requests that the engine has of each ledger."""
    (row,) = machine.call("limits.status")["limits"]
    return {each["machine"]: each["used"] for each in row["machines"]}


def id_of(machine: Machine) -> str:
    return machine.call("status")["shared"].get("machine", "")


@pytest.mark.parametrize("is_seen", [True, False], ids=["copied", "cloned"])
def test_a_copied_ledger_counts_once(machines: list[Machine], *, is_seen: bool) -> None:
    """What was used before is in the engine already; what the copy uses from then on is added.

    Where nothing shows that it is one, as in a clone of a whole machine, the engine's answers do.
    """
    first, other = machines
    before, was = booked(first), id_of(first)
    for machine in machines:
        machine.home.stop()
    copy = other.home.data / "ledger.db"
    shutil.copyfile(first.home.data / "ledger.db", copy)
    if not is_seen:
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            change = "UPDATE meta SET value = ? WHERE name = 'machine_place'"
            connection.execute(change, (place_of(copy),))
    for machine in machines:
        machine.start()
    if is_seen:
        assert id_of(first) == was
        assert id_of(other) not in before
    else:
        wait_until(lambda: len({id_of(first), id_of(other)} - {was}) == 1, "one has a new id")
    ask_all(machines, 2)
    total = sum(before.values()) + 4
    wait_until(lambda: sum(booked(first).values()) >= total, "the engine has all of it")
    assert sum(booked(first).values()) == total
