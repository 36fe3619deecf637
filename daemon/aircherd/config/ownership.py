"""Decide whether a configuration file can be trusted: it may name commands that the daemon runs.

The file belongs to the user or to root, and no other user may write it. Other users may read it:
there is no key in it. A link into a store of root's, as home-manager makes, is fine.

Imported only for files that need a closer check than their owner and mode.
"""

import os
import shlex
import stat
from pathlib import Path

from aircher_wire.owners import ROOT, is_own_group, is_unmapped_root


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
