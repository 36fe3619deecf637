"""Writes the file of the audit log: lines of JSON that are only appended, and two older files.

    audit.jsonl -> audit.jsonl.1 -> audit.jsonl.2 -> removed

A rotation happens before a write, so each has at most `MAX_BYTES` and one write. They are read by
`aircher_wire.audit_lines`.
Everything here blocks: call it in a thread.
"""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from aircher_wire.audit_lines import Line, files
from aircher_wire.directories import make_private_directory

MAX_BYTES = 4 * 1024 * 1024
"""Of one file; a larger one is rotated."""
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


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


def _rotate(path: Path) -> None:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    if size < MAX_BYTES:
        return
    for newer, older in reversed(list(itertools.pairwise(files(path)))):
        if newer.exists():
            newer.replace(older)
