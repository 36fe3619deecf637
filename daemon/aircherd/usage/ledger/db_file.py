"""Where the ledger's file lies: for us alone, moved aside whole when it is damaged.

SQLite gives the files beside it (`-wal`, `-shm`, `-journal`) the mode of the database.
"""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

from aircherd.usage.time_buckets import sane

SIDE_FILES = ("-wal", "-shm", "-journal")
NETWORK = frozenset(
    [
        "9p",
        "afs",
        "ceph",
        "cifs",
        "coda",
        "fuse.sshfs",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    ]
)
"""File systems whose files another machine may have open."""
HEAD_BYTES = 100
MOUNTS = Path("/proc/self/mountinfo")


def make_private(path: Path) -> None:
    """Make the file and its directory if need be, and the file 0600.

    Call it while no connection is open: closing a descriptor gives up SQLite's locks.

    Raises:
        OSError: it cannot be written, is a symlink, or is not a file of ours.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o600)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise FileExistsError("it is not a file: move it away")
        if stat.S_IMODE(found.st_mode) != 0o600:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def is_cut_off(path: Path) -> bool:
    """Return whether less than the head of a database is left of it, which SQLite takes for new.

    Of nothing at all, a log beside it is left, and SQLite would throw that away.
    """
    log = _beside(path, "-wal")
    size = path.stat().st_size or (log.exists() and log.stat().st_size)
    return path.stat().st_size < HEAD_BYTES and size > 0


def set_aside(path: Path, at: float) -> Path:
    """Move a database and the files beside it out of the way; return its new path.

    Raises:
        OSError: it cannot be moved; it may have lost files beside it.
    """
    aside = _free_name(path, at)
    path.rename(aside)
    for suffix in SIDE_FILES:
        if _beside(path, suffix).exists():
            _beside(path, suffix).rename(_beside(aside, suffix))
    return aside


def remove_shared(path: Path) -> None:
    """Remove what a look at the file left: who holds it alone shares no memory with others."""
    _beside(path, "-shm").unlink(missing_ok=True)


def is_on_network(path: Path) -> bool:
    """Return whether the file lies on a network file system."""
    try:
        mounts = MOUNTS.read_text(errors="surrogateescape")
    except OSError:
        return False
    return is_network_device(mounts, path.stat().st_dev)


def is_network_device(mounts: str, device: int) -> bool:
    """Return whether `mounts`, in the form of proc(5), has `device` on a network file system."""
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.splitlines():
        where, _, what = line.partition(" - ")
        if where.split()[2:3] == [number]:
            return what.split()[:1][0] in NETWORK if what.split() else False
    return False


def _free_name(path: Path, at: float) -> Path:
    stamp = datetime.fromtimestamp(sane(at), UTC).strftime("%Y%m%dT%H%M%SZ")
    aside, number = path.with_name(f"{path.name}.damaged-{stamp}"), 1
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    return aside


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
