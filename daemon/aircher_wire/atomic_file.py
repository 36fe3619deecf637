"""Write files atomically: a reader sees the old content or the new content, never a mix.

temporary file in the same directory -> fsync -> rename over the old file -> fsync the directory

If only the last step fails, the new file is in place and readable, but a power failure may bring
the old one back. A caller that stops waiting for a hanging disk may do so after the rename, too;
`file_worker.DiskTimeout.may_change` says whether that is possible.

There are two kinds of files, which differ in how a symbolic link at their path is treated:

    the user's own files    `write_user_file`   followed: people keep their configuration elsewhere
                                                and link to it
    the program's own data  `write_data`        replaced by a file, never read: the program creates
                            `read_data`         no links, so a link there is an attempt to have
                                                another file of the user read or overwritten

The directory of the data may be a link.
"""

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from aircher_wire.directories import make_private_directory

LEFTOVER_AGE = 600.0
"""Seconds after which a temporary file of `write_user_file` was left by a killed program."""

MAX_DATA_BYTES = 64 * 1024 * 1024
"""A larger file was not written by the daemon."""

NO_FOLLOW_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Flags to open a file that must be a regular file: follows no link, does not block on a pipe."""


def _no_check() -> None:
    """Allow the replacement."""


def write_user_file(
    path: Path, content: bytes, *, mode: int = 0o600, check: Callable[[], None] = _no_check
) -> None:
    """Replace the user's file at `path`; it keeps its mode and group, a new file gets `mode`.

    A symbolic link is followed: its target is replaced and the link stays. A missing directory is
    created with mode 0700. `check` is called right before the replacement; if it raises, nothing
    changes.

    Raises:
        OSError: the file cannot be written, or belongs to another user. The old file is unchanged,
            unless the last step failed.
    """
    target = Path(os.path.realpath(path))
    make_private_directory(target.parent)
    old = None
    with contextlib.suppress(FileNotFoundError):
        old = target.stat()
        mode = old.st_mode & 0o7777
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=_temporary_prefix(target))
    if old is not None:
        _keep_owner(descriptor, Path(name), old)
    _fill_and_rename(descriptor, Path(name), target, content, mode=mode, check=check)
    _remove_leftovers(target)


def _temporary_prefix(target: Path) -> str:
    return f".{target.name}.aircher-"


def _remove_leftovers(target: Path) -> None:
    """Remove temporary files of programs that were killed; younger ones may be in use."""
    oldest = time.time() - LEFTOVER_AGE
    with contextlib.suppress(OSError):  # the file itself is written
        for path in target.parent.iterdir():
            if path.name.startswith(_temporary_prefix(target)) and path.stat().st_mtime < oldest:
                path.unlink()


def write_data(
    path: Path, content: bytes, check: Callable[[], None] = _no_check, *, mode: int = 0o600
) -> None:
    """Replace a file of the program; create its directory with mode 0700 if it is missing.

    Must not run twice at the same time for one file: the temporary file has a fixed name, so that
    the next write removes what a crash left behind. `check` as in `write_user_file`.

    Raises:
        OSError: as in `write_user_file`.
    """
    make_private_directory(path.parent)
    temporary = unfinished(path)
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    _fill_and_rename(descriptor, temporary, path, content, mode=mode, check=check)


def unfinished(path: Path) -> Path:
    """Return the temporary file of `write_data`, which only a crash leaves behind."""
    return path.with_name(f".{path.name}.tmp")


def read_data(path: Path) -> bytes:
    """Return the content of a data file.

    Raises:
        OSError: the file is missing, unreadable, too large, or not a regular file.
    """
    with os.fdopen(os.open(path, NO_FOLLOW_READ), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_DATA_BYTES:
            raise OSError(0, "not a data file of aircher: move it away", str(path))
        return file.read()


def _keep_owner(descriptor: int, temporary: Path, old: os.stat_result) -> None:
    """Give the temporary file the owner and the group of the old file.

    Raises:
        PermissionError: the old file belongs to another user.
    """
    with contextlib.suppress(PermissionError):  # a group of which the user is no member
        os.fchown(descriptor, -1, old.st_gid)
    try:
        if os.fstat(descriptor).st_uid != old.st_uid:
            os.fchown(descriptor, old.st_uid, -1)
    except PermissionError:
        os.close(descriptor)
        temporary.unlink()
        raise PermissionError(0, f"it belongs to another user (uid {old.st_uid})") from None


def _fill_and_rename(
    descriptor: int,
    temporary: Path,
    target: Path,
    content: bytes,
    *,
    mode: int,
    check: Callable[[], None],
) -> None:
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        check()
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(target.parent)


def sync_directory(directory: Path) -> None:
    """Wait until what was renamed or removed in `directory` is on the disk.

    Raises:
        OSError: the disk fails.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
