"""Removing the systemd units; tests/e2e/systemd has the same with a real systemd."""

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.service.installation import Installation
from aircher_cli.service.rendering import Service, render
from aircher_cli.service.steps import Steps
from aircher_cli.service.systemd_uninstall import uninstall
from helpers.systemd.fake_systemctl import FakeSystemctl

SERVICE = Service(Installation("/bin/sh", "/"), {}, "/e", [], is_hardened=True)


def _uninstall(systemctl: FakeSystemctl) -> Steps:
    console = Console(None, None, {})
    steps = Steps(console, is_silent=True)
    uninstall(Context(console, systemctl.environ, None), steps, timeout=5)
    return steps


@pytest.fixture
def units(systemctl: FakeSystemctl) -> FakeSystemctl:
    """An installed and hardened service."""
    for name, text in render(SERVICE).items():
        file = systemctl.unit_folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    wants = systemctl.unit_folder / "sockets.target.wants"
    wants.mkdir()
    (wants / "aircherd.socket").symlink_to(systemctl.unit_folder / "aircherd.socket")
    return systemctl


def test_nothing_is_left(units: FakeSystemctl) -> None:
    """It is stopped and disabled first; directories that are empty then go, too."""
    units.answer({"is-active": (0, "active\nactive"), "is-enabled": (0, "enabled")})
    steps = _uninstall(units)
    assert steps.changes[:2] == [
        "stopped aircherd.socket and aircherd.service",
        "disabled aircherd.socket",
    ]
    assert [call for call in units.calls if not call.startswith(("show", "is-"))] == [
        "stop --no-block aircherd.socket aircherd.service",
        "stop aircherd.socket aircherd.service",
        "disable aircherd.socket",
        "daemon-reload",
        "reset-failed aircherd.service aircherd.socket",
    ]
    assert not units.unit_folder.parent.exists()
    assert _uninstall(units).changes == []


def test_without_systemd(units: FakeSystemctl) -> None:
    """The files go also where systemd does not run, with the link that enabled the socket."""
    units.answer({"show-environment": (1, "no bus")})
    changes = _uninstall(units).changes
    assert "disabled aircherd.socket" in changes
    assert len([change for change in changes if change.startswith("removed")]) == 3
    assert not units.unit_folder.parent.exists()


def test_what_is_not_ours_stays(units: FakeSystemctl) -> None:
    """A unit of someone else and the user's own drop-ins are kept, and that is said."""
    (units.unit_folder / "aircherd.socket").write_text("theirs")
    own = units.unit_folder / "aircherd.service.d" / "override.conf"
    own.write_text("[Service]\n")
    steps = _uninstall(units)
    assert steps.notes == [
        f"~/.config/systemd/user/{name} is not from aircher-cli and was kept"
        for name in ("aircherd.socket", "aircherd.service.d/override.conf")
    ]
    assert own.exists()
    assert not (units.unit_folder / "aircherd.service").exists()


def test_what_was_changed_is_kept_as_a_copy(units: FakeSystemctl) -> None:
    """The copy has a name that systemd does not read."""
    file = units.unit_folder / "aircherd.service"
    file.write_text(file.read_text() + "# my change\n")
    changes = _uninstall(units).changes
    [copy] = units.unit_folder.glob("*.bak")
    assert f"moved ~/.config/systemd/user/aircherd.service, which was changed, to {copy.name}" in (
        changes
    )
    assert not file.exists()


def test_copies_of_earlier_installations_are_named(units: FakeSystemctl) -> None:
    """They stay, because the user may need them."""
    names = [
        "aircherd.service.20261130-004045.bak",
        "aircherd.socket.20261130-004045-2.bak",
        "aircherd.service.d/hardening.conf.20261130-004045.bak",
    ]
    for name in names:
        (units.unit_folder / name).write_text("old")
    steps = _uninstall(units)
    assert sorted(steps.notes) == [
        f"~/.config/systemd/user/{name} is a copy that 'daemon install' made; it was kept"
        for name in sorted(names)
    ]
    assert all((units.unit_folder / name).exists() for name in names)


def test_the_rest_of_a_command_that_was_killed(units: FakeSystemctl) -> None:
    """What is still there is removed, although systemd no longer knows the units."""
    for name in ("aircherd.socket", "aircherd.service"):
        (units.unit_folder / name).unlink()
    units.answer({"--property=LoadState": (0, "LoadState=not-found"), "stop": (5, "not loaded")})
    steps = _uninstall(units)
    assert "removed ~/.config/systemd/user/aircherd.service.d/hardening.conf" in steps.changes
    assert not units.unit_folder.parent.exists()


def test_nothing_of_a_killed_command_is_left(systemctl: FakeSystemctl) -> None:
    """Neither a file that was being written, nor an empty directory."""
    (systemctl.unit_folder / "aircherd.service.d").mkdir(parents=True)
    (systemctl.unit_folder / ".aircherd.service.tmp").touch()
    assert _uninstall(systemctl).changes == []
    assert list(systemctl.unit_folder.iterdir()) == []
