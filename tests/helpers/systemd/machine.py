"""What tests of an installed service share: a machine, its service's units, and requests."""

from collections.abc import Callable

from helpers.daemon.real_daemon import Home
from helpers.systemd.manager import UserManager

SERVICE, SOCKET = "aircherd.service", "aircherd.socket"

Machine = tuple[Home, UserManager]
Install = Callable[..., str]
"""Runs `daemon install` with options, and returns what it printed."""


def ask(home: Home, *options: str, environ: dict[str, str] | None = None) -> str:
    """Ask a model and return its answer."""
    done = home.cli("ask", *options, "hello", environ=environ or {})
    assert done.returncode == 0, done.stderr
    return done.stdout
