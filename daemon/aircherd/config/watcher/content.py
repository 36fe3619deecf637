"""What a file or a directory contains, as far as two moments can be compared."""

import hashlib
import os
import stat
from pathlib import Path

import msgspec

from aircherd.config.watcher.link_chain import list_directory

MAX_READ = 1024 * 1024
"""Bytes that are compared. Of a larger file the size and the time are compared, too."""


class Content(msgspec.Struct, frozen=True):
    """The content of a file at one moment; equal if nothing differs. Holds no text of the file.

    `digest` is None if there is no content: the file is missing, unreadable, or not a file.
    `state` says which. A directory is compared by its entries.
    """

    state: tuple[object, ...]
    digest: bytes | None = None
    is_empty: bool = False


MISSING = Content(("missing",), is_empty=True)


def read_content(path: Path) -> Content:
    """Read the file at `path`, following links. Never raises, and never waits for a pipe."""
    try:
        # Checked before it is opened: opening a device can have effects.
        kind = stat.S_IFMT(path.stat().st_mode)
        if kind == stat.S_IFDIR:
            return Content(("directory", list_directory(str(path))))
        if kind != stat.S_IFREG:
            return Content(("not a file", kind))
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            data = file.read(MAX_READ + 1)
            found = os.fstat(file.fileno())
    except FileNotFoundError:
        # A link without a target is a problem, a missing file is none.
        is_link = os.path.islink(path)  # noqa: PTH114 - pathlib's raises if it changed again
        return Content(("dangling",), is_empty=True) if is_link else MISSING
    except OSError as error:
        return Content(("unreadable", error.errno))
    digest = hashlib.blake2b(data).digest()
    if len(data) > MAX_READ:
        return Content(("large", found.st_size, found.st_mtime_ns), digest)
    # The owner and the mode decide whether a configuration or a file of secrets is used.
    return Content(("file", found.st_uid, found.st_mode), digest, is_empty=not data.strip())
