"""The service after something went wrong: killed commands, directories that are gone."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable

import pytest

from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.systemd.machine import SERVICE, SOCKET, Install, Machine
from helpers.systemd.manager import user_manager

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(180)]


KILLED = 99
KILL_AT = f"""
import os, subprocess, sys
from pathlib import Path

left = int(sys.argv[1])
READS = {{"show", "show-environment", "is-active", "is-enabled"}}

def count_down():
    global left
    left -= 1
    if left == 0:
        os._exit({KILLED})

def wrap(name):
    original = getattr(Path, name)
    def wrapped(path, *args, **options):
        was_there = os.path.lexists(path)
        if name in ("replace", "rename"):
            count_down()
        result = original(path, *args, **options)
        if os.path.lexists(path) != was_there:
            count_down()
        return result
    setattr(Path, name, wrapped)

def run(command, **options):
    result = start(command, **options)
    if command[0] == "systemctl" and not READS.intersection(command):
        count_down()
    return result

from aircher_cli.__main__ import main
start, subprocess.run = subprocess.run, run
for name in ("replace", "rename", "unlink", "rmdir", "mkdir"):
    wrap(name)
sys.exit(main(sys.argv[2:]))
"""
"""Ends after the nth change, or before a file is replaced.

What only looks, or changes nothing, leaves what the change before it has left.
"""


def is_killed_at(home: Home, step: int, *arguments: str) -> bool:
    """Run a command that ends after its nth change, without cleaning up."""
    done = subprocess.run(
        [sys.executable, "-c", KILL_AT, str(step), *arguments],
        env=home.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=100,
    )
    assert done.returncode in (0, KILLED), done.stderr
    return done.returncode == KILLED


def test_an_installation_killed_at_any_step_is_finished_by_the_next(
    machine: Machine, install: Install
):
    """The daemon that runs then is that of the new units."""
    home, manager = machine
    install()
    is_hardened, step = False, 1
    while True:
        is_hardened = not is_hardened
        option = "--hardened" if is_hardened else "--no-hardened"
        before = manager.main_pid(SERVICE)
        was_killed = is_killed_at(home, step, "daemon", "install", option)
        install(option)
        assert manager.main_pid(SERVICE) != before, step
        assert manager.show(SERVICE, "NeedDaemonReload") == "no"
        drop_ins = manager.show(SERVICE, "DropInPaths")
        assert ("hardening.conf" in drop_ins) is is_hardened, step
        if not was_killed:
            break
        step += 1
    assert step > 5


def test_an_uninstallation_killed_at_any_step_is_finished_by_the_next(
    machine: Machine, install: Install
):
    """Nothing is left, whatever was there still."""
    home, manager = machine
    step = 1
    while True:
        install("--hardened")
        was_killed = is_killed_at(home, step, "daemon", "uninstall")
        done = home.cli("daemon", "uninstall")
        assert done.returncode == 0, (step, done.stderr)
        assert not manager.unit_folder.exists() or not list(manager.unit_folder.iterdir()), step
        assert manager.show(SOCKET, "ActiveState") == "inactive"
        assert manager.show(SERVICE, "LoadState") == "not-found"
        if not was_killed:
            break
        step += 1
    assert step > 10


def test_a_hardened_service_whose_directories_are_gone(
    sim: Simulator, config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
):
    """It cannot create them: each command says why it does not start, and what does."""
    monkeypatch.setattr(tempfile, "tempdir", "/run")  # a home that is not in /tmp
    with open_home() as home, user_manager(home.environ) as manager:
        config(home)
        done = home.cli("daemon", "install", "--hardened")
        assert done.returncode == 0, f"{done.stderr}\n{manager.all_logs()}"
        home.cli("daemon", "stop")
        shutil.rmtree(home.data)
        for command in (("ask", "hello"), ("daemon", "start"), ("ask", "hello")):
            done = home.cli(*command)
            assert done.returncode != 0
            assert f"cannot create {home.data}: Read-only file system" in done.stderr, command
            assert "run 'aircher-cli daemon install'" in done.stderr
        assert home.cli("daemon", "restart").returncode == 0
        home.cli("daemon", "stop")
        shutil.rmtree(home.data)
        assert home.cli("daemon", "install").returncode == 0
        assert home.cli("ask", "hello").returncode == 0


@pytest.mark.parametrize("what", ["directory", "pipe", "loop", "mask"])
def test_a_unit_that_is_no_file(machine: Machine, install: Install, what: str):
    """It is not ours; --force moves it away, and uninstalling leaves it alone."""
    home, manager = machine
    path = manager.unit_folder / SERVICE
    manager.unit_folder.mkdir(parents=True, exist_ok=True)
    if what == "directory":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path if what == "loop" else "/dev/null")
    done = home.cli("daemon", "install")
    assert done.returncode == 1
    assert f"{path} is not from aircher-cli" in done.stderr
    done = home.cli("daemon", "uninstall")
    assert done.returncode == 0
    assert "is not from aircher-cli and was kept" in done.stderr
    assert os.path.lexists(path)
    assert "which is not from aircher-cli, to aircherd.service." in install("--force")
    assert home.cli("ask", "hello").returncode == 0


def test_a_unit_that_is_masked_until_the_next_boot(machine: Machine, install: Install):
    """The message has the command that undoes it."""
    home, manager = machine
    manager.systemctl("mask", "--runtime", SERVICE)
    done = home.cli("daemon", "install")
    assert done.returncode == 1
    assert f"{SERVICE} is masked" in done.stderr
    assert "unmask" in done.stderr
    manager.systemctl("unmask", "--runtime", SERVICE)
    install()


def test_commands_at_the_same_time_take_turns(machine: Machine, install: Install):
    """Whichever is first, each succeeds, and the last one decides what is there."""
    home, manager = machine
    for commands in (
        ("install", "install", "install --hardened", "restart"),
        ("uninstall", "install --no-start", "uninstall", "install --no-start"),
    ):
        started = [home.popen("daemon", *each.split()) for each in commands]
        outcomes = [(each.communicate(timeout=100)[1], each.returncode) for each in started]
        assert {code for _, code in outcomes} == {0}, outcomes
    install("--no-hardened")
    assert manager.show(SERVICE, "NeedDaemonReload") == "no"
    assert home.cli("ask", "hello").returncode == 0


def test_a_command_that_only_the_shell_lets_find_the_package(machine: Machine):
    """Nothing is installed, since the service would not start."""
    home, manager = machine
    python = home.root / "bare" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", python.parents[1]], check=True)
    home.python = str(python)
    path = os.pathsep.join(each for each in sys.path if each)
    done = home.cli("daemon", "install", environ={"PYTHONPATH": path})
    assert done.returncode == 1
    assert f"{python} does not find aircher by itself" in done.stderr
    assert not (manager.unit_folder / SERVICE).exists()
