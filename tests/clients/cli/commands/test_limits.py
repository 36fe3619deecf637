"""`aircher-cli limits`."""

import json

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map

DAILY: Map = {
    "limit": "openai: 5.00 USD a day",
    "counted": "usd",
    "max": "5.00",
    "used": "1.25",
    "reserved": "0",
    "share": 0.25,
}


def test_limits(daemon: CliDaemon) -> None:
    """A line for each; a bar only on a terminal."""
    daemon.answers["limits.status"] = {"limits": [DAILY]}
    outcome = run_cli(daemon.environ, "limits")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "✓ openai: 5.00 USD a day   25%  $1.25 of $5.00\n"
    environ = {**daemon.environ, "NO_COLOR": "1", "COLUMNS": "80"}
    assert "████░░░░░░░░░░░░" in run_cli(environ, "limits", terminal=True).out


def test_a_limit_that_does_not_know_its_past_says_so(daemon: CliDaemon) -> None:
    """Beside the figure, and in a sentence with the reason."""
    status = {"limits": [DAILY, {**DAILY, "incomplete": True}], "ledger": {"state": "ok"}}
    daemon.answers["limits.status"] = status
    outcome = run_cli(daemon.environ, "limits")
    assert [line.split()[-3] for line in outcome.out.splitlines()] == ["$1.25", "$1.25+?"]
    assert outcome.err.startswith("+? 1 limit without the earlier usage")
    assert "the ledger has not been read yet" in outcome.err
    lost = {"state": "ok", "reason": "it was damaged"}
    daemon.answers["limits.status"] = {**status, "ledger": lost}
    said = run_cli(daemon.environ, "limits").err
    assert said == "+? 1 limit without a part of the earlier usage: it was damaged.\n"
    daemon.answers["limits.status"] = {**status, "ledger": {"reason": "no space left"}}
    assert "the ledger cannot be read: no space left" in run_cli(daemon.environ, "limits").err


def test_without_limits_an_example_is_given(daemon: CliDaemon) -> None:
    """Where to paste it, too; a script's output stays clean. On another machine there is none."""
    daemon.answers.update({"limits.status": {"limits": []}, "status": {"socket": ""}})
    elsewhere = run_cli(daemon.environ, "limits")
    assert (elsewhere.code, elsewhere.out, elsewhere.err) == (0, "no limits are set\n", "")
    daemon.answers["status"] = {"socket": "/run/aircher.sock"}
    outcome = run_cli(daemon.environ, "limits")
    assert (outcome.code, outcome.out) == (0, "no limits are set\n")
    headline, _, first, *_ = outcome.err.splitlines()
    assert headline == "to set one, add to ~/.aircher/config.toml, for example:"
    assert first == "[[limits]]"


def test_json(daemon: CliDaemon) -> None:
    """What the daemon says."""
    daemon.answers["limits.status"] = {"limits": [DAILY]}
    assert json.loads(run_cli(daemon.environ, "limits", "--json").out) == {"limits": [DAILY]}
