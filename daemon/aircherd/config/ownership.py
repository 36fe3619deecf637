"""Decide whether a configuration file can be trusted: it may name commands that the daemon runs.

The file belongs to the user or to root, and no other user may write it. Other users may read it:
there is no key in it. A link into a store of root's, as home-manager makes, is fine.

Imported only for files that need a closer check than their owner and mode.
"""

import os
import shlex
import stat
from pathlib import Path

from aircher_wire.directories import ROOT
from aircherd.files.private_directory import is_own_group

_UID_MAP = Path("/proc/self/uid_map")
_OVERFLOW_UID = Path("/proc/sys/kernel/overflowuid")


def distrust_reason(path: Path, found: os.stat_result, uid: int) -> tuple[str, str] | None:
    """Return why the open file at `path` must not be used, and what to do; None if it may.

    Args:
        path: Its name in the message.
        found: The status of the opened file.
        uid: The user of the daemon.
    """
    name = shlex.quote(str(path))
    if found.st_uid not in (uid, ROOT) and not is_unmapped_root(found.st_uid):
        return (
            f"belongs to another user (uid {found.st_uid}), who could make aircher run commands",
            f"take it over: sudo chown {uid} {name}",
        )
    others = stat.S_IWOTH
    if not is_own_group(found.st_gid, found.st_uid):
        others |= stat.S_IWGRP
    if found.st_mode & others:
        sudo = "" if found.st_uid == uid else "sudo "
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        return (
            f"can be changed by other users (mode {mode}), who could make aircher run commands",
            f"run: {sudo}chmod go-w {name}",
        )
    return None


def is_unmapped_root(
    owner: int, uid_map: Path = _UID_MAP, overflow_uid: Path = _OVERFLOW_UID
) -> bool:
    """Return whether `owner` may be root in a user namespace that has no root.

    A hardened service runs in one: there, files of all other users belong to the overflow user.
    """
    try:
        ranges = [line.split() for line in uid_map.read_text().splitlines()]
        return not any(int(first) == ROOT for first, _, _ in ranges) and owner == int(
            overflow_uid.read_text()
        )
    except (OSError, ValueError):
        return False  # not Linux
