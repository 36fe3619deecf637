"""Whether the engine answers, in one sentence."""

import time

from aircher_cli.render.fleet.state import age_note, differing, headline, problem
from aircher_cli.values import Map

NOW = time.mktime((2026, 11, 30, 14, 30, 0, 0, 0, -1))
OK: Map = {
    "state": "ok",
    "engine": "rediss://db:6379",
    "namespace": "team",
    "machines": 3,
    "on_outage": "local",
}
AWAY: Map = {**OK, "state": "away", "reason": "connection refused", "since": NOW - 60}


def test_an_engine_that_answers() -> None:
    """Where it is, and how many machines there are."""
    assert problem(OK, NOW) == ""
    assert headline(OK) == "team on rediss://db:6379, 3 machines now"
    assert headline({**OK, "state": "starting", "machines": 0}) == (
        "team on rediss://db:6379; not reached yet"
    )


def test_an_engine_that_does_not_answer() -> None:
    """Since when, why, and what happens to requests."""
    assert problem(AWAY, NOW) == (
        "the engine rediss://db:6379 is away since 14:29:00: connection refused; until then this "
        "machine uses its part of what was left"
    )
    refused = {**AWAY, "state": "refused", "reason": "wrong password.", "on_outage": "refuse"}
    assert problem(refused, NOW) == (
        "the engine rediss://db:6379 cannot be used since 14:29:00: wrong password; until then "
        "requests under shared limits are refused, once what is leased is used"
    )


def test_machines_with_other_limits_are_named() -> None:
    """With what to do."""
    assert differing(OK) == ""
    assert differing({**OK, "differing": ["ci"]}).startswith("ci has other limits: give all")
    assert differing({**OK, "differing": ["a", "b"]}).startswith("a and b have other limits")


def test_old_figures_say_how_old_they_are() -> None:
    """And whether there are any of other machines."""
    assert age_note({"age_s": 0}) == ""
    assert age_note({"problem": "no answer."}) == "! only this machine is shown: no answer"
    assert age_note({"problem": "no answer", "age_s": 90.0}) == (
        "! other machines as they were 1 min ago: no answer"
    )
