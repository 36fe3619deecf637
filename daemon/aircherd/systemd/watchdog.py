"""The service manager's watchdog: it kills the daemon if the event loop does not run.

The messages come from a task of the event loop, so a loop that is blocked sends none.
"""

from collections.abc import MutableMapping

import trio

from aircherd.systemd.notify import Notifier

VARIABLES = ("WATCHDOG_USEC", "WATCHDOG_PID")
MIN_INTERVAL = 0.05
"""Seconds: a manager that wants to hear more often gets no more than this."""


def take_watchdog(environ: MutableMapping[str, str], pid: int) -> float | None:
    """Return after how many silent seconds the manager kills this process; None if it does not.

    The variables are removed: they do not apply to child processes.
    """
    usec, owner = (environ.pop(name, "") for name in VARIABLES)
    if owner and owner != str(pid):
        return None
    return int(usec) / 1e6 if usec.isascii() and usec.isdigit() and int(usec) else None


async def ping_watchdog(notifier: Notifier, timeout: float) -> None:
    """Ping three times per `timeout`, so that one late message does no harm."""
    while True:
        notifier.send("WATCHDOG=1")
        await trio.sleep(max(timeout / 3, MIN_INTERVAL))
