"""The log of a daemon that runs without a supervisor: a file that the daemon rotates itself.

    aircherd.log -> aircherd.log.1 -> aircherd.log.2 -> removed

The file is the process's standard output and standard error, so that what the interpreter writes in
a crash is in it, too. If another program moved or removed the file, the daemon continues in a new
one, or in the one that is there now. On failure (full disk, read-only directory) the daemon goes on
with the file that it has, and tries again later.
"""

import contextlib
import os
import time
from pathlib import Path

from aircher_wire.directories import make_private_directory

LIMIT = 4 * 1024 * 1024
"""Bytes of the log until it is rotated."""
CHECK_SECONDS = 1.0
"""Seconds between two checks whether the file is still at its path."""
KEPT = 2
"""Old files to keep."""
STANDARD_OUTPUTS = (1, 2)
# Without O_NONBLOCK a pipe in its place would be waited for.
FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class LogFile:
    """Rotates the file at `path`, which is this process's standard error."""

    def __init__(self, path: Path, *, limit: int = LIMIT, interval: float = CHECK_SECONDS) -> None:
        self.path = path
        self._limit = limit
        self._interval = interval
        self._next_check = time.monotonic() + interval
        self._written = _size(STANDARD_OUTPUTS[1])

    def note_written(self, size: int) -> None:
        """Count bytes that were written to standard error; rotate the file if it is large."""
        self._written += size
        is_full, now = self._written >= self._limit, time.monotonic()
        if not is_full and now < self._next_check:
            return
        self._next_check = now + self._interval
        if is_full:
            self._written = 0
        with contextlib.suppress(OSError):  # on a full disk, the same file goes on
            if not _is_same(STANDARD_OUTPUTS[1], self.path):
                make_private_directory(self.path.parent)
                redirect_outputs(self.path)
                self._written = _size(STANDARD_OUTPUTS[1])
            elif is_full:
                self._rotate()

    def _rotate(self) -> None:
        """Move the file away and continue in a new one.

        Raises:
            OSError: a step failed; standard error still is a file that can be written.
        """
        # Opened before anything is moved, so that a full disk changes nothing.
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, FLAGS | os.O_EXCL, 0o600)
        try:
            self._move_old()
            fresh.replace(self.path)
            for output in STANDARD_OUTPUTS:
                os.dup2(descriptor, output)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)

    def _move_old(self) -> None:
        for number in range(KEPT - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                self._old(number).replace(self._old(number + 1))
        self.path.replace(self._old(1))

    def _old(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def __repr__(self) -> str:
        return f"<LogFile {self.path}, {self._written} bytes>"


def redirect_outputs(path: Path) -> None:
    """Let standard output and standard error of this process append to the file, mode 0600.

    Raises:
        OSError: it cannot be opened, or is a symlink.
    """
    descriptor = os.open(path, FLAGS, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
        for output in STANDARD_OUTPUTS:
            os.dup2(descriptor, output)
    finally:
        os.close(descriptor)


def _size(descriptor: int) -> int:
    try:
        return os.fstat(descriptor).st_size
    except OSError:
        return 0


def _is_same(descriptor: int, path: Path) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
