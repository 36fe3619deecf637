"""What each machine used of a shared limit."""

import msgspec

from aircherd.api.fleet.limits import machines_by_limit
from aircherd.vocabulary.availability import LimitStatus
from helpers.fleet.in_memory import three_machines

LIMIT = LimitStatus(
    limit="5.00 USD a day",
    counted="usd",
    per="day",
    max="5",
    used="0",
    reserved="0",
    left="5",
    share=0,
)


async def test_a_limit_has_each_machine_that_used_or_holds_any_of_it():
    """This one first; amounts are as those of the limit."""
    fleet = await three_machines()
    requests = LimitStatus(
        limit="9 requests a day",
        counted="requests",
        per="day",
        max=9,
        used=0,
        reserved=0,
        left=9,
        share=0,
    )
    (usd, other), about = await machines_by_limit(fleet, [LIMIT, requests])
    assert [(m["label"], m["live"], m["used"], m["held"]) for m in usd["machines"]] == [
        ("laptop", True, "0.5", "0.01"),
        ("ci", False, "1", "0.1"),
        ("server", True, "2", "0"),
    ]
    assert other == {}
    sums = (usd["used"], usd["left"], usd["share"], usd["held_elsewhere"])
    assert sums == ("3.5", "1.4", 0.7, "0.1")
    assert (about["shared"]["namespace"], about["shared"]["age_s"]) == ("team", 0)
    assert about["shared"]["machines"] == 2, "one is silent"


async def test_without_the_engine_the_sums_are_those_of_the_last_report():
    """And the machines as they were seen last."""
    fleet = await three_machines()
    await machines_by_limit(fleet, [LIMIT])
    fleet.engine.is_away = True
    (usd,), about = await machines_by_limit(fleet, [LIMIT])
    assert "used" not in usd
    assert len(usd["machines"]) == 3
    assert "machines" not in about["shared"]


async def test_what_a_forgotten_machine_used_still_counts():
    """It has no row any more."""
    used = msgspec.structs.replace(LIMIT, used="4.5", used_here="0.5")
    (usd,), _ = await machines_by_limit(await three_machines(), [used])
    assert (usd["used"], usd["left"]) == ("4.5", "0.4")
