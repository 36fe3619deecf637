"""How often the manager must hear from the daemon."""

import pytest

from aircherd.systemd.watchdog import take_watchdog


@pytest.mark.parametrize(
    ("variables", "timeout"),
    [
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "42"}, 60.0),
        ({"WATCHDOG_USEC": "1500000"}, 1.5),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "41"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "³"}, None),
        ({"WATCHDOG_USEC": "9" * 400}, None),
        ({"WATCHDOG_USEC": "9" * 5000}, None),
        ({"WATCHDOG_PID": "42"}, None),
        ({}, None),
    ],
)
def test_the_timeout_is_taken_out_of_the_environment(variables, timeout):
    """It applies only to the process that it names, and is in seconds."""
    environ = {**variables, "HOME": "/home/u"}
    assert take_watchdog(environ, 42) == timeout
    assert environ == {"HOME": "/home/u"}
