"""What each machine used of a shared limit."""

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
    assert (about["shared"]["namespace"], about["shared"]["age_s"]) == ("team", 0)
