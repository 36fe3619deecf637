"""What is kept of images, PDFs and sound, and how they come back.

A part with base64 `data` is kept as it is if it is small. Of a larger one that is a file, the path
and a hash are kept instead, so that conversations do not copy the user's files: when the
conversation is continued, the file is read again if it has not changed. Without a file (from a
pipe, or made by a model), it is kept up to `MAX_DATA`.

    {"type": "image", "media_type": "image/png", "kept": {"path": ..., "sha256": ..., "bytes": ...}}
"""

import os
import stat
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Sequence

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from typing import Any

    Part = dict[str, Any]
    Message = dict[str, Any]

MEDIA = frozenset({"image", "document", "audio"})
"""Types of parts that may have `data` which is a file."""

SMALL = 350_000
"""Characters of base64 that are kept as they are: 256 KiB."""
MAX_DATA = 11_000_000
"""Characters of base64 that are kept of what is no file: 8 MiB."""
MAX_FILE = 32 * 1024 * 1024
"""A larger file does not fit into a request."""


def to_keep(message: "Message", paths: Sequence[str] = ()) -> "Message":
    """Return a message as it is kept; `paths` are the files that may be in it."""
    return _with_parts(message, lambda part: _part_to_keep(part, paths))


def to_send(message: "Message", missing: list[str]) -> "Message":
    """Return a message as it was; what is gone becomes a sentence, and is added to `missing`."""
    return _with_parts(message, lambda part: _part_to_send(part, missing))


def without_cache_marks(message: "Message") -> "Message":
    """Return a message without marks for a provider's cache: they are about one request."""
    return _with_parts(message, lambda part: {name: part[name] for name in part if name != "cache"})


def _with_parts(message: "Message", change: "Callable[[Part], Part]") -> "Message":
    content = message.get("content")
    if not isinstance(content, list):
        return message
    parts = [change(part) if isinstance(part, dict) else part for part in content]
    return {**message, "content": parts}


def _part_to_keep(part: "Part", paths: Sequence[str]) -> "Part":
    data = part.get("data")
    if part.get("type") not in MEDIA or not isinstance(data, str) or len(data) <= SMALL:
        return part
    try:
        content = a2b_base64(data)
    except (Base64Error, ValueError):
        return part
    digest = _digest(content)
    kept: dict[str, Any] = {"sha256": digest, "bytes": len(content)}
    for path in paths:
        if _size(path) == len(content) and _read_if(path, digest) is not None:
            kept["path"] = os.path.abspath(path)
            break
    else:
        if len(data) <= MAX_DATA:
            return part
    return {**{name: part[name] for name in part if name != "data"}, "kept": kept}


def _part_to_send(part: "Part", missing: list[str]) -> "Part":
    kept = part.get("kept")
    if part.get("type") not in MEDIA or not isinstance(kept, dict):
        return part
    path, digest = kept.get("path"), kept.get("sha256")
    content = None
    if isinstance(path, str) and isinstance(digest, str):
        content = _read_if(path, digest)
    if content is not None:
        data = b2a_base64(content, newline=False).decode()
        return {**{name: part[name] for name in part if name != "kept"}, "data": data}
    name = part_name(part)
    missing.append(name)
    return {"type": "text", "text": f"({name} is no longer available)"}


def part_name(part: "Part") -> str:
    """Return how to call a part that is no text: its file, its URL or its type."""
    kept = part.get("kept")
    path = kept.get("path") if isinstance(kept, dict) else None
    kind = part.get("media_type") or part.get("type")
    return str(part.get("name") or (path and os.path.basename(path)) or part.get("url") or kind)


def _size(path: str) -> int | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _read_if(path: str, digest: str) -> bytes | None:
    """Return the content of a regular file if it has this hash, else None."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_FILE:
                return None
            content = file.read(MAX_FILE + 1)
    except OSError:
        return None
    return content if _digest(content) == digest else None


def _digest(content: bytes) -> str:
    from hashlib import sha256  # noqa: PLC0415 -- 3 ms, and only for larger files

    return sha256(content).hexdigest()
