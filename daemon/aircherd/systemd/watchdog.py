"""How often the service manager must hear from the daemon; `reporter` sends the messages."""

from collections.abc import MutableMapping

VARIABLES = ("WATCHDOG_USEC", "WATCHDOG_PID")


def take_watchdog(environ: MutableMapping[str, str], pid: int) -> float | None:
    """Return after how many silent seconds the manager kills this process; None if it does not.

    The variables are removed: they do not apply to child processes.
    """
    usec, owner = (environ.pop(name, "") for name in VARIABLES)
    if owner and owner != str(pid):
        return None
    return int(usec) / 1e6 if usec.isascii() and usec.isdigit() and int(usec) else None
