"""The installed service, as systemd sees it."""

from pathlib import Path

import pytest

from aircher_cli.commands.doctor.service import INSTALL, Units, read_units, service_findings
from helpers.daemon.cli import run_cli
from helpers.systemd.fake_systemctl import FakeSystemctl

RESTART = "aircher-cli daemon restart"
GOOD = Units(True, "", "", "enabled", "active", "success", 7, listens=True)


@pytest.mark.parametrize(
    ("units", "status", "cure"),
    [
        (Units(is_installed=False), "ok", ""),
        (GOOD, "ok", ""),
        (GOOD._replace(pid=0), "ok", ""),
        (
            GOOD._replace(missing="/gone/python"),
            "problem",
            (
                "Run 'aircher-cli daemon install' with the one that is to take its place, or "
                "'aircher-cli daemon uninstall'"
            ),
        ),
        (
            GOOD._replace(problem="the service manager of this user does not run"),
            "warning",
            "log in as this user, or run 'sudo loginctl enable-linger $USER', and try again",
        ),
        (GOOD._replace(active="failed", result="exit-code"), "problem", RESTART),
        (GOOD._replace(enabled="disabled"), "warning", INSTALL),
        (GOOD._replace(pid=0, listens=False), "warning", "aircher-cli daemon start"),
    ],
)
def test_state_of_the_service(units: Units, status: str, cure: str) -> None:
    """With what to do."""
    (found,) = service_findings(units, has_systemd=True)
    assert (found.status, found.cure) == (status, cure)


def test_socket_that_another_process_serves() -> None:
    """A daemon that a client had started before the service was installed."""
    units = GOOD._replace(listens=False, pid=7)
    (found,) = service_findings(units, has_systemd=True, daemon_pid=8)
    assert (found.status, found.cure) == ("warning", RESTART)
    (found,) = service_findings(units, has_systemd=True, daemon_pid=7)
    assert found.status == "ok"


def test_without_systemd_no_service_is_suggested() -> None:
    """It could not be installed."""
    (found,) = service_findings(Units(is_installed=False), has_systemd=False)
    assert INSTALL not in found.message
    (found,) = service_findings(Units(is_installed=False), has_systemd=True)
    assert INSTALL in found.message


def test_units_are_read_without_starting_the_service(tmp_path: Path) -> None:
    """Whether the socket is enabled, and what runs."""
    systemctl = FakeSystemctl(tmp_path / "fake")
    assert read_units(systemctl.environ) == Units(is_installed=False)
    assert run_cli(systemctl.environ, "daemon", "install", "--no-start").code == 0
    systemctl.answer(
        {
            "show aircherd.service": (0, "MainPID=0\nActiveState=inactive\nResult=success"),
            "is-active": (0, "active"),
            "is-enabled": (0, "enabled"),
        }
    )
    systemctl.make_socket().unlink()
    assert read_units(systemctl.environ).is_displaced
    systemctl.make_socket()
    units = read_units(systemctl.environ)
    assert units == Units(True, "", "", "enabled", "inactive", "success", 0, listens=True)


def test_a_socket_whose_file_was_removed() -> None:
    """It is a problem, and a restart is the cure."""
    units = Units(True, "", "", "enabled", "active", "success", 7, is_displaced=True)
    (found,) = service_findings(units, has_systemd=True)
    assert (found.status, found.cure) == ("problem", "aircher-cli daemon restart")
    assert "the file of its socket was removed" in found.message
