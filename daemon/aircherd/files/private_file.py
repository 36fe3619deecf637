"""Private files: no other user may read or swap them.

They are opened without following links and written atomically (`atomic_file.write_data`). The
temporary file has a fixed name, which is safe because only one daemon uses the directory; its
locks ensure that.
"""

import errno
import os
import stat
from pathlib import Path

from aircher_wire.atomic_file import NO_FOLLOW_READ, write_data
from aircher_wire.directories import WRITABLE_BY_OTHERS, make_private_directory


class FileRefused(Exception):
    """A file fails a check; the message says why and what to do, and never quotes the content."""


class FileClosed(FileRefused):
    """The content may be good; the obstacle (mode, access rights) can be fixed in place."""


def read_private(path: Path, *, uid: int, forbidden: int) -> bytes | None:
    """Return the content of the file, None if there is no file.

    The checks apply to the opened file, not to its name, so it cannot be swapped in between.

    Args:
        path: the file.
        uid: the user that must own it.
        forbidden: mode bits that must not be set.

    Raises:
        FileRefused: it is a symlink, not a regular file, or owned by another user.
        FileClosed: it is open to others, or unreadable.
    """
    try:
        descriptor = os.open(path, NO_FOLLOW_READ)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _open_error(path, error) from error
    with os.fdopen(descriptor, "rb") as file:
        check_file(path, os.fstat(descriptor), uid=uid, forbidden=forbidden)
        return file.read()


def write_private(path: Path, content: bytes, *, uid: int) -> None:
    """Replace the file atomically, mode 0600; create its directory if it is missing.

    Raises:
        FileRefused: other users may write in the directory, or the file cannot be written.
    """
    try:
        make_private_directory(path.parent)
        _check_directory(path.parent, uid=uid)
        write_data(path, content)
    except OSError as error:
        raise FileRefused(f"{path} cannot be written: {error.strerror}") from error


def check_writable(path: Path, *, uid: int) -> None:
    """Check that `write_private` would probably succeed, without writing anything.

    Raises:
        FileRefused: it would fail.
    """
    parent = path.parent
    while not parent.exists():
        parent = parent.parent
    if parent == path.parent:
        _check_directory(parent, uid=uid)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise FileRefused(f"{path} cannot be written: no permission to write in {parent}")


def check_file(path: Path, found: os.stat_result, *, uid: int, forbidden: int) -> None:
    """Check the status of an opened file.

    Raises:
        FileRefused, FileClosed: as in `read_private`.
    """
    if not stat.S_ISREG(found.st_mode):
        raise FileRefused(f"{path} is not a file: move it away")
    if found.st_uid != uid:
        raise FileRefused(f"{path} belongs to another user (uid {found.st_uid}): move it away")
    if found.st_mode & forbidden:
        mode = stat.S_IMODE(found.st_mode)
        raise FileClosed(f"{path} is open to other users (mode {mode:04o}): chmod 600 {path}")


def _check_directory(directory: Path, *, uid: int) -> None:
    """Check that no other user may write in the directory, and so swap the file."""
    found = directory.stat()
    if found.st_uid != uid:
        raise FileRefused(f"{directory} belongs to another user (uid {found.st_uid})")
    if found.st_mode & WRITABLE_BY_OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise FileRefused(
            f"other users may write in {directory} (mode {mode:04o}): chmod 700 {directory}"
        )


def _open_error(path: Path, error: OSError) -> FileRefused:
    if error.errno == errno.ELOOP:
        return FileRefused(
            f"{path} is a symlink, which could point anywhere: put the file itself there"
        )
    return FileClosed(f"{path} cannot be read: {error.strerror}")
