"""Reads the audit log: lines of JSON in a file and in the older ones of it.

The daemon reads it for clients, and a client by itself while no daemon runs, or to follow it.
"""

import errno
import json
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from aircher_wire.directories import WRITABLE_BY_OTHERS

Line = dict[str, object]

FILE = "audit.jsonl"
"""Its name, in the daemon's data directory."""
OLDER = 2
"""Files that are kept beside the current one."""
MAX_READ = 16 * 1024 * 1024
"""Bytes of one file, which has 4 MB and one write."""

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def files(path: Path) -> list[Path]:
    """Return the current file and the older ones, the newest first."""
    return [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, OLDER + 1))]


def read(path: Path) -> Iterator[Line]:
    """Yield all lines, the oldest first. What is not a line of this log is left out.

    Raises:
        OSError: a file cannot be read, or another user could have written it.
    """
    yield from _read_files(reversed(files(path)))


def read_older(path: Path) -> Iterator[Line]:
    """Yield the lines of the older files, as `read` does."""
    yield from _read_files(reversed(files(path)[1:]))


def _read_files(paths: Iterable[Path]) -> Iterator[Line]:
    for each in paths:
        try:
            descriptor = open_checked(each)
        except (FileNotFoundError, NotADirectoryError):
            continue
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(MAX_READ)
        for text in content.split(b"\n"):
            if (line := parse(text)) is not None:
                yield line


def open_checked(path: Path) -> int:
    """Open a file of the log.

    Raises:
        OSError: it cannot be opened, is no file, or another user could have written it.
    """
    descriptor = os.open(path, _READ)
    found = os.fstat(descriptor)
    reason = None
    if not stat.S_ISREG(found.st_mode):
        reason = "it is no file"
    elif found.st_uid != os.getuid():
        reason = f"it belongs to user {found.st_uid}"
    elif found.st_mode & WRITABLE_BY_OTHERS:
        reason = f"others may write it; see what it says, then: chmod 600 {path}"
    if reason is None:
        return descriptor
    os.close(descriptor)
    raise PermissionError(errno.EPERM, reason, str(path))


def parse(text: bytes) -> Line | None:
    """Return a line of the log; None if it is none, as one that a lost power cut short."""
    try:
        line = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    if isinstance(line, dict) and isinstance(line.get("at"), int | float):
        return line
    return None


def matches(
    line: Line, since: float | None, until: float | None, client: str | None, kind: str | None
) -> bool:
    """Return whether a line is one of those asked for; `until` is the first time after them."""
    at = line["at"]
    assert isinstance(at, int | float)
    return (
        (since is None or at >= since)
        and (until is None or at < until)
        and (client is None or line.get("client") == client)
        and (kind is None or line.get("kind") == kind)
    )


class Follower:
    """Reads the current file of the log, then what is added, also when files are rotated."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rest = b""
        self._descriptor: int | None = None
        self._open()

    def read_new(self) -> list[Line]:
        """Return the lines that were added since the last call, first those that are there.

        Raises:
            OSError: the file cannot be read, or another user could have written it.
        """
        found = self._read_rest()
        while self._is_rotated():
            found += self._read_rest()  # what was added before the rotation
            self.close()
            if not self._open():
                return found
        return found + self._read_rest()

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self._rest = None, b""

    def _open(self) -> bool:
        try:
            self._descriptor = open_checked(self._path)
        except FileNotFoundError:
            return False
        return True

    def _is_rotated(self) -> bool:
        try:
            current = self._path.stat(follow_symlinks=False)
        except FileNotFoundError:
            return False  # it is being rotated
        if self._descriptor is None:
            return True
        return not os.path.samestat(current, os.fstat(self._descriptor))

    def _read_rest(self) -> list[Line]:
        if self._descriptor is None:
            return []
        while data := os.read(self._descriptor, MAX_READ):
            self._rest += data
        *texts, self._rest = self._rest.split(b"\n")
        return [line for text in texts if (line := parse(text)) is not None]
