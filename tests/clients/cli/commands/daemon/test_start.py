"""`aircher-cli daemon start`."""

import json

import pytest

from aircher_cli.commands.daemon import lifecycle
from aircher_client import Client
from aircher_wire.forward_record import Forward, read_record, write_record
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon

STATUS = {"version": "1", "pid": 7, "uptime_s": 5}


def test_one_that_runs_is_left_alone(daemon: CliDaemon) -> None:
    """Starting twice is no failure, and is reported."""
    daemon.answers["status"] = STATUS
    outcome = run_cli(daemon.environ, "daemon", "start")
    assert outcome.code == 0
    assert outcome.out == "✓ aircherd 1 is running (process 7, up 5 s) (already running)\n"
    assert json.loads(run_cli(daemon.environ, "daemon", "start", "--json").out)["started"] is False


def test_it_starts_one_although_autostart_is_off(
    daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AIRCHER_AUTOSTART=0 is about other commands; this one is an order."""
    seen = {}
    connect = Client.connect

    def spy(environ: dict[str, str], *, autostart: bool, **options: object) -> Client:
        seen.update(environ)
        return connect(daemon.environ, autostart=autostart)

    monkeypatch.setattr(Client, "connect", spy)
    monkeypatch.setattr(lifecycle, "connect", lambda path, deadline: None)
    daemon.answers["status"] = STATUS
    assert run_cli(daemon.environ, "daemon", "start").code == 0
    assert seen.get("AIRCHER_AUTOSTART") != "0"


def test_a_broken_configuration_is_reported(daemon: CliDaemon) -> None:
    """It runs, and the output says why it does not do what the file says."""
    problem = {"file": "/c.toml", "line": 2, "message": "bad"}
    config = {"ok": False, "problem": {"problems": [problem]}}
    daemon.answers["status"] = {"version": "1", "pid": 7, "config": config}
    outcome = run_cli(daemon.environ, "daemon", "start")
    assert (outcome.code, outcome.out.count("is running (process 7")) == (0, 1)
    assert outcome.err == "the configuration is invalid:\n  /c.toml:2: bad\n"
    assert run_cli(daemon.environ, "daemon", "start", "--json").err == ""


def test_a_machine_whose_forward_has_ended(daemon: CliDaemon) -> None:
    """With --here it has a daemon of its own from now on."""
    daemon.answers["status"] = STATUS
    socket = daemon.environ["AIRCHER_SOCKET"]
    write_record(daemon.environ, socket, Forward("laptop", "box"))

    assert run_cli(daemon.environ, "daemon", "start").code == 0
    assert read_record(daemon.environ, socket) is not None
    assert run_cli(daemon.environ, "daemon", "start", "--here").code == 0
    assert read_record(daemon.environ, socket) is None
