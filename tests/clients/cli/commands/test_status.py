"""`aircher-cli status`."""

import json

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon


def test_status_and_json(daemon: CliDaemon) -> None:
    """A screen for a person, the daemon's own answer for a script."""
    status = {"version": "1", "pid": 7, "uptime_s": 5, "socket": f"{daemon.home}/x.sock"}
    daemon.answers["status"] = status
    outcome = run_cli(daemon.environ, "status")
    assert outcome.out.splitlines()[0] == "aircherd 1 is running (process 7, up 5 s)"
    assert "~/x.sock" in outcome.out
    assert json.loads(run_cli(daemon.environ, "status", "--json").out) == status
