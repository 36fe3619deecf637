# ruff: noqa: PTH123 -- no pathlib on the way to the socket, as in `aircher_wire.address`
"""Finds the socket unit that `aircher-cli daemon install` wrote, and has systemd start it.

A client that finds no daemon does this before it starts a daemon of its own. Only the file is read:
asking systemd takes longer than connecting.

If the file of the socket was removed, systemd does not notice: it goes on listening where no client
can connect. Then the client stops the service, which has the old socket, after its requests, and
restarts the unit.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from aircher_wire import address

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    import socket
    import subprocess

SERVICE = "aircherd.service"
SOCKET = "aircherd.socket"

MARKER = "# Installed by 'aircher-cli daemon install'"
"""The beginning of each file that `daemon install` writes; other files are left alone."""

START_SECONDS = 10.0
RESTART_SECONDS = 45.0
"""The service has 30 s to end before systemd kills it."""
NOTICE_SECONDS = 1.0
LOCK_POLL_SECONDS = 0.05
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
    return _run("start", SOCKET, environ, timeout)


def restart_socket(
    environ: Mapping[str, str],
    unit: str,
    try_connect: Callable[[], socket.socket | None],
    *,
    on_wait: Callable[[str], object] | None = None,
    timeout: float = RESTART_SECONDS,
) -> socket.socket | None:
    """Have systemd open the socket again, whose file was removed; return a connection to it.

    None means that systemd could not do it. Clients that do this at once take turns by a lock on
    the file of `unit`; all but the first can connect by then. `on_wait` is called with a sentence
    if the service has to finish requests first, and that takes a while.
    """
    import fcntl  # noqa: PLC0415 -- only after this failure

    began_at = time.monotonic()
    try:
        descriptor = os.open(unit, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() - began_at >= timeout:
                    return None
                time.sleep(LOCK_POLL_SECONDS)
                continue
            found = try_connect()
            # systemd refuses to start a socket whose service is still ending.
            if (
                found is None
                and _run("stop", SERVICE, environ, timeout, on_wait)
                and _run("restart", SOCKET, environ, timeout)
            ):
                found = try_connect()
            return found
    finally:
        os.close(descriptor)  # releases the lock


def _run(
    verb: str,
    unit: str,
    environ: Mapping[str, str],
    timeout: float,
    on_wait: Callable[[str], object] | None = None,
) -> bool:
    import subprocess  # noqa: PLC0415 -- only where no daemon answers

    try:
        process = subprocess.Popen(
            ["systemctl", "--user", "--no-ask-password", verb, unit],
            env=systemctl_environment(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return False
    with process:
        try:
            if on_wait is not None and not _has_ended(process, NOTICE_SECONDS):
                on_wait("waiting for aircherd.service to finish its requests")
            return _has_ended(process, timeout) and process.returncode == 0
        finally:
            if process.poll() is None:
                process.kill()


def _has_ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    from subprocess import TimeoutExpired  # noqa: PLC0415 -- as in `_run`

    try:
        process.wait(seconds)
    except TimeoutExpired:
        return False
    return True
