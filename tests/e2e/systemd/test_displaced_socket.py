"""The file of systemd's socket was removed or replaced: each command recovers."""

import json
import shutil
import subprocess
from collections.abc import Callable

import pytest

from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.real_daemon import Home
from helpers.systemd.manager import UserManager

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(180)]

SERVICE = "aircherd.service"
AUTOSTART = {"AIRCHER_AUTOSTART": "1"}
Machine = tuple[Home, UserManager]
Install = Callable[..., str]


def ask(home: Home) -> "subprocess.CompletedProcess[str]":
    """Ask the default model with a client that may start a daemon."""
    return home.cli("ask", "hello", environ=AUTOSTART)


def is_served_by_service(home: Home, manager: UserManager) -> bool:
    """Tell whether clients reach the service."""
    status = json.loads(home.cli("daemon", "status", "--json").stdout)
    pid = manager.main_pid(SERVICE)
    service = status["service"]
    return pid > 0 and status.get("pid") == service["pid"] == pid and service["listens"]


def remove(home: Home) -> None:
    """Remove the socket's file, as a cleaning job does."""
    home.socket.unlink()


def remove_directory(home: Home) -> None:
    """Remove the socket's directory."""
    shutil.rmtree(home.socket.parent)


def replace(home: Home) -> None:
    """Put a file that is no socket in its place."""
    home.socket.unlink()
    home.socket.touch(mode=0o600)


@pytest.mark.parametrize("runs", [True, False])
def test_the_next_request_restores_it(machine: Machine, install: Install, runs: bool) -> None:
    """The service answers it, whether it ran or not, and no daemon runs without systemd.

    After each kind of damage, one after the other: what was restored can be damaged again.
    """
    home, manager = machine
    install()
    for damage in (remove, remove_directory, replace):
        if not runs:
            manager.systemctl("stop", SERVICE)
        damage(home)
        done = ask(home)
        assert (done.returncode, done.stdout) == (0, "hello\n"), (damage, done.stderr)
        assert is_served_by_service(home, manager), (damage, manager.all_logs())


def test_many_first_requests_restore_it_once(machine: Machine, install: Install) -> None:
    """All of them are answered by the service."""
    home, manager = machine
    install()
    remove(home)
    started = [home.popen("ask", "hello", environ=AUTOSTART) for _ in range(6)]
    assert {each.communicate(timeout=90)[0] for each in started} == {"hello\n"}
    assert is_served_by_service(home, manager), manager.all_logs()


def test_a_request_under_way_is_not_lost(
    machine: Machine, install: Install, sim: Simulator
) -> None:
    """The client that restores the socket waits until the service has finished it."""
    home, manager = machine
    install()
    sim.faults.add(Fault("stall", after=1, seconds=3.0))
    asked = home.popen("ask", "one two three")
    assert asked.stdout is not None
    assert asked.stdout.read(3) == "one"
    remove(home)
    assert ask(home).stdout == "hello\n"
    assert asked.communicate(timeout=30)[0] == " two three\n"
    assert asked.returncode == 0
    assert is_served_by_service(home, manager), manager.all_logs()


COMMANDS = ("start", "restart", "install", "install --hardened")


@pytest.mark.parametrize("has_other", [False, True])
def test_each_daemon_command_restores_it(
    machine: Machine, install: Install, has_other: bool
) -> None:
    """Also when a daemon that systemd did not start has taken the path meanwhile."""
    home, manager = machine
    install()
    for command in COMMANDS:
        displace(home, manager, has_other=has_other)
        done = home.cli("daemon", *command.split())
        assert done.returncode == 0, (command, done.stderr + manager.all_logs())
        assert is_served_by_service(home, manager), (command, manager.all_logs())


@pytest.mark.parametrize("has_other", [False, True])
def test_stop_and_status(machine: Machine, install: Install, has_other: bool) -> None:
    """`status` and `doctor` say what is wrong, and `stop` stops the daemon that runs."""
    home, manager = machine
    install()
    displace(home, manager, has_other=has_other)
    shown = json.loads(home.cli("daemon", "status", "--json").stdout)
    assert shown["running"] is has_other
    assert shown["service"]["is_displaced"]
    assert "daemon restart" in home.cli("doctor").stdout
    if not has_other:
        assert "the next request restores it" in home.cli("daemon", "status").stdout
    done = home.cli("daemon", "stop", "--json")
    assert done.returncode == 0, done.stderr
    if has_other:  # the service may have noticed and ended by itself
        assert json.loads(done.stdout)["stopped"] is True
    assert manager.main_pid(SERVICE) == 0
    assert json.loads(home.cli("daemon", "status", "--json").stdout)["running"] is False
    assert ask(home).stdout == "hello\n"
    assert is_served_by_service(home, manager), manager.all_logs()


def displace(home: Home, manager: UserManager, *, has_other: bool) -> None:
    """Remove the socket's file; with `has_other` a daemon without systemd takes its path."""
    if not has_other:
        remove(home)
        return
    manager.systemctl("stop", SERVICE)
    remove(home)
    # A client that does not see the unit starts a daemon of its own.
    unit = manager.unit_folder / "aircherd.socket"
    hidden = unit.rename(unit.with_suffix(".hidden"))
    assert ask(home).stdout == "hello\n"
    hidden.rename(unit)
