"""How often the service manager must hear from the daemon; `reporter` sends the messages."""

from collections.abc import MutableMapping

VARIABLES = ("WATCHDOG_USEC", "WATCHDOG_PID")
MAX_DIGITS = 20
"""Of 64 bits; a longer number is garbage, and Python refuses to convert it."""


def take_watchdog(environ: MutableMapping[str, str], pid: int) -> float | None:
    """Return after how many silent seconds the manager kills this process; None if it does not.

    The variables are removed: they do not apply to child processes.
    """
    usec, owner = (environ.pop(name, "") for name in VARIABLES)
    if owner and owner != str(pid):
        return None
    is_number = usec.isascii() and usec.isdigit() and len(usec) <= MAX_DIGITS
    return int(usec) / 1e6 if is_number and int(usec) else None
