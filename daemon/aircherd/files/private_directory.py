"""Prepares the daemon's directories: created with mode 0700, closed to other users.

    data, state, cache   ours alone: an existing one is closed (the earlier aircher and a shell's
                         mkdir leave them readable); one that others may have written to is refused
    home                 the user's own: one that others can read gets a warning, as dotfiles often
                         are readable; one that they can write is refused, since the config in it
                         names commands that the daemon runs

A directory may be a symbolic link: the checks apply to its target. The socket's directory has
stricter rules (`aircher_wire.address.check_directory`).
"""

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

import structlog

from aircher_wire.address import AddressError
from aircher_wire.directories import OPEN_TO_OTHERS, failure_reason, make_private_directory
from aircher_wire.owners import find_open_parent, is_own_group

log = structlog.get_logger()


def check_directories(home: Path, own: Iterable[Path]) -> None:
    """Check the home, and those directories of the daemon that exist.

    Raises:
        AddressError: one of them cannot be trusted.
    """
    uid = os.getuid()
    check_home(home, uid)
    for directory in own:
        if directory.exists():
            prepare_own_directory(directory, uid)


def prepare_own_directory(directory: Path, uid: int) -> None:
    """Create a directory of the daemon, or check an existing one and close it to other users.

    Raises:
        AddressError: it cannot be created, belongs to another user, or others may write in it or
            replace it.
    """
    try:
        make_private_directory(directory)
        found = directory.stat()
    except OSError as error:
        reason = failure_reason(directory, error, uid)
        if error.errno == errno.EROFS:
            reason += ". A hardened service cannot create it: run 'aircher-cli daemon install'"
        raise AddressError(f"cannot create {directory}: {reason}") from None
    if found.st_uid != uid:
        raise AddressError(
            f"{directory} belongs to user {found.st_uid}, and you are user {uid}. Take it over: "
            f"sudo chown -R {uid} {directory}"
        )
    _refuse_writable(directory, found, uid)
    if open_parent := find_open_parent(str(directory), uid):
        why, cure = open_parent
        raise AddressError(f"other users could replace {directory}: {why}. To close it, {cure}")
    if found.st_mode & OPEN_TO_OTHERS:
        _close(directory, f"{stat.S_IMODE(found.st_mode):04o}")


def _close(directory: Path, mode: str) -> None:
    try:
        directory.chmod(0o700)
    except OSError as error:  # a read-only file system; each file with a key is closed itself
        log.warning("directory_open", directory=str(directory), mode=mode, reason=error.strerror)
    else:
        log.info("directory_closed", directory=str(directory), mode_before=mode)


def check_home(directory: Path, uid: int) -> None:
    """Check the home with the config; it need not exist.

    Raises:
        AddressError: other users may write in it.
    """
    try:
        found = directory.stat()
    except OSError:
        return
    _refuse_writable(directory, found, uid)
    if found.st_mode & OPEN_TO_OTHERS:
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        log.warning("home_readable", home=str(directory), mode=mode, hint=f"chmod 700 {directory}")


def _refuse_writable(directory: Path, found: os.stat_result, uid: int) -> None:
    others = stat.S_IWOTH
    if not is_own_group(found.st_gid, uid):
        others |= stat.S_IWGRP
    if found.st_mode & others:
        mode = stat.S_IMODE(found.st_mode)
        raise AddressError(
            f"other users may write in {directory} (mode {mode:04o}), and could replace what is in "
            f"it. Close it: chmod 700 {directory}"
        )
