# ruff: noqa: PTH123 -- no pathlib on the way to the socket, as in `aircher_wire.address`
"""Finds the socket unit that `aircher-cli daemon install` wrote, and has systemd start it.

A client that finds no daemon does this before it starts a daemon of its own. Only the file is read:
asking systemd takes longer than connecting.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from aircher_wire import address

SERVICE = "aircherd.service"
SOCKET = "aircherd.socket"

MARKER = "# Installed by 'aircher-cli daemon install'"
"""The beginning of each file that `daemon install` writes; other files are left alone."""

START_SECONDS = 10.0
MAX_BYTES = 65_536


def unit_directories(environ: Mapping[str, str]) -> list[str]:
    """Return the directories where a user's own units may be, the preferred one first."""
    home = f"{environ.get('HOME', '').rstrip('/')}/.config"
    named = environ.get("XDG_CONFIG_HOME", "").rstrip("/")
    bases = [named, home] if named.startswith("/") else [home]
    return [f"{base}/systemd/user" for base in dict.fromkeys(bases)]


def find_socket_unit(environ: Mapping[str, str]) -> str | None:
    """Return the path of our socket unit, if it listens on the socket of this environment."""
    for directory in unit_directories(environ):
        path = f"{directory}/{SOCKET}"
        text = read_unit(path)
        if text is None or not text.startswith(MARKER):
            continue
        if listens_on(text, environ) == address.find_socket(environ):
            return path
    return None


def read_unit(path: str) -> str | None:
    """Return the text of a unit, None if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read(MAX_BYTES)
    except OSError:
        return None


def listens_on(text: str, environ: Mapping[str, str]) -> str | None:
    """Return the path on which a socket unit that we wrote listens, None if it names none."""
    for line in text.splitlines():
        if line.startswith("ListenStream="):
            path = line.partition("=")[2]
            if path.startswith("%t/"):
                path = (runtime_directory(environ) or "%%t") + path[2:]
            return path.replace("%%", "%")
    return None


def runtime_directory(environ: Mapping[str, str]) -> str | None:
    """Return the directory by which a user's systemd is found, None if there is none."""
    named = environ.get("XDG_RUNTIME_DIR", "").rstrip("/")
    if named.startswith("/"):
        return named
    default = f"/run/user/{os.getuid()}"
    return default if address.is_private_directory(default, os.getuid()) else None


def systemctl_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of `systemctl --user`: it needs XDG_RUNTIME_DIR to find systemd."""
    directory = runtime_directory(environ)
    found = {} if directory is None else {"XDG_RUNTIME_DIR": directory}
    return {**environ, **found, "LC_ALL": "C.UTF-8", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}


def start_socket(environ: Mapping[str, str], *, timeout: float = START_SECONDS) -> bool:
    """Have systemd listen on the socket; return whether it does.

    False means that this user's systemd does not run or cannot start the unit.
    """
    import subprocess  # noqa: PLC0415 -- only where no daemon answers

    try:
        done = subprocess.run(
            ["systemctl", "--user", "--no-ask-password", "start", SOCKET],
            env=systemctl_environment(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
