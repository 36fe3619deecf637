"""One file of a service: absent, ours, changed by the user, or not ours; writing and removing.

A file that is not ours is only replaced with --force, and a copy is kept. So is a copy of one of
ours that the user has changed.
"""

import enum
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from aircher_cli.exit_codes import CommandFailed
from aircher_wire.atomic_file import unfinished, write_data

COPY = ".bak"
"""The end of a copy's name, which systemd does not read."""


class State(enum.Enum):
    """Whose file it is."""

    ABSENT = enum.auto()
    OURS = enum.auto()
    CHANGED = enum.auto()
    FOREIGN = enum.auto()


class Ownership(NamedTuple):
    """How to recognise a text of ours, and one that is still as we wrote it."""

    is_ours: Callable[[str], bool]
    is_unchanged: Callable[[str], bool]


def read(path: Path) -> str | None:
    """Return the text of a file, None if there is none. Anything but a file is an empty one.

    Raises:
        CommandFailed: it cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return ""  # a directory, a pipe, /dev/null
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except NotADirectoryError:
        return None
    except FileNotFoundError:
        return "" if path.is_symlink() else None
    except OSError as error:
        if path.is_symlink():  # to itself, or into a directory that is closed to us
            return ""
        raise CommandFailed(f"cannot read {path}: {error.strerror}") from None


def state(path: Path, ownership: Ownership) -> State:
    """Return whose file is at `path`. A symlink is never ours: `systemctl mask` makes one.

    Raises:
        CommandFailed: it cannot be read.
    """
    text = read(path)
    if text is None:
        return State.ABSENT
    if path.is_symlink() or not ownership.is_ours(text):
        return State.FOREIGN
    return State.OURS if ownership.is_unchanged(text) else State.CHANGED


def write(path: Path, text: str) -> None:
    """Write a file atomically, with the usual mode of units.

    Raises:
        CommandFailed: it cannot be written.
    """
    try:
        write_data(path, text.encode(), mode=0o644)
    except OSError as error:
        raise CommandFailed(
            f"cannot write {path}: {error.strerror}. Nothing can be installed until this directory "
            "can be written"
        ) from None


def written_at(path: Path) -> float:
    """Return when a file was written, in seconds of the wall clock; 0 if there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def touch(path: Path) -> None:
    """Let a file appear as just written, if it exists and can be."""
    with suppress(OSError):
        os.utime(path)


def back_up(path: Path) -> Path:
    """Move a file aside and return its new path.

    Raises:
        CommandFailed: it cannot be moved.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (f"{path.name}.{stamp}{more}{COPY}" for more in ("", *(f"-{n}" for n in range(2, 100))))
    copy = next(copy for copy in map(path.with_name, names) if not os.path.lexists(copy))
    try:
        path.rename(copy)
    except OSError as error:
        raise CommandFailed(f"cannot move {path} aside: {error.strerror}") from None
    return copy


def remove(path: Path) -> None:
    """Remove a file, and what a crash has left of writing it.

    Raises:
        CommandFailed: it cannot be removed.
    """
    try:
        for each in (unfinished(path), path):
            if os.path.lexists(each):  # else a read-only file system would refuse even that
                each.unlink(missing_ok=True)
    except OSError as error:
        raise CommandFailed(f"cannot remove {path}: {error.strerror}") from None


def remove_empty(folders: list[Path]) -> None:
    """Remove those of the folders that are empty."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            continue  # it holds files that are not ours, or does not exist
