"""The facts about this daemon that do not change while it runs."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from aircher_wire import address
from aircher_wire.version import __version__
from aircherd.api.services import About
from aircherd.config.paths import Paths


def describe_daemon(
    environ: Mapping[str, str], paths: Paths, log_file: Path | None, *, is_socket_passed: bool
) -> About:
    """Return the facts. `log_file` is the file that the daemon logs to, if it has one."""
    return About(
        version=__version__,
        pid=os.getpid(),
        started_by="systemd (socket)" if is_socket_passed else started_by(environ),
        started_at=time.time(),
        socket=address.socket_path(environ),
        paths=paths,
        log_file=log_file,
    )


def started_by(environ: Mapping[str, str]) -> str:
    """Return what started the daemon: `client`, `systemd`, `launchd` or `user`."""
    if environ.get("AIRCHER_STARTED_BY"):
        return environ["AIRCHER_STARTED_BY"]
    # A shell in a session of systemd inherits INVOCATION_ID, and an older systemd has only that.
    pid = environ.get("SYSTEMD_EXEC_PID", str(os.getpid()))
    is_service = "INVOCATION_ID" in environ and pid == str(os.getpid())
    return "systemd" if is_service else "user"
