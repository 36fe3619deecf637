"""Remembers on a machine that its socket was another machine's daemon, after that has ended.

Without it, the next client would start a daemon here, which has no key, and whose error says
nothing of the forward. So the record stays when a forward ends, however it does. It counts only
where no daemon is configured: `aircher-cli daemon start --here` removes it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aircher_wire import address
from aircher_wire.atomic_file import read_data, write_data


class Forward(NamedTuple):
    """Where a socket led: the machine `origin`, which calls this one `host`."""

    origin: str
    host: str


def write_record(environ: Mapping[str, str], socket: str, forward: Forward) -> None:
    """Write where `socket` leads.

    Raises:
        OSError: it cannot be written.
    """
    write_data(
        _path(environ, socket), "\n".join((socket, *forward)).encode(errors="surrogateescape")
    )


def remove_record(environ: Mapping[str, str], socket: str) -> None:
    """Forget that the socket led elsewhere."""
    _path(environ, socket).unlink(missing_ok=True)


def read_record(environ: Mapping[str, str], socket: str) -> Forward | None:
    """Return where the socket led, None if that counts no more, or it never led elsewhere."""
    try:
        text = read_data(_path(environ, socket)).decode(errors="surrogateescape")
    except OSError:
        return None
    named, *rest = text.split("\n")
    if named != socket or len(rest) != len(Forward._fields) or is_configured(environ):
        return None
    return Forward(*rest)


def is_configured(environ: Mapping[str, str]) -> bool:
    """Tell whether a daemon of this machine has a configuration, or stored keys."""
    home, data = address.aircher_home(environ), address.data_directory(environ)
    return (home / "config.toml").exists() or (data / "keys.json").exists()


def ended_message(forward: Forward) -> str:
    """Return what a client says that finds no daemon because a forward has ended."""
    return (
        f"the forward from {forward.origin} has ended, and no daemon is configured here: run "
        f"'aircher-cli forward {forward.host}' there again. To use a daemon of this machine "
        "instead: aircher-cli daemon start --here"
    )


def _path(environ: Mapping[str, str], socket: str) -> Path:
    import hashlib  # noqa: PLC0415 -- 3 ms, and only where no daemon listens

    name = hashlib.sha256(os.fsencode(socket)).hexdigest()[:8]
    return address.state_directory(environ) / f"forwarded-{name}"
