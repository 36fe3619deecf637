"""Each machine of a fleet and the sum, as clients see them."""

from types import SimpleNamespace

import pytest

from aircherd.api.fleet.report import fleet_report, forget_machine
from aircherd.api.params import FleetReportParams
from aircherd.api.services import no_fleet
from aircherd.errors import BadRequest
from helpers.fleet.in_memory import SmallFleet, three_machines


@pytest.fixture
async def fleet():
    """This machine, a server, and one that is silent."""
    return await three_machines()


def services(fleet):
    return SimpleNamespace(fleet=lambda: fleet)


async def test_each_machine_and_the_sum(fleet):
    """This one first, with what its own ledger says; then the live ones, then the silent ones."""
    params = FleetReportParams("2026-11-29", "2026-11-30")
    found = await fleet_report(services(fleet), params)
    rows = [
        (row["label"], row.get("this"), row["live"], row["requests"], row["tokens"], row["cost"])
        for row in found["machines"]
    ]
    assert rows == [
        ("laptop", True, True, 3, 400, "1.5"),
        ("server", None, True, 4, 40, "2"),
        ("ci", None, False, 7, 70, "7"),
    ]
    assert found["totals"] == {"requests": 14, "tokens": 510, "cost": "10.5"}
    assert found["machines"][0]["days"][0] == {
        "day": "2026-11-29",
        "requests": 1,
        "tokens": 100,
        "cost": "1",
    }
    assert (found["age_s"], "problem" in found) == (0, False)
    assert found["shared"]["machines"] == 2, "ci is silent"


async def test_only_the_days_that_were_asked_for(fleet):
    """By default this month, in the fleet's zone and by the clock of its engine."""
    one = await fleet_report(services(fleet), FleetReportParams("2026-11-29", "2026-11-29"))
    assert one["totals"] == {"requests": 1, "tokens": 100, "cost": "1"}
    usual = await fleet_report(services(fleet), FleetReportParams())
    assert (usual["since"], usual["until"]) == ("2026-11-01", "2026-11-30")
    fleet.now += 86_400
    later = await fleet_report(services(fleet), FleetReportParams())
    assert (later["since"], later["until"]) == ("2026-12-01", "2026-12-01")
    with pytest.raises(BadRequest, match="is before 2026-11-30"):
        await fleet_report(services(fleet), FleetReportParams("2026-11-30", "2026-11-29"))


async def test_without_the_engine_this_machine_remains(fleet):
    """And the others as they were seen last, if they ever were."""
    alone = SmallFleet()
    alone.engine.is_away = True
    params = FleetReportParams("2026-11-29", "2026-11-30")
    found = await fleet_report(services(alone), params)
    assert [row["label"] for row in found["machines"]] == ["laptop"]
    assert found["totals"]["cost"] == "1.5"
    assert found["problem"]
    assert "age_s" not in found
    await fleet_report(services(fleet), params)
    fleet.engine.is_away = True
    fleet.now += 60
    later = await fleet_report(services(fleet), params)
    assert (len(later["machines"]), later["age_s"], bool(later["problem"])) == (3, 60, True)


async def test_a_machine_that_will_not_come_back_is_forgotten(fleet):
    """What it held is free again, and what it used still counts."""
    found = await forget_machine(services(fleet), "ci")
    assert found == {"forgotten": True, "machine": "9", "label": "ci"}
    rows = (await fleet.machines()).rows
    assert [row.label for row in rows] == ["laptop", "server"]
    params = [("server", "still reports"), ("laptop", "still reports"), ("c1", "laptop, server")]
    for name, expected in params:
        with pytest.raises(BadRequest, match=expected):
            await forget_machine(services(fleet), name)


async def test_two_machines_of_one_name_have_different_ids(fleet):
    """The message has both."""
    await fleet.report("8", "ci", 0, {})
    with pytest.raises(BadRequest, match=r"2 machines are called 'ci': use an id \(8, 9\)"):
        await forget_machine(services(fleet), "ci")
    assert (await forget_machine(services(fleet), "9"))["label"] == "ci"


async def test_an_id_may_be_as_short_as_lists_show_it(fleet):
    """Shorter ones are names."""
    await fleet.report("0e179df6a9aad0bb", "ci", 0, {})
    fleet.now += 3600
    with pytest.raises(BadRequest, match="has no '0e179'"):
        await forget_machine(services(fleet), "0e179")
    assert (await forget_machine(services(fleet), "0e179d"))["machine"] == "0e179df6a9aad0bb"


async def test_an_engine_that_is_away_cannot_forget(fleet):
    """And says why."""
    await fleet.machines()
    fleet.engine.is_away = True
    with pytest.raises(BadRequest, match="cannot be forgotten now"):
        await forget_machine(services(fleet), "ci")


async def test_without_a_fleet_there_is_nothing_to_report():
    """The message says how to have one."""
    alone = SimpleNamespace(fleet=no_fleet)
    with pytest.raises(BadRequest, match=r"no \[shared\]"):
        await fleet_report(alone, FleetReportParams())
    with pytest.raises(BadRequest, match=r"no \[shared\]"):
        await forget_machine(alone, "ci")
