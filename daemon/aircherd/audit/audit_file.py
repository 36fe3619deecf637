"""The file of the audit log: lines of JSON that are only appended, and two older files of it.

    audit.jsonl -> audit.jsonl.1 -> audit.jsonl.2 -> removed

A rotation happens before a write, so each has at most `MAX_BYTES` and one write.
Everything here blocks: call it in a thread.
"""

import itertools
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from aircher_wire.directories import make_private_directory

MAX_BYTES = 4 * 1024 * 1024
"""Of one file; a larger one is rotated."""
OLDER = 2
"""Files that are kept beside the current one."""

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC

Line = dict[str, object]


def append(path: Path, lines: Sequence[Line]) -> None:
    """Write lines at the end of the file, mode 0600.

    Raises:
        OSError: it cannot be written.
    """
    data = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    make_private_directory(path.parent)
    _rotate(path)
    descriptor = os.open(path, _APPEND, 0o600)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)


def read(path: Path) -> Iterator[Line]:
    """Yield all lines, the oldest first. What is not a line of this log is left out."""
    for each in reversed(_files(path)):
        try:
            content = each.read_bytes() if stat.S_ISREG(each.lstat().st_mode) else b""
        except OSError:
            continue
        for text in content.split(b"\n"):
            try:
                line = msgspec.json.decode(text) if text else None
            except msgspec.DecodeError:
                continue  # it was being written when the power failed
            if isinstance(line, dict) and isinstance(line.get("at"), int | float):
                yield line


def _files(path: Path) -> list[Path]:
    """Return the current file and the older ones, the newest first."""
    return [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, OLDER + 1))]


def _rotate(path: Path) -> None:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    if size < MAX_BYTES:
        return
    files = _files(path)
    for newer, older in reversed(list(itertools.pairwise(files))):
        if newer.exists():
            newer.replace(older)
