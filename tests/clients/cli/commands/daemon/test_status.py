"""`aircher-cli daemon status`."""

import json
from pathlib import Path

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon
from helpers.systemd.fake_systemctl import FakeSystemctl


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
    assert json.loads(outcome.out) == {"running": False, "socket": path, "service": None}


def test_a_broken_configuration_is_reported(daemon: CliDaemon) -> None:
    """It runs, and the output says why it does not do what the file says."""
    problem = {"file": "/c.toml", "line": 2, "message": "bad"}
    config = {"ok": False, "problem": {"problems": [problem]}}
    daemon.answers["status"] = {"version": "1", "pid": 7, "config": config}
    outcome = run_cli(daemon.environ, "daemon", "status")
    assert (outcome.code, outcome.out.count("is running (process 7")) == (0, 1)
    assert outcome.err == "the configuration is invalid:\n  /c.toml:2: bad\n"
    assert run_cli(daemon.environ, "daemon", "status", "--json").err == ""


def test_a_service_is_not_started_to_find_out(tmp_path: Path) -> None:
    """A connection would start it: systemd is asked instead."""
    systemctl = FakeSystemctl(tmp_path / "fake")
    assert run_cli(systemctl.environ, "daemon", "install", "--no-start").code == 0
    systemctl.answer({"show aircherd.service": (0, "MainPID=0"), "is-active": (0, "active")})
    systemctl.make_socket()
    outcome = run_cli(systemctl.environ, "daemon", "status")
    assert outcome.code == 3
    assert "is not running; the next request starts it (socket " in outcome.out
    assert outcome.err == ""
    service = json.loads(run_cli(systemctl.environ, "daemon", "status", "--json").out)["service"]
    assert service == {
        "manager": "systemd",
        "pid": 0,
        "listens": True,
        "missing": None,
        "is_displaced": False,
    }


def test_a_socket_whose_file_was_removed(tmp_path: Path) -> None:
    """It says that no client reaches the service, and what restores it."""
    systemctl = FakeSystemctl(tmp_path / "fake")
    assert run_cli(systemctl.environ, "daemon", "install", "--no-start").code == 0
    systemctl.answer({"show aircherd.service": (0, "MainPID=7"), "is-active": (0, "active")})
    outcome = run_cli(systemctl.environ, "daemon", "status")
    assert (outcome.code, outcome.err) == (3, "")
    joined = " ".join(outcome.out.split())
    assert "cannot be reached: the file of systemd's socket was removed" in joined
    assert "the next request restores it" in joined


def test_a_service_that_is_stopped(tmp_path: Path) -> None:
    """How to start it is said, or what is gone."""
    systemctl = FakeSystemctl(tmp_path / "fake")
    assert run_cli(systemctl.environ, "daemon", "install", "--no-start").code == 0
    systemctl.answer({"show aircherd.service": (0, "MainPID=0"), "is-active": (3, "inactive")})
    outcome = run_cli(systemctl.environ, "daemon", "status")
    assert (outcome.code, outcome.err) == (
        3,
        "the service is installed (systemd) but stopped: 'aircher-cli daemon start'\n",
    )
    unit = systemctl.unit_folder / "aircherd.service"
    unit.write_text(unit.read_text().replace("\nPackage=", "\nPackage=/nowhere"))
    outcome = run_cli(systemctl.environ, "daemon", "status")
    assert "the service starts an installation that is gone" in outcome.err


def test_the_running_service(daemon: CliDaemon, tmp_path: Path) -> None:
    """It says that the daemon is the service, or that it was started without it."""
    systemctl = FakeSystemctl(tmp_path / "fake")
    environ = {**systemctl.environ, "AIRCHER_SOCKET": daemon.environ["AIRCHER_SOCKET"]}
    assert run_cli(environ, "daemon", "install", "--no-start").code == 0
    daemon.answers["status"] = {"version": "1", "pid": 7, "uptime_s": 5}
    systemctl.answer({"show aircherd.service": (0, "MainPID=7"), "is-active": (0, "active")})
    outcome = run_cli(environ, "daemon", "status")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[1:] == ["  as a service (systemd)"]
    systemctl.answer({"show aircherd.service": (0, "MainPID=0"), "is-active": (3, "inactive")})
    outcome = run_cli(environ, "daemon", "status")
    assert (outcome.code, len(outcome.out.splitlines())) == (0, 1)
    assert "this daemon was started without it: 'aircher-cli daemon restart'" in outcome.err
