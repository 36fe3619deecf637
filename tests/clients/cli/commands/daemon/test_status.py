"""`aircher-cli daemon status`."""

import json

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon


def test_one_runs(daemon: CliDaemon) -> None:
    """It says which."""
    daemon.answers["status"] = {"version": "1", "pid": 7, "uptime_s": 5}
    outcome = run_cli(daemon.environ, "daemon", "status")
    assert (outcome.code, outcome.out) == (0, "✓ aircherd 1 is running (process 7, up 5 s)\n")
    assert json.loads(run_cli(daemon.environ, "daemon", "status", "--json").out)["running"] is True


def test_none_runs_and_none_is_started(daemon: CliDaemon) -> None:
    """Exit code 3, although clients may start a daemon: this one only looks."""
    path = str(daemon.home / "run" / "none.sock")
    environ = {**daemon.environ, "AIRCHER_SOCKET": path, "AIRCHER_AUTOSTART": "1"}
    outcome = run_cli(environ, "daemon", "status")
    assert (outcome.code, outcome.out) == (
        3,
        f"aircherd is not running (socket {path})\n",
    )
    outcome = run_cli(environ, "daemon", "status", "--json")
    assert json.loads(outcome.out) == {"running": False, "socket": path}


def test_a_broken_configuration_is_reported(daemon: CliDaemon) -> None:
    """It runs, and the output says why it does not do what the file says."""
    problem = {"file": "/c.toml", "line": 2, "message": "bad"}
    config = {"ok": False, "problem": {"problems": [problem]}}
    daemon.answers["status"] = {"version": "1", "pid": 7, "config": config}
    outcome = run_cli(daemon.environ, "daemon", "status")
    assert (outcome.code, outcome.out.count("is running (process 7")) == (0, 1)
    assert outcome.err == "the configuration is invalid:\n  /c.toml:2: bad\n"
    assert run_cli(daemon.environ, "daemon", "status", "--json").err == ""
