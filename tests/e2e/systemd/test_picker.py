"""The picker's view of an installed service: stopped, started, restarted, killed."""

import os
import signal

import pytest

from helpers.daemon.live_views import following
from helpers.systemd.machine import SERVICE, Install, Machine

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(180)]


def test_a_stopped_service_is_not_started_by_an_open_picker(machine: Machine, install: Install):
    """Although systemd goes on listening for it; once the user starts it, the picker goes on."""
    home, manager = machine
    install()
    with following(home) as views:
        done = home.cli("daemon", "stop")
        assert done.returncode == 0, done.stderr
        views.wait(lambda view: view.link == "stopped", "it counts as stopped")
        assert manager.show(SERVICE, "ActiveState") == "inactive"
        assert home.cli("daemon", "start").returncode == 0
        views.wait(lambda view: view.link == "connected", "it is connected by itself")


def test_a_restarted_and_a_killed_service(machine: Machine, install: Install):
    """The picker reconnects to what systemd starts."""
    home, manager = machine
    install()
    with following(home) as views:
        assert home.cli("daemon", "restart").returncode == 0
        views.wait(lambda view: view.link == "reconnecting", "the end is noticed")
        views.wait(lambda view: view.link == "connected", "it is connected again")
        os.kill(manager.main_pid(SERVICE), signal.SIGKILL)
        views.wait(lambda view: view.link == "reconnecting", "the end is noticed")
        views.wait(lambda view: view.link == "connected", "it is connected again")
