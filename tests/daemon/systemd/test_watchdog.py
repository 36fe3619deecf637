"""The watchdog's interval and its messages."""

import pytest
import trio

from aircherd.systemd.notify import Notifier
from aircherd.systemd.watchdog import MIN_INTERVAL, ping_watchdog, take_watchdog


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
        ({"WATCHDOG_PID": "42"}, None),
        ({}, None),
    ],
)
def test_the_timeout_is_taken_out_of_the_environment(variables, timeout):
    """It applies only to the process that it names, and is in seconds."""
    environ = {**variables, "HOME": "/home/u"}
    assert take_watchdog(environ, 42) == timeout
    assert environ == {"HOME": "/home/u"}


async def test_three_messages_are_sent_in_each_timeout(received, autojump_clock):
    """The first comes at once."""
    notifier = Notifier(received.address)
    with trio.move_on_after(59):
        await ping_watchdog(notifier, 60)
    assert received.receive() == [{"WATCHDOG": "1"}] * 3
    notifier.close()


async def test_a_tiny_timeout_does_not_occupy_the_loop(received, autojump_clock):
    """There is a shortest interval."""
    notifier = Notifier(received.address)
    with trio.move_on_after(MIN_INTERVAL * 2.5):
        await ping_watchdog(notifier, 1e-6)
    assert len(received.receive()) == 3
    notifier.close()
