"""The tests' own user manager: each test has one, and nothing is left of it."""

import signal

import pytest

from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import wait_until
from helpers.systemd.manager import user_manager

pytestmark = pytest.mark.systemd

UNIT = """\
[Service]
ExecStart=/bin/sh -c 'echo "hello from $$HOME"; setsid sleep 1000 & exec sleep 1000'
"""


def test_a_unit_runs_in_the_home_of_its_test():
    """Its environment is that of the home, its output can be read, and it can be killed."""
    with open_home() as home, user_manager(home.environ) as manager:
        manager.write_unit("hello.service", UNIT)
        manager.systemctl("start", "hello.service")
        wait_until(lambda: manager.log("hello.service") != "", "the unit prints")
        assert manager.log("hello.service") == f"hello from {home.root}\n"
        assert manager.main_pid("hello.service") > 1
        manager.systemctl("kill", "--signal=KILL", "hello.service")
        wait_until(
            lambda: manager.show("hello.service", "Result") == "signal", "the unit has ended"
        )
        assert int(manager.show("hello.service", "ExecMainStatus")) == signal.SIGKILL


def test_two_managers_with_the_same_unit_do_not_meet():
    """Stopping a unit in one leaves the processes of the other alone."""
    with (
        open_home() as home,
        open_home() as other_home,
        user_manager(home.environ) as manager,
        user_manager(other_home.environ) as other,
    ):
        for each in (manager, other):
            each.write_unit("same.service", UNIT)
            each.systemctl("start", "same.service")
        manager.systemctl("stop", "same.service")
        assert manager.main_pid("same.service") == 0
        assert other.systemctl("is-active", "same.service") == "active"


def test_nothing_is_left_at_the_end():
    """Also a process that has left its session is killed, and the control groups are removed."""
    with open_home() as home, user_manager(home.environ) as manager:
        manager.write_unit("hello.service", UNIT)
        manager.systemctl("start", "hello.service")
        groups = list(manager.group.folders)
        assert all(group.exists() for group in groups)
        # The manager, the unit and its child.
        wait_until(lambda: len(manager.group.pids()) == 3, "the unit has started its child")
    assert not any(group.exists() for group in groups)
