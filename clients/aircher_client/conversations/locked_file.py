"""Reads and extends one file that several programs may use at once.

A lock (`flock`) is held while a file is extended, never while a model answers. A program that adds
a line first reads what others have added. Writing is not waited for (no `fsync`): after a power
failure the last lines may be missing.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from aircher_client.conversations.names import ConversationError

MAX_BYTES = 64 * 1024 * 1024
"""The largest file of a conversation; one request holds 32 MiB."""
LOCK_SECONDS = 2.0
"""Seconds to wait for a program that extends the file."""
POLL_SECONDS = 0.02

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_APPEND = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})
"""Errors of file systems without locks, such as some on a network."""


def read_file(path: str) -> bytes | None:
    """Return the content of a file, None if there is none.

    Raises:
        OSError: it cannot be read.
        ConversationError: it is no regular file, or too large.
    """
    try:
        descriptor = os.open(path, _READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return read_from(descriptor, path, 0)
    finally:
        os.close(descriptor)


def read_from(descriptor: int, path: str, offset: int) -> bytes:
    """Return what a file has from `offset` on. Raises as `read_file`."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise ConversationError(f"{path} is not a regular file: move it away")
    if found.st_size > MAX_BYTES:
        raise ConversationError(
            f"{path} has {found.st_size >> 20} MiB; a conversation has at most {MAX_BYTES >> 20}"
        )
    pieces = []
    while piece := os.pread(descriptor, 1 << 20, offset):
        pieces.append(piece)
        offset += len(piece)
    return b"".join(pieces)


@contextmanager
def locked(path: str, *, create: bool) -> Iterator[int]:
    """Open a file for reading and appending, and lock it against other programs.

    Raises:
        FileNotFoundError: there is none, and `create` is false.
        OSError: it cannot be opened.
        ConversationError: another program has locked it for too long.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        descriptor = os.open(path, _APPEND | (os.O_CREAT if create else 0), 0o600)
        try:
            _lock(descriptor, path, deadline)
            # Between the two calls, another program may have removed or replaced the file.
            if _is_at(descriptor, path):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _lock(descriptor: int, path: str, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise ConversationError(
                    f"another program holds {path} for longer than {LOCK_SECONDS:g} s"
                ) from None
            time.sleep(POLL_SECONDS)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return
        else:
            return


def _is_at(descriptor: int, path: str) -> bool:
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    here = os.fstat(descriptor)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def append(descriptor: int, data: bytes) -> None:
    """Write at the end of a locked file; what was written of a failed attempt is removed.

    Raises:
        OSError: the disk is full, for example.
    """
    before = os.fstat(descriptor).st_size
    written = 0
    try:
        while written < len(data):
            written += os.write(descriptor, data[written:] if written else data)
    except BaseException:
        with suppress(OSError):
            os.ftruncate(descriptor, before)
        raise


def set_aside(path: str, good: bytes) -> str:
    """Put the undamaged beginning in the place of a locked file; return the damaged one's new path.

    Raises:
        OSError: that is not possible, and nothing has changed.
    """
    for number in range(1, 1000):
        aside = f"{path}.damaged-{number}"
        try:
            os.link(path, aside, follow_symlinks=False)
            break
        except FileExistsError:
            continue
    else:
        raise OSError(errno.EEXIST, "there are a thousand damaged copies", path)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        _create(temporary, good)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        os.unlink(aside)
        raise
    return aside


def _create(path: str, data: bytes) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        append(descriptor, data)
    finally:
        os.close(descriptor)


def remove_if(path: str, should: Callable[[os.stat_result], bool]) -> bool:
    """Remove a file that no program is extending, if `should(its status)`; return whether it is.

    Raises:
        OSError: it cannot be removed.
    """
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        return False
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False  # so it is not old
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        if not should(os.fstat(descriptor)):
            return False
        os.unlink(path)
        return True
    finally:
        os.close(descriptor)
