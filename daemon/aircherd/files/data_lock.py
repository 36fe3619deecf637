"""The lock of a data directory: one daemon for each, also where no file can be written.

    the directory itself   locked first: that needs no right to write
    aircherd.lock in it    locked too, with our process and socket; tried again until it can be

The daemon that holds the directory may take the file later: no other gets it meanwhile. Some
network file systems lock no directory; there the file is needed.
"""

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path

import structlog
import trio

from aircher_wire.address import AddressError

RETRY_SECONDS = 2.0
MAX_TEXT = 4096

_TAKEN = {errno.EWOULDBLOCK, errno.EACCES}
_IS_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EIO}

log = structlog.get_logger()


class AlreadyRunning(Exception):
    """Another daemon holds the socket or the data directory."""


class FileLock:
    """A lock that is held until `close`, on a file with a text or on a directory."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def on_file(cls, path: Path, text: bytes) -> "FileLock":
        """Create the file if needed, lock it, and write `text` into it.

        Raises:
            AlreadyRunning: another process holds it; the message has what that one wrote.
            OSError: it cannot be written or locked.
        """
        # O_NOFOLLOW: a planted symlink must not redirect the write to another file.
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        lock = cls(path, os.open(path, flags, 0o600))
        lock._take(path)
        # A full disk is not an error: clients then check less.
        with suppress(OSError):
            os.ftruncate(lock._descriptor, 0)
            os.write(lock._descriptor, text)
        return lock

    @classmethod
    def on_directory(cls, path: Path, file: Path) -> "FileLock":
        """Lock a directory; `file` has the text of its holder.

        Raises:
            AlreadyRunning: another process holds it.
            OSError: it cannot be read, or not be locked there.
        """
        lock = cls(path, os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        lock._take(file)
        return lock

    def _take(self, file: Path) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            if error.errno not in _TAKEN:
                raise
            raise AlreadyRunning(_running_message(file, self._path)) from None

    def close(self) -> None:
        """Release the lock.

        The file stays: if it were removed, two daemons could lock two different files.
        """
        os.close(self._descriptor)

    def __repr__(self) -> str:
        return f"<FileLock of {self._path}>"


class DataLock:
    """The lock of the data directory. `run` takes the file's, if it could not be taken at once."""

    def __init__(self, directory: Path, text: bytes) -> None:
        """Lock the directory.

        Raises:
            AlreadyRunning: another daemon has it.
            AddressError: neither the directory nor the file can be locked.
        """
        self._file = directory / "aircherd.lock"
        self._text = text
        self._directory_lock = self._lock_directory(directory)
        self._file_lock: FileLock | None = None
        try:
            self._file_lock = FileLock.on_file(self._file, text)
        except OSError as error:
            if error.errno not in _IS_READ_ONLY:
                self.close()
                raise
            if self._directory_lock is None:
                raise AddressError(f"cannot lock {directory}: {error.strerror}") from None
            log.warning("data_directory_not_writable", file=str(self._file), reason=error.strerror)
        except AlreadyRunning:
            self.close()
            raise

    @property
    def is_complete(self) -> bool:
        """Whether the file says which daemon holds the directory."""
        return self._file_lock is not None

    async def run(self) -> None:
        """Take the file's lock as soon as it can be written."""
        while self._file_lock is None:
            await trio.sleep(RETRY_SECONDS)
            # Not in a thread: a few system calls, and only while the directory is not writable.
            with suppress(OSError, AlreadyRunning):  # an earlier version locks the file only
                self._file_lock = FileLock.on_file(self._file, self._text)
                log.info("data_directory_writable", file=str(self._file))

    def close(self) -> None:
        """Release the locks."""
        for lock in (self._file_lock, self._directory_lock):
            if lock is not None:
                lock.close()

    def _lock_directory(self, directory: Path) -> FileLock | None:
        try:
            return FileLock.on_directory(directory, self._file)
        except OSError:
            return None  # a file system without such locks, or no right to read: the file decides

    def __repr__(self) -> str:
        return f"<DataLock {self._directory_lock}, {self._file_lock}>"


def _running_message(file: Path, locked: Path) -> str:
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_TEXT).decode(errors="replace")
    except OSError:
        text = ""
    pid, where = (*text.split("\n"), "")[:2]
    where = where or "an unknown socket"
    return (
        f"another aircherd is running (process {pid or 'unknown'}, socket {where}); it holds "
        f"{locked}. Use it (AIRCHER_SOCKET={where}) or stop it: aircher-cli daemon stop"
    )
