"""One file of a service: absent, ours, changed by the user, or not ours; writing and removing.

A file that is not ours is only replaced with --force, and a copy is kept. So is a copy of one of
ours that the user has changed.
"""

import enum
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from aircher_cli.exit_codes import CommandFailed


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
    """Return the text of a file, None if there is none. A link to nowhere is an empty file.

    Raises:
        CommandFailed: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return "" if path.is_symlink() else None
    except NotADirectoryError:
        return None
    except OSError as error:
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
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandFailed(
            f"cannot write {path}: {error.strerror}. Nothing can be installed until this directory "
            "can be written"
        ) from None


def back_up(path: Path) -> Path:
    """Move a file aside and return its new path.

    Raises:
        CommandFailed: it cannot be moved.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    copy = path.with_name(f"{path.name}.{stamp}.bak")
    try:
        path.rename(copy)
    except OSError as error:
        raise CommandFailed(f"cannot move {path} aside: {error.strerror}") from None
    return copy


def remove(path: Path) -> None:
    """Remove a file and then the directories above it that are empty, up to `systemd`.

    Raises:
        CommandFailed: it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CommandFailed(f"cannot remove {path}: {error.strerror}") from None


def remove_empty(folders: list[Path]) -> None:
    """Remove those of the folders that are empty."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            continue  # it holds files that are not ours, or does not exist
