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
    """Why, since when, and what happens to requests."""
    assert problem(AWAY, NOW) == (
        "the engine at rediss://db:6379 is away: connection refused (since 14:29:00); meanwhile "
        "this machine uses its part of what was left"
    )
    named = {**AWAY, "reason": "the engine at rediss://db:6379 is full"}
    assert problem(named, NOW).startswith("the engine at rediss://db:6379 is full (since")
    unread = {**AWAY, "reason": "the ledger cannot be read: the disk is full"}
    assert problem(unread, NOW).startswith("limits cannot be shared: the ledger cannot be read")
    refused = {**AWAY, "state": "refused", "reason": "wrong password.", "on_outage": "refuse"}
    assert problem(refused, NOW) == (
        "the engine at rediss://db:6379 cannot be used: wrong password (since 14:29:00); "
        "meanwhile requests under shared limits are refused, once what is leased is used"
    )


def test_machines_with_other_limits_are_named() -> None:
    """With what to do."""
    assert differing(OK) == ""
    assert differing({**OK, "differing": ["ci"]}).startswith("ci has other limits: give all")
    assert differing({**OK, "differing": ["a", "b"]}).startswith("a and b have other limits")


def test_old_figures_say_how_old_they_are() -> None:
    """And whether there are any of other machines; why is said once."""
    assert age_note({"age_s": 0}, OK) == ""
    assert age_note({"problem": "no answer."}, OK) == "! only this machine is shown: no answer"
    old = {"problem": "no answer", "age_s": 90.0}
    assert age_note(old, OK) == "! other machines as they were 1 min ago: no answer"
    assert age_note(old, AWAY) == "! other machines as they were 1 min ago"
