"""`aircher-cli fleet forget`."""

import json

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, refuses


def test_forget(daemon: CliDaemon) -> None:
    """By name or id; the answer has its name."""
    daemon.answers["fleet.forget"] = {"forgotten": True, "machine": "0123", "label": "ci"}
    outcome = run_cli(daemon.environ, "fleet", "forget", "0123")
    assert (outcome.code, outcome.out, outcome.err) == (0, "✓ forgot ci\n", "")
    assert daemon.params_of("fleet.forget") == {"machine": "0123"}
    outcome = run_cli(daemon.environ, "fleet", "forget", "ci", "--json")
    assert json.loads(outcome.out) == daemon.answers["fleet.forget"]


def test_a_machine_that_cannot_be_forgotten(daemon: CliDaemon) -> None:
    """The daemon says why."""
    daemon.answers["fleet.forget"] = refuses("bad_request", "machine: ci still reports")
    outcome = run_cli(daemon.environ, "fleet", "forget", "ci")
    assert (outcome.code, outcome.err) == (1, "aircher-cli: machine: ci still reports\n")
