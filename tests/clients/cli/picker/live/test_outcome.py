"""Outcomes as text."""

import pytest

from aircher_cli.picker.live import outcome
from aircher_cli.picker.live.outcome import BUSY, NOT_RUNNING
from aircher_client.errors import ConnectionLost, DaemonError, DaemonUnreachable, NoAnswer


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (DaemonError("shutting_down", "aircherd is stopping", {}), BUSY),
        (DaemonError("unknown_model", "no model 'x'", {}), "no model 'x'"),
        (DaemonError("network", "a\x1b[2Jb\nmore", {}), "a[2Jb"),
        (DaemonUnreachable("aircherd is not running: no process listens on /s"), NOT_RUNNING),
        (DaemonUnreachable("aircherd could not start; its log is /l\nboom"), None),
        (ConnectionLost("aircherd closed the connection"), "aircherd closed the connection"),
        (NoAnswer("aircherd did not answer in time"), "aircherd did not answer in time"),
    ],
)
def test_an_error_is_one_line(error, message):
    """Without control characters."""
    found = outcome.failed(error)
    assert found.ok is False
    assert found.message == (message or "aircherd could not start; its log is /l")


def row(state, **more):
    return {"provider": "a", "key": "default", "state": state, **more}


@pytest.mark.parametrize(
    ("rows", "ok", "message"),
    [
        ([row("authenticated")], True, "a: the key works"),
        ([row("rejected", reason="401")], False, "a: the key was refused: 401"),
        (
            [row("rejected", reason="refused the key (HTTP 401)")],
            False,
            "a: the provider refused the key (HTTP 401)",
        ),
        ([row("locked", reason="locked")], False, "a: the key cannot be read: locked"),
        ([row("not_configured")], False, "a: there is no key"),
        ([row("not_required")], True, "a: it answers, and needs no key"),
        ([row("unverified", reason="odd")], False, "a: the key could not be checked: odd"),
        (
            [row("not_required", health="unreachable", health_reason="refused")],
            False,
            "a: it cannot be reached: refused",
        ),
        (
            [row("authenticated"), {**row("rejected", reason="401"), "key": "work"}],
            False,
            "a: default the key works; work the key was refused: 401",
        ),
        ([], False, "a: there is nothing to check"),
    ],
)
def test_a_check_of_keys(rows, ok, message):
    """Of several keys each has its own result."""
    found = outcome.tested("a", {"rows": rows})
    assert (found.ok, found.message) == (ok, message)


@pytest.mark.parametrize(
    ("result", "ok", "message"),
    [
        ({"lists": [{"provider": "a"}, {"provider": "b"}]}, True, "updated 2 lists of models"),
        ({"lists": [{"provider": "a", "error": "no"}]}, False, "a: no"),
        (
            {"lists": [{"provider": "a"}], "models_dev": {"error": "offline"}},
            False,
            "updated 1 list of models; models.dev: offline",
        ),
        (
            {"lists": [{"provider": "o", "error": "no", "is_absent": True}]},
            True,
            "updated 0 lists of models",
        ),
    ],
)
def test_a_refresh(result, ok, message):
    """A local server that does not run is no failure."""
    found = outcome.refreshed(result)
    assert (found.ok, found.message) == (ok, message)


@pytest.mark.parametrize(
    ("found", "ok", "message"),
    [
        (outcome.cleared("a", {"cleared": 2}), True, "ended 2 cooldowns of a"),
        (outcome.cleared("a", {}), True, "a has no cooldowns"),
        (outcome.signed_out("a", {"removed": 1}), True, "removed 1 key of a"),
        (
            outcome.signed_out("a", {"removed": 1, "rows": [{"source": "variable A_KEY"}]}),
            True,
            "removed 1 key of a; still used: variable A_KEY",
        ),
        (outcome.signed_out("a", {"removed": 0}), False, "a has no stored key"),
        (
            outcome.imported({"outcomes": [{"outcome": "stored"}, {"outcome": "already"}]}),
            True,
            "2 keys stored",
        ),
        (
            outcome.imported(
                {"outcomes": [{"variable": "A_KEY", "outcome": "refused", "message": "401"}]}
            ),
            False,
            "A_KEY: 401",
        ),
        (outcome.imported({}), False, "0 keys stored"),
        (
            outcome.explained({"candidates": [{"provider": "a", "model": "m"}]}),
            True,
            "a/m would answer now",
        ),
        (
            outcome.explained(
                {"skipped": [{"provider": "a", "model": "m", "reason": "rate_limited"}]}
            ),
            False,
            "no model can answer now: a/m is rate-limiting",
        ),
        (outcome.explained({"candidates": "odd"}), False, "no model can answer now"),
        (outcome.unlocked({"rows": []}), True, "the keys are unlocked"),
        (
            outcome.unlocked({"problem": "disk full"}),
            False,
            "the keys are unlocked, but a restart of the daemon locks them again: disk full",
        ),
    ],
)
def test_other_outcomes(found, ok, message):
    """Each says what happened."""
    assert (found.ok, found.message) == (ok, message)
