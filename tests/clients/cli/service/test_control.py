"""The installed service, for the other `daemon` commands."""

from pathlib import Path

import pytest

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service.control import (
    AgentControl,
    UnitControl,
    find_control,
    gone_advice,
    installed,
)
from aircher_cli.service.installation import Installation
from aircher_cli.service.launchd import Launchd, render
from aircher_cli.service.rendering import Service
from aircher_cli.service.rendering import render as render_units
from helpers.launchctl import FakeLaunchctl
from helpers.systemd.fake_systemctl import FakeSystemctl

RUNS = {"show aircherd.service": (0, "MainPID=7"), "is-active": (0, "active")}
STOPPED = {"show aircherd.service": (0, "MainPID=0\nResult=exit-code\nExecMainStatus=203")}


def _write_units(systemctl: FakeSystemctl, python: str) -> None:
    service = Service(Installation(python, "/"), {}, "/e", [])
    systemctl.unit_folder.mkdir(parents=True)
    for name, text in render_units(service).items():
        (systemctl.unit_folder / name).write_text(text)


def _ignore(pid: int) -> None:
    """Wait for nothing: the process is made up."""


@pytest.fixture
def units(systemctl: FakeSystemctl) -> FakeSystemctl:
    """An installed service whose installation exists."""
    _write_units(systemctl, "/bin/sh")
    return systemctl


def test_none_is_installed(systemctl: FakeSystemctl) -> None:
    """Then systemd is not even asked."""
    assert find_control(systemctl.environ) is None
    assert gone_advice(systemctl.environ) is None
    assert systemctl.calls == []


def test_systemd_does_not_run(units: FakeSystemctl) -> None:
    """Then the daemon is started without it."""
    units.answer({"show-environment": (1, "no bus")})
    assert find_control(units.environ) is None


def test_state(units: FakeSystemctl) -> None:
    """It is asked without a connection, which would start the daemon."""
    units.answer(RUNS)
    units.make_socket()
    found = find_control(units.environ)
    assert found is not None
    assert found.state() == ("systemd", 7, True, None, False)
    units.answer({**STOPPED, "is-active": (3, "inactive")})
    assert found.state() == ("systemd", 0, False, None, False)


def test_a_displaced_socket_is_opened_again(units: FakeSystemctl) -> None:
    """The service, which has the old socket, ends first; then both are started."""
    units.answer(RUNS)
    found = find_control(units.environ)
    assert found is not None
    assert found.state() == ("systemd", 7, False, None, True)
    waited: list[int] = []
    found.restart(waited.append)
    assert waited == [7]
    assert [call for call in units.calls if call.split()[0] in ("stop", "start", "restart")] == [
        "stop --no-block aircherd.service",
        "stop aircherd.service",
        "restart aircherd.socket",
        "start aircherd.socket aircherd.service",
    ]


def test_an_installation_that_is_gone(systemctl: FakeSystemctl) -> None:
    """What is missing is named, and the command that fixes it."""
    _write_units(systemctl, "/nowhere/bin/python")
    assert installed(systemctl.environ) == Installation("/nowhere/bin/python", "/")
    advice = gone_advice(systemctl.environ)
    assert advice is not None
    assert "there is no /nowhere/bin/python" in advice
    assert "'aircher-cli daemon install'" in advice
    systemctl.answer({"start": (1, "failed"), **STOPPED})
    found = find_control(systemctl.environ)
    assert found is not None
    with pytest.raises(CommandFailed, match="there is no /nowhere/bin/python"):
        found.start()


def test_start_forgets_the_last_failures(units: FakeSystemctl) -> None:
    """They would count against the limit of starts."""
    units.answer(STOPPED)
    found = find_control(units.environ)
    assert found is not None
    found.start()
    assert units.calls[-2:] == [
        "reset-failed aircherd.socket aircherd.service",
        "start aircherd.socket aircherd.service",
    ]
    units.answer({**STOPPED, "start": (1, "no")})
    with pytest.raises(CommandFailed, match=r"does not start \(result exit-code, exit code 203\)"):
        found.start()


def test_stop_leaves_the_socket(units: FakeSystemctl) -> None:
    """It does not wait for systemd: the wait for the process has a message of its own."""
    units.answer(RUNS)
    found = find_control(units.environ)
    assert found is not None
    waited: list[int] = []
    found.stop(waited.append)
    assert waited == [7]
    assert units.calls[-3:] == [
        "stop --no-block aircherd.service",
        "stop aircherd.service",
        "reset-failed aircherd.socket aircherd.service",
    ]


def test_restart_reads_changed_units(units: FakeSystemctl) -> None:
    """A changed unit takes effect with the restart."""
    units.answer({"show aircherd.service": (0, "NeedDaemonReload=yes\nMainPID=7")})
    found = find_control(units.environ)
    assert isinstance(found, UnitControl)
    found.restart(_ignore)
    assert "daemon-reload" in units.calls
    assert "restart --no-block aircherd.service" in units.calls


def test_the_agent_of_launchd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS the same commands go to launchd."""
    monkeypatch.setattr("sys.platform", "darwin")
    environ = {"HOME": str(tmp_path), "PATH": str(tmp_path)}
    assert find_control(environ) is None
    assert installed(environ) is None
    agent = Launchd(environ)
    agent.plist.parent.mkdir(parents=True)
    agent.plist.write_text(render(Installation("/nowhere/python", "/x"), environ))
    assert isinstance(find_control(environ), AgentControl)
    advice = gone_advice(environ)
    assert advice is not None
    assert "/nowhere/python" in advice


def test_starting_and_stopping_an_agent(tmp_path: Path) -> None:
    """It is loaded if launchd does not know it, and started if it was stopped."""
    launchctl = FakeLaunchctl()
    environ = {"HOME": str(tmp_path)}
    agent = Launchd(environ, launchctl)
    agent.plist.parent.mkdir(parents=True)
    agent.plist.write_text(render(Installation("/bin/sh", "/"), environ))
    found = AgentControl(agent)
    assert found.state() == ("launchd", 0, False, None, False)
    found.start()
    assert found.state().pid == 7
    waited: list[int] = []
    found.restart(waited.append)
    found.stop(waited.append)
    assert waited == [7, 7]
    assert found.state().pid == 0
    assert [call for call in launchctl.calls if call != "print"] == [
        *("enable", "bootstrap"),
        *("kill", "kickstart"),
        "kill",
    ]
