"""Lets commands that change the service take turns: two at once would undo each other's steps."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from aircher_cli.commands.daemon.lifecycle import wait_until
from aircher_cli.console import Console
from aircher_client.systemd_socket import runtime_directory


@contextmanager
def one_at_a_time(
    environ: Mapping[str, str], console: Console, *, timeout: float
) -> Iterator[None]:
    """Hold the lock of these commands inside the context; without systemd there is none.

    The lock is on the user's runtime directory itself, so that no file is left behind. The system
    releases it when the command ends, however that happens.

    Raises:
        CommandFailed: another command still holds it after `timeout` seconds.
    """
    descriptor = _open(runtime_directory(environ))
    if descriptor is None:
        yield
        return
    try:
        waiting = "waiting for another aircher-cli that changes the service"
        wait_until(lambda: _is_locked(descriptor), console, timeout=timeout, waiting=waiting)
        yield
    finally:
        os.close(descriptor)


def _open(directory: str | None) -> int | None:
    try:
        return None if directory is None else os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
