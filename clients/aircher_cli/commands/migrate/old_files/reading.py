"""Read an old file without trusting it: its owner, its kind and its size are checked first."""

import errno
import os
import stat

MAX_BYTES = 1024 * 1024
"""The earlier aircher wrote a few KiB; a larger file is not its."""

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class Unreadable(Exception):
    """A file was not read; the message says why and what to do, without its path."""


def read_file(path: str, uid: int) -> bytes:
    """Return the content of an old file that belongs to `uid`.

    A link is followed: people keep such files elsewhere and link to them, sometimes to a place of
    root's, such as a package store. Opening never blocks, not even a named pipe.

    Raises:
        Unreadable: it belongs to another user, is no regular file, too large, or unreadable.
        FileNotFoundError: there is no such file.
    """
    try:
        check_owner(path, os.lstat(path), uid)
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno == errno.ENOENT and os.path.islink(path):  # noqa: PTH114 - strings here
            raise Unreadable("is a link to a file that does not exist: remove the link") from None
        if error.errno == errno.ENOENT:
            raise
        raise Unreadable(f"cannot be read: {error.strerror}. Check its mode") from None
    try:
        _check_file(os.fstat(descriptor), uid)
        # Not `fdopen`, which raises for a directory and would leave the descriptor open.
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)


def _check_file(found: os.stat_result, uid: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable("is not a regular file: move it away")
    if found.st_uid not in (uid, 0):
        raise Unreadable(_other_owner(found.st_uid, uid))
    if found.st_size > MAX_BYTES:
        raise Unreadable(f"is larger than {MAX_BYTES // 1024} KiB: check what it is")


def check_owner(path: str, found: os.stat_result, uid: int) -> None:
    """Check that a file or directory, and the directory it is in, belong to `uid`.

    Raises:
        Unreadable: one of them belongs to another user.
        OSError: the directory cannot be checked.
    """
    for entry in (found, os.lstat(os.path.dirname(path))):  # noqa: PTH120 - strings here
        if entry.st_uid != uid and not (entry is not found and entry.st_uid == 0):
            raise Unreadable(_other_owner(entry.st_uid, uid))


def _other_owner(owner: int, uid: int) -> str:
    return f"belongs to user {owner}, not to you ({uid}): run this command as that user"
