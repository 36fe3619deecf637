"""Temporary files for a tool, beside the daemon's socket: in memory on most machines, and private.

They may have the token. The folder is removed when the tool has ended; one that a killed `run` has
left behind is removed by the next one.
"""

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from aircher_wire.address import socket_path

PREFIX = "aircher-run-"


class Folder:
    """A folder of this process, which is made when something is put into it."""

    def __init__(self, environ: Mapping[str, str], pid: int | None = None) -> None:
        self._parent = socket_path(environ).parent
        self.path = self._parent / f"{PREFIX}{os.getpid() if pid is None else pid}"

    def put(self, files: Mapping[str, str]) -> None:
        """Write files that only this user can read.

        Raises:
            OSError: they cannot be written.
        """
        if not files:
            return
        remove_left(self._parent)
        self.path.mkdir(mode=0o700)
        for name, content in files.items():
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            descriptor = os.open(self.path / name, flags, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(content)

    def remove(self) -> None:
        """Remove the folder with what the tool has put into it. Idempotent."""
        shutil.rmtree(self.path, ignore_errors=True)


def remove_left(parent: Path) -> None:
    """Remove the folders of processes that have ended."""
    for folder in parent.glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX)
        if pid.isdecimal() and _is_ours(folder) and not _is_in_use(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Return whether `put` can have made it."""
    found = folder.lstat()
    return found.st_uid == os.getuid() and found.st_mode == stat.S_IFDIR | 0o700


def _is_in_use(pid: int) -> bool:
    if pid == os.getpid():
        return False  # of an earlier process with our number
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another user's
    return True
