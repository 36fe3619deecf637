# ruff: noqa: PTH100, PTH115, PTH118, PTH123 -- no pathlib on the way to the socket
"""Finds users who could replace what is at a path: owners and modes of the directories above it.

Clients check these before they connect, the daemon before it listens or reads a configuration. The
checks begin at the root. Each directory that passes can only be changed by the user and by root, so
no other user can swap a part of the path that has been checked.
"""

from __future__ import annotations

import os
import shlex
import stat

ROOT = 0

MAX_LINKS = 40
"""The kernel follows no more."""
UID_MAP = "/proc/self/uid_map"
OVERFLOW_UID = "/proc/sys/kernel/overflowuid"


def find_open_parent(path: str, uid: int) -> tuple[str, str] | None:
    """Return why other users could replace what is at `path`, and what to do; None if none can.

    Every directory above `path` is checked, and those above the target of each symbolic link on the
    way. They belong to `uid` or root, and no other user may write in them; one with the sticky bit,
    such as /tmp, may be open, because the kernel lets only owners replace what is in it. The last
    part of the path is not checked; nothing is if it does not exist.
    """
    current, links = "/", 0
    left = _parts(os.path.abspath(path))
    try:
        fault = _fault("/", os.lstat("/"), uid)
        while left and fault is None:
            name = left.pop()
            if name == "..":
                current = os.path.dirname(current)  # noqa: PTH120 -- as above
                continue
            here = os.path.join(current, name)
            found = os.lstat(here)
            if stat.S_ISLNK(found.st_mode):
                fault = None if _is_trusted(found.st_uid, uid) else _foreign(here, found.st_uid)
                target = os.readlink(here)
                current = "/" if target.startswith("/") else current
                left += _parts(target)
                links += 1
                if links > MAX_LINKS:
                    return None  # no one can open it
            elif left:
                fault = _fault(here, found, uid)
                current = here
    except OSError:
        return None  # it does not exist, or no one can open it
    return fault


def _parts(path: str) -> list[str]:
    """Return the names in a path, the last one first."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


def _fault(directory: str, found: os.stat_result, uid: int) -> tuple[str, str] | None:
    if not _is_trusted(found.st_uid, uid):
        return _foreign(directory, found.st_uid)
    mode = found.st_mode
    if not mode & (stat.S_IWGRP | stat.S_IWOTH) or mode & stat.S_ISVTX:
        return None
    if not mode & stat.S_IWOTH and is_own_group(found.st_gid, found.st_uid):
        return None
    sudo = "" if found.st_uid == uid else "sudo "
    return (
        f"other users may write in {directory} (mode {stat.S_IMODE(mode):04o})",
        f"run: {sudo}chmod go-w {shlex.quote(directory)}",
    )


def _foreign(path: str, owner: int) -> tuple[str, str]:
    return f"{path} belongs to another user (uid {owner})", "choose a place that is yours alone"


def _is_trusted(owner: int, uid: int) -> bool:
    return owner in (uid, ROOT) or is_unmapped_root(owner)


def is_own_group(gid: int, uid: int) -> bool:
    """Return whether the user is alone in the group, as in the private groups of most systems."""
    import grp  # noqa: PLC0415 -- only for what its group may write
    import pwd  # noqa: PLC0415

    try:
        group, user = grp.getgrgid(gid), pwd.getpwuid(uid)
    except KeyError:
        return False
    return group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def is_unmapped_root(
    owner: int,
    uid_map: str | os.PathLike[str] = UID_MAP,
    overflow_uid: str | os.PathLike[str] = OVERFLOW_UID,
) -> bool:
    """Return whether `owner` may be root in a user namespace that has no root.

    A hardened service runs in one: there, files of all other users belong to the overflow user.
    """
    try:
        with open(uid_map, encoding="ascii") as file:
            ranges = [line.split() for line in file]
        with open(overflow_uid, encoding="ascii") as file:
            overflow = int(file.read())
        has_root = any(int(first) == ROOT for first, _, _ in ranges)
    except (OSError, ValueError):
        return False  # not Linux
    return not has_root and owner == overflow
