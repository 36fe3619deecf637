"""`aircher-cli doctor`."""

import json
from pathlib import Path

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon
from helpers.systemd.fake_systemctl import FakeSystemctl

FACTS = {
    "version": "0",
    "pid": 7,
    "started_by": "user",
    "package": "",
    "time_zone": {"name": "X", "offset_s": 1},
}


def finding(status: str) -> dict[str, str]:
    return {"check": "provider work", "status": status, "message": "is that", "cure": "do this"}


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warning", 0), ("problem", 1)])
def test_exit_code_tells_whether_there_is_a_problem(
    daemon: CliDaemon, status: str, code: int
) -> None:
    """Warnings alone are none."""
    daemon.answers["diagnose"] = {"findings": [finding(status)], "facts": FACTS}
    outcome = run_cli(daemon.environ, "doctor")
    assert (outcome.code, outcome.err) == (code, "")
    assert "provider work" in outcome.out
    assert "→ do this" in outcome.out


def test_json_has_all_findings(daemon: CliDaemon) -> None:
    """Those of the daemon and our own."""
    daemon.answers["diagnose"] = {"findings": [finding("problem")], "facts": FACTS}
    outcome = run_cli(daemon.environ, "doctor", "--json")
    found = json.loads(outcome.out)["findings"]
    assert outcome.code == 1
    assert finding("problem") in found
    checks = {each["check"] for each in found}
    assert checks >= {"socket", "daemon", "service", "directories", "disk", "versions", "time zone"}
    assert {each["status"] for each in found} <= {"ok", "warning", "problem"}


def test_paths_are_those_that_the_daemon_uses(daemon: CliDaemon, tmp_path: Path) -> None:
    """It may have been started with other variables."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o777)
    facts = {**FACTS, "paths": {"data": str(tmp_path / "data")}}
    daemon.answers["diagnose"] = {"findings": [], "facts": facts}
    outcome = run_cli(daemon.environ, "doctor")
    assert f"chmod 700 {tmp_path / 'data'}" in outcome.out
    assert outcome.code == 1


def test_without_a_daemon_the_rest_is_checked(daemon: CliDaemon) -> None:
    """None is started, and an environment file with a wrong mode is found."""
    folder = daemon.home / ".aircher"
    folder.mkdir(mode=0o700)
    (folder / "environment").touch()
    (folder / "environment").chmod(0o644)
    environ = {
        **daemon.environ,
        "AIRCHER_SOCKET": str(daemon.home / "run" / "none.sock"),
        "AIRCHER_AUTOSTART": "1",
    }
    outcome = run_cli(environ, "doctor")
    assert outcome.code == 1
    assert "none runs" in outcome.out
    assert f"chmod 600 {folder / 'environment'}" in outcome.out
    assert daemon.calls == []


def test_service_that_waits_for_a_request_is_not_started(tmp_path: Path) -> None:
    """Systemd is asked instead of the socket."""
    systemctl = FakeSystemctl(tmp_path / "fake")
    assert run_cli(systemctl.environ, "daemon", "install", "--no-start").code == 0
    systemctl.answer(
        {
            "show aircherd.service": (0, "MainPID=0\nActiveState=inactive\nResult=success"),
            "is-active": (0, "active"),
            "is-enabled": (0, "enabled"),
        }
    )
    systemctl.make_socket()
    outcome = run_cli(systemctl.environ, "doctor")
    assert "starts with the first request" in outcome.out
    assert "'aircher-cli status'" in outcome.out
