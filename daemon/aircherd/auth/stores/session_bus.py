"""Pure: the addresses at which the user's session bus may be, the one that was named first.

    DBUS_SESSION_BUS_ADDRESS     a list, separated by `;`; `disabled:` means that there is no bus
    $XDG_RUNTIME_DIR/bus         libdbus tries it by default
    /run/user/UID/bus            where systemd puts it
    the buses of clients         what they have in DBUS_SESSION_BUS_ADDRESS

A daemon that a cron job or an old session started has no variable, or one that leads nowhere,
although the user's bus and the keyring on it are running.
"""

from collections.abc import Mapping
from urllib.parse import quote

BUS_VARIABLE = "DBUS_SESSION_BUS_ADDRESS"

DISABLED = "disabled:"
"""The value of `BUS_VARIABLE` with which GLib looks for no bus, too."""
_UNESCAPED = "-_/.\\*"  # beside letters and digits, by the specification of D-Bus
_NO_ADDRESS = "autolaunch:"
"""libdbus would start a bus of its own, without the user's keyring on it."""


_SOCKETS = ("unix:path=", "unix:abstract=")


def bus_addresses(environ: Mapping[str, str], uid: int) -> tuple[str, ...]:
    """Return the addresses to try in order; empty if there is to be no bus."""
    named = _split(environ.get(BUS_VARIABLE, ""))
    if DISABLED in named:
        return ()
    found = [part for part in named if not part.startswith(_NO_ADDRESS)]
    if (runtime := environ.get("XDG_RUNTIME_DIR", "")).startswith("/"):
        found.append(_address(f"{runtime.rstrip('/')}/bus"))
    found.append(_address(f"/run/user/{uid}/bus"))
    return tuple(dict.fromkeys(found))


def client_addresses(named: str) -> tuple[str, ...]:
    """Return the addresses in a client's variable that its daemon can reach, too: sockets here."""
    return tuple(part for part in _split(named) if part.startswith(_SOCKETS))


def _split(named: str) -> list[str]:
    return [part for each in named.split(";") if (part := each.strip())]


def _address(path: str) -> str:
    return "unix:path=" + quote(path, safe=_UNESCAPED)
