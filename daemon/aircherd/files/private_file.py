"""Files that nobody else may read or swap: opened without following links, written all or nothing.

    write:  temp file 0600 -> fsync -> rename over the old one -> fsync of the directory
             a crash before the rename leaves the old file, one after it the new file

The temporary file has one fixed name, so what a crash left behind is gone with the next write. That
is enough because one daemon owns the directory (the daemon's locks see to it).
"""

import errno
import os
import stat
from pathlib import Path

OPEN_TO_OTHERS = 0o077
"""Others may neither read nor write: for secrets."""
WRITABLE_BY_OTHERS = 0o022
"""Others may read: for lists that must be true but are not secret."""


class FileRefused(Exception):
    """A file is not what it should be; the message says why and what to do, never what is in it."""


class FileClosed(FileRefused):
    """The file itself may be right: what stands in its way can be mended where it lies."""


def read_private(path: Path, *, uid: int, forbidden: int) -> bytes | None:
    """Return what is in the file, None when there is no file.

    The checks look at the file that was opened, not at its name: nothing can be swapped between.

    Args:
        path: where the file is.
        uid: whose it must be.
        forbidden: mode bits it must not have.

    Raises:
        FileRefused: a symlink, not a file, or another user's.
        FileClosed: open to others, or unreadable.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not block us
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _not_opened(path, error) from error
    with os.fdopen(descriptor, "rb") as file:
        _check(path, os.fstat(descriptor), uid=uid, forbidden=forbidden)
        return file.read()


def write_private(path: Path, content: bytes, *, uid: int) -> None:
    """Put `content` in place of the file, 0600, all or nothing; make its directory if need be.

    Raises:
        FileRefused: the directory is not ours alone to write, or there is no room, or no right.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_directory(path.parent, uid=uid)
        _replace(path, content)
    except OSError as error:
        raise FileRefused(f"{path} cannot be written: {error.strerror}") from error


def check_writable(path: Path, *, uid: int) -> None:
    """Check that `write_private` would probably succeed, without touching anything.

    Raises:
        FileRefused: it would not.
    """
    parent = path.parent
    while not parent.exists():
        parent = parent.parent
    if parent == path.parent:
        _check_directory(parent, uid=uid)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise FileRefused(f"{path} cannot be written: no right to write in {parent}")


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check(path: Path, found: os.stat_result, *, uid: int, forbidden: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise FileRefused(f"{path} is not a file: move it away")
    if found.st_uid != uid:
        raise FileRefused(f"{path} belongs to another user (uid {found.st_uid}): move it away")
    if found.st_mode & forbidden:
        mode = stat.S_IMODE(found.st_mode)
        raise FileClosed(f"{path} is open to other users (mode {mode:04o}): chmod 600 {path}")


def _check_directory(directory: Path, *, uid: int) -> None:
    """Who may write in the directory may swap the file: so nobody but us may."""
    found = directory.stat()
    if found.st_uid != uid:
        raise FileRefused(f"{directory} belongs to another user (uid {found.st_uid})")
    if found.st_mode & WRITABLE_BY_OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise FileRefused(
            f"other users may write in {directory} (mode {mode:04o}): chmod 700 {directory}"
        )


def _not_opened(path: Path, error: OSError) -> FileRefused:
    if error.errno == errno.ELOOP:
        return FileRefused(
            f"{path} is a symlink, which could lead anywhere: put the file itself there"
        )
    return FileClosed(f"{path} cannot be read: {error.strerror}")
