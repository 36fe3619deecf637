"""What may be wrong with what machines share."""

import pytest

from aircherd.api.diagnosis.fleet import fleet_findings
from aircherd.shared_state.base import MachineRow
from aircherd.shared_state.engine_facts import EngineFacts
from aircherd.shared_state.fleet_status import FleetStatus, SeenMachines

OK = {
    "state": "ok",
    "engine": "redis://db:6379",
    "namespace": "team",
    "time_zone": "UTC",
    "on_outage": "local",
    "label": "laptop",
}
GOOD = {
    "ms": 1.25,
    "skew": 0.1,
    "product": "Valkey",
    "version": "9.1.2",
    "policy": "noeviction",
    "memory": 10**8,
    "saves": True,
    "is_replica": False,
    "user": "team",
    "has_password": True,
}


def row(label, *, is_live=True, held=0):
    return MachineRow(
        machine=label * 2,
        label=label,
        seen_at=1.0,
        is_live=is_live,
        used={},
        held={"c": held},
        days={},
    )


def findings(status=OK, facts=GOOD, rows=()):
    seen = SeenMachines(rows=rows, age=0)
    engine = None if facts is None else EngineFacts(**facts)
    return fleet_findings(FleetStatus(**status), engine, seen)


def test_nothing_is_wrong():
    """The engine is named with its version and how fast it answers."""
    found = findings(rows=[row("laptop"), row("ci")])
    assert [each.status for each in found] == ["ok", "ok"]
    assert found[0].message == "Valkey 9.1.2 at redis://db:6379 answers in 1.2 ms"
    assert found[1].message == "2 of 2 machines report now"


def test_what_is_not_known_is_not_wrong():
    """A user with few rights may not ask for it."""
    assert [each.status for each in findings(facts={"ms": 1.0, "skew": 0.0})] == ["ok"]


@pytest.mark.parametrize(
    ("changes", "status", "message", "cure"),
    [
        ({"ms": 180.0}, "warning", "answers in 180.0 ms, which is slow", "nearer"),
        ({"policy": "allkeys-lru"}, "warning", "allkeys-lru", "set maxmemory-policy noeviction"),
        ({"saves": False}, "warning", "keeps nothing over a restart", "appendonly yes"),
        ({"is_replica": True}, "problem", "is a replica", "address of the primary"),
        ({"has_password": False}, "warning", "needs no password", "auth login shared"),
        ({"rights": "all keys"}, "warning", "user 'team' may use all keys", "few rights"),
        ({"skew": 3600.0}, "warning", "clock is 3,600 s behind the engine's", "set-ntp"),
        ({"skew": -60.0}, "warning", "clock is 60 s ahead of the engine's", "set-ntp"),
    ],
)
def test_what_may_be_wrong_with_an_engine(changes, status, message, cure):
    """Each with what to do."""
    (found,) = [each for each in findings(facts=GOOD | changes) if each.status != "ok"]
    assert found.status == status
    assert message in found.message
    assert cure in found.cure


def test_a_policy_without_a_bound_removes_nothing():
    """Without maxmemory, memory is never full."""
    assert [each.status for each in findings(facts=GOOD | {"policy": "x", "memory": 0})] == ["ok"]


@pytest.mark.parametrize(
    ("status", "message", "cure"),
    [
        (
            {"state": "away", "reason": "the engine at redis://db:6379 refuses connections"},
            "refuses connections; meanwhile each machine uses its part",
            "tried again by itself",
        ),
        (
            {"state": "refused", "reason": "no coredis: install it"},
            "no coredis; meanwhile",
            "install it",
        ),
        (
            {"state": "away", "reason": "it is full", "on_outage": "refuse"},
            "requests under shared limits are refused",
            "tried again by itself",
        ),
        ({"state": "starting"}, "redis://db:6379 does not answer", "can be reached from here"),
    ],
)
def test_an_engine_that_does_not_answer(status, message, cure):
    """Is a problem, with what happens meanwhile."""
    (found,) = findings(OK | status, None)
    assert found.status == "problem"
    assert message in found.message
    assert cure in found.cure


def test_machines_with_other_limits_may_be_another_fleet():
    """In the same namespace, which both their owners should know."""
    status = OK | {"differing": ("ci", "server")}
    (found,) = [each for each in findings(status) if each.status == "warning"]
    assert "ci, server" in found.message
    assert "other namespaces" in found.cure


def test_machines_of_one_name_and_silent_ones():
    """Silent ones matter while they hold something."""
    rows = [row("a"), row("a"), row("b", is_live=False, held=5), row("c", is_live=False)]
    found = [each for each in findings(rows=rows) if each.status == "warning"]
    assert [each.message.split(",")[0] for each in found] == [
        "2 machines that report are called 'a'",
        "b is silent",
    ]
    assert found[1].cure.endswith("aircher-cli fleet forget b")
