"""Which service manager is used."""

from pathlib import Path

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service import launchd, manager
from aircher_cli.service.manager import Wishes
from aircher_cli.service.steps import Steps
from aircher_wire.address import log_path
from helpers.launchctl import FakeLaunchctl
from helpers.systemd.fake_systemctl import FakeSystemctl

WISHES = Wishes(hardened=None, start=False, force=False, timeout=5)


def _steps() -> Steps:
    return Steps(Console(None, None, {}), is_silent=True)


def test_systemd(systemctl: FakeSystemctl) -> None:
    """On Linux it is systemd."""
    context = Context(Console(None, None, {}), systemctl.environ, None)
    steps = _steps()
    manager.install(context, steps, WISHES)
    assert (systemctl.unit_folder / "aircherd.socket").exists()
    manager.uninstall(context, steps, timeout=5)
    assert not (systemctl.unit_folder / "aircherd.socket").exists()


def test_launchd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS it is launchd, which has no hardening."""
    launchctl = FakeLaunchctl()
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(launchd, "_run_launchctl", launchctl)
    environ = {"HOME": str(tmp_path), "AIRCHER_SOCKET": str(tmp_path / "none.sock")}
    context = Context(Console(None, None, {}), environ, None)
    with pytest.raises(CommandFailed, match="--hardened is for systemd"):
        manager.install(context, _steps(), WISHES._replace(hardened=True))
    steps = _steps()
    manager.install(context, steps, WISHES._replace(start=True))
    assert steps.changes[-1] == "started aircher.aircherd"
    assert launchd.plist_path(environ).exists()
    assert log_path(environ).parent.is_dir()
    manager.uninstall(context, steps, timeout=5)
    assert not launchd.plist_path(environ).exists()
