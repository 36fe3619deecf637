"""The daemon as an agent of launchd, with a `launchctl` that answers from a table."""

import plistlib
from pathlib import Path

import pytest

from aircher_cli.console import Console
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service import launchd
from aircher_cli.service.installation import Installation
from aircher_cli.service.launchd import Launchd, is_ours, read_installation, render
from aircher_cli.service.steps import Steps
from helpers.launchctl import FakeLaunchctl

INSTALLATION = Installation("/opt/my tools/bin/python", "/opt/my tools/lib/aircherd")


@pytest.fixture
def ctl() -> FakeLaunchctl:
    """The fake `launchctl`."""
    return FakeLaunchctl()


@pytest.fixture
def agent(tmp_path: Path, ctl: FakeLaunchctl) -> Launchd:
    """The agent of a user whose home is `tmp_path`."""
    return Launchd({"HOME": str(tmp_path)}, ctl)


def _install(agent: Launchd, home: Path, **changes: bool) -> Steps:
    steps = Steps(Console(None, None, {}), is_silent=True)
    text = render(INSTALLATION, {"HOME": str(home)})
    options = {"start": True, "force": False, **changes}
    launchd.install(
        agent, text, steps, home=str(home), replace_running=lambda: steps.did("replaced"), **options
    )
    return steps


def test_the_property_list() -> None:
    """The daemon runs from the login on and again after a failure; key material never in it."""
    environ = {"HOME": "/Users/ann", "AIRCHER_HOME": "~/x", "OPENAI_API_KEY": "canary"}
    text = render(INSTALLATION, environ)
    content = plistlib.loads(text.encode())
    assert content["ProgramArguments"] == [
        *("/opt/my tools/bin/python", "-P", "-m", "aircherd"),
        *("--log-file", content["StandardErrorPath"]),
    ]
    assert content["RunAtLoad"] is True
    assert content["KeepAlive"] == {"SuccessfulExit": False}
    assert content["EnvironmentVariables"] == {
        "AIRCHER_STARTED_BY": "launchd",
        "AIRCHER_HOME": "/Users/ann/x",
    }
    assert content["Umask"] == 0o077
    assert content["HardResourceLimits"] == {"Core": 0}
    assert "canary" not in text
    assert is_ours(text)
    assert read_installation(text) == Installation(INSTALLATION.python, INSTALLATION.python)


@pytest.mark.parametrize("text", ["", "<plist>", "no xml", "<?xml version='1.0'?><a/>"])
def test_others_are_not_ours(text: str) -> None:
    """Also what is no property list at all."""
    assert not is_ours(text)
    assert read_installation(text) is None


def test_install_and_uninstall(agent: Launchd, ctl: FakeLaunchctl, tmp_path: Path) -> None:
    """Both can be repeated, and what they did is said once."""
    assert _install(agent, tmp_path).changes == [
        "wrote ~/Library/LaunchAgents/aircher.aircherd.plist",
        "replaced",
        "started aircher.aircherd",
    ]
    assert ctl.calls == ["print", "enable", "bootstrap"]
    assert agent.pid() == 7
    assert _install(agent, tmp_path).changes == []
    for expected in (2, 0):
        steps = Steps(Console(None, None, {}), is_silent=True)
        launchd.uninstall(agent, steps, home=str(tmp_path))
        assert len(steps.changes) == expected
    assert not agent.plist.exists()
    assert not agent.is_loaded()


def test_a_changed_installation_is_loaded_again(agent: Launchd, tmp_path: Path) -> None:
    """Launchd reads a property list only when it is loaded."""
    _install(agent, tmp_path)
    agent.plist.write_text(agent.plist.read_text().replace("my tools", "old tools"))
    assert _install(agent, tmp_path).changes[-1] == "started aircher.aircherd"
    assert "old tools" not in agent.plist.read_text()


def test_without_a_start(agent: Launchd, ctl: FakeLaunchctl, tmp_path: Path) -> None:
    """The next login starts it."""
    _install(agent, tmp_path, start=False)
    assert agent.plist.exists()
    assert ctl.calls == []


def test_a_foreign_agent(agent: Launchd, tmp_path: Path) -> None:
    """It is refused, or kept as a copy with --force; `uninstall` leaves it alone."""
    agent.plist.parent.mkdir(parents=True)
    agent.plist.write_text("theirs")
    with pytest.raises(CommandFailed, match="use --force, which keeps a copy"):
        _install(agent, tmp_path)
    steps = Steps(Console(None, None, {}), is_silent=True)
    launchd.uninstall(agent, steps, home=str(tmp_path))
    assert steps.notes == [
        "~/Library/LaunchAgents/aircher.aircherd.plist is not from aircher-cli and was kept"
    ]
    _install(agent, tmp_path, force=True)
    [copy] = agent.plist.parent.glob("*.bak")
    assert copy.read_text() == "theirs"


def test_launchd_refuses(agent: Launchd, ctl: FakeLaunchctl, tmp_path: Path) -> None:
    """Its own words are in the message."""
    ctl.refuses = "bootstrap"
    with pytest.raises(CommandFailed, match=r"'launchctl bootstrap gui/.*Input/output error"):
        _install(agent, tmp_path)


def test_no_launchctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another system it cannot be run."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandFailed, match="cannot run launchctl: No such file"):
        Launchd({"HOME": str(tmp_path)}).is_loaded()
