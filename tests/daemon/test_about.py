"""What the daemon says of itself: how it was started decides which variables it has."""

import os
from pathlib import Path

import pytest

from aircherd.about import describe_daemon
from aircherd.config.paths import resolve_paths

ENVIRON = {"HOME": "/home/u", "XDG_RUNTIME_DIR": "/run/user/1000"}


@pytest.mark.parametrize(
    ("variables", "started_by"),
    [
        ({}, "user"),
        ({"INVOCATION_ID": "1"}, "systemd"),
        ({"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": str(os.getpid())}, "systemd"),
        # A terminal is a service, too, and its shell inherits the variables.
        ({"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": "1"}, "user"),
        ({"INVOCATION_ID": "1", "AIRCHER_STARTED_BY": "client"}, "client"),
    ],
)
def test_the_variables_say_how_the_daemon_was_started(variables, started_by):
    """What a client passes on wins over what systemd sets."""
    environ = {**ENVIRON, **variables}
    about = describe_daemon(environ, resolve_paths(environ), None, is_socket_passed=False)
    assert about.started_by == started_by


def test_a_passed_socket_means_that_systemd_started_the_daemon():
    """Other variables do not matter then."""
    about = describe_daemon(
        {**ENVIRON, "AIRCHER_STARTED_BY": "client"},
        resolve_paths(ENVIRON),
        Path("/x.log"),
        is_socket_passed=True,
    )
    assert (about.started_by, about.pid) == ("systemd (socket)", os.getpid())
    assert (about.log_file, about.socket) == (
        Path("/x.log"),
        Path("/run/user/1000/aircher/aircher.sock"),
    )
