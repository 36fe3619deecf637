"""`aircher-cli auth lock`."""

import time

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon

LOCK = {"cause": "command", "reason": "all keys are locked (auth lock)", "since": 5.0}


def test_lock_without_an_end(daemon: CliDaemon) -> None:
    """The output says how to end it."""
    daemon.answers["auth.lock"] = {"lock": LOCK}
    outcome = run_cli(daemon.environ, "auth", "lock")
    assert daemon.params_of("auth.lock") == {}
    assert outcome.out == "✓ all keys are locked until 'aircher-cli auth unlock'\n"
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.parametrize(
    ("words", "least", "most"),
    [(("--for", "2h"), 7200, 7200), (("--until", "23:59"), 0, 86_400)],
)
def test_lock_with_an_end(
    daemon: CliDaemon, words: tuple[str, ...], least: float, most: float
) -> None:
    """The daemon gets how long it is, since it has a clock that cannot be set."""
    daemon.answers["auth.lock"] = {"lock": {**LOCK, "until": time.time() + 300 * 86_400}}
    outcome = run_cli(daemon.environ, "auth", "lock", *words)
    assert least <= daemon.params_of("auth.lock")["seconds"] <= most
    assert outcome.out.startswith("✓ all keys are locked until 2")


@pytest.mark.parametrize(
    "words", [("--for", "2"), ("--for", ""), ("--until", "25:00"), ("--for", "1h", "--until", "9")]
)
def test_what_is_no_time_locks_nothing(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """A lock without an end is not what was wanted."""
    outcome = run_cli(daemon.environ, "auth", "lock", *words)
    assert (outcome.code, daemon.calls) == (2, [])


def test_a_lock_that_a_restart_opens(daemon: CliDaemon) -> None:
    """It is closed, and the user learns of it."""
    daemon.answers["auth.lock"] = {"lock": LOCK, "problem": "f cannot be written: full"}
    outcome = run_cli(daemon.environ, "auth", "lock")
    assert outcome.code == 0
    assert "a restart of the daemon unlocks them: f cannot be written: full" in outcome.err
