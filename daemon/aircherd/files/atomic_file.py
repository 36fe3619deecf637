"""Read and write files whole: a reader sees the old content or the new, and never half of it.

temporary file beside it -> fsync -> rename over the old one -> fsync of the directory

The last step alone may fail with the new file in place: it is there for all to read, but the old
one may be back after a power cut. Whoever stops waiting for a disk that hangs may have done so
after the rename, too; `worker.DiskSilent` says whether it can be.

Two kinds of files, and what a link in their place means:

    the user's own         `write_whole`   followed: people keep their configuration elsewhere, and
                                           the link is theirs
    the daemon's own data  `write_data`    replaced by a file, and never read: the daemon makes no
                           `read_data`     links, and who put one there wants another file of the
                                           user's read, or overwritten

The data directory itself may be a link.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

MOST_BYTES = 64 * 1024 * 1024
"""A data file that is larger is none of ours."""


def _always() -> None:
    """Let the file be replaced."""


def write_whole(
    path: Path, content: bytes, *, mode: int = 0o600, check: Callable[[], None] = _always
) -> None:
    """Put `content` in place of the file at `path`, which keeps its mode; a new one gets `mode`.

    A link is followed: the file it leads to is replaced, and the link stays. A missing directory
    is made, for its owner only. `check` is called right before the file is replaced; if it raises,
    nothing is.

    Raises:
        OSError: it cannot be written; the old file is as it was, but for the last step (see above).
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        mode = target.stat().st_mode & 0o7777
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    _fill_and_rename(descriptor, Path(name), target, content, mode=mode, check=check)


def write_data(path: Path, content: bytes, check: Callable[[], None] = _always) -> None:
    """Put `content` in place of a data file, 0600; make its directory if need be.

    Not twice at the same time: the temporary file has one fixed name, so that what a crash left
    behind is gone with the next write. `check` as for `write_whole`.

    Raises:
        OSError: as for `write_whole`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    _fill_and_rename(descriptor, temporary, path, content, mode=0o600, check=check)


def read_data(path: Path) -> bytes:
    """Return what is in a data file.

    Raises:
        OSError: there is none, it cannot be read, or it is a link, a pipe or no file at all.
    """
    # Not blocking: a pipe would wait for its other end, and we with it.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            raise OSError(0, "it is no file of ours: move it away", str(path))
        return file.read()


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
    _sync(target.parent)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
