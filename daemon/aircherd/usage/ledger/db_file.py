"""The ledger's file on the disk: private, and moved aside as a whole if it is damaged.

SQLite gives the files next to it (`-wal`, `-shm`, `-journal`) the mode of the database.
"""

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

from aircher_wire.directories import make_private_directory, write_problem
from aircherd.usage.time_buckets import clamp_time

SIDE_FILES = ("-wal", "-shm", "-journal")
NETWORK_FILE_SYSTEMS = frozenset(
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
"""File systems that other machines may use at the same time."""
HEADER_BYTES = 100
MOUNTS = Path("/proc/self/mountinfo")


def make_private(path: Path) -> None:
    """Create the file and its directory if needed, and set the file's mode to 0600.

    Call it while no connection is open: closing a descriptor releases SQLite's locks.

    Raises:
        OSError: it cannot be written, is a symlink, or is not our file.
    """
    make_private_directory(path.parent)
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


def explain(path: Path, error: OSError) -> str:
    """Return why a file cannot be used, and what to do if it is about rights."""
    found = None
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        found = write_problem(path, "XDG_DATA_HOME", os.getuid())
    if found is None:
        return error.strerror or str(error)
    return ": ".join(found).replace(f"{path} ", "it ", 1)


def has_no_space(path: Path) -> bool:
    """Return whether its disk is full: SQLite often has another name for it."""
    try:
        return os.statvfs(path.parent).f_bavail == 0
    except OSError:
        return False


def is_truncated(path: Path) -> bool:
    """Return whether less than a database's header is left, which SQLite would take for new.

    An empty file counts if a log is next to it, which SQLite would delete.
    """
    log = _side_file(path, "-wal")
    size = path.stat().st_size or (log.exists() and log.stat().st_size)
    return path.stat().st_size < HEADER_BYTES and size > 0


def set_aside(path: Path, at: float) -> Path:
    """Move a database and the files next to it aside; return its new path.

    Raises:
        OSError: it cannot be moved; files next to it may have been left behind.
    """
    aside = _free_name(path, at)
    path.rename(aside)
    for suffix in SIDE_FILES:
        if _side_file(path, suffix).exists():
            _side_file(path, suffix).rename(_side_file(aside, suffix))
    return aside


def remove_shared_memory(path: Path) -> None:
    """Remove the file that reading the version left: an exclusive lock needs no shared memory."""
    _side_file(path, "-shm").unlink(missing_ok=True)


def is_on_network(path: Path) -> bool:
    """Return whether the file is on a network file system."""
    try:
        mounts = MOUNTS.read_text(errors="surrogateescape")
    except OSError:
        return False
    return is_network_device(mounts, path.stat().st_dev)


def is_network_device(mounts: str, device: int) -> bool:
    """Return whether `mounts` (the format of proc(5)) has `device` on a network file system."""
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.splitlines():
        mount, _, file_system = line.partition(" - ")
        if mount.split()[2:3] == [number]:
            return (
                file_system.split()[:1][0] in NETWORK_FILE_SYSTEMS if file_system.split() else False
            )
    return False


def _free_name(path: Path, at: float) -> Path:
    stamp = datetime.fromtimestamp(clamp_time(at), UTC).strftime("%Y%m%dT%H%M%SZ")
    aside, number = path.with_name(f"{path.name}.damaged-{stamp}"), 1
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    return aside


def _side_file(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
