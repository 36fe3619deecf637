"""Names of conversations, and of the files that they are in.

A user may choose any name. One without a name of its own is called after its time:
`20261130-093112-4f2a90`.
"""

import os
import re
import time

SUFFIX = ".jsonl"
MAX_NAME = 200
"""Characters of a name, as the daemon's limit for the `conversation` of a request."""
MAX_FILE_NAME = 180
"""Bytes of a file's name before its suffix; file systems allow 255."""

_OF_NEW = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+@ ")


class ConversationError(Exception):
    """A conversation cannot be read or written; the message says why and what to do."""


def check_name(name: str) -> None:
    """Check that a conversation may have this name.

    Raises:
        ConversationError: it may not.
    """
    if not name.strip():
        raise ConversationError("the name of a conversation must not be empty")
    if any(each < " " or "\x7f" <= each < "\xa0" for each in name):
        raise ConversationError(
            "the name of a conversation must be one line, without control characters"
        )
    if len(name) > MAX_NAME:
        raise ConversationError(
            f"the name of a conversation has {len(name)} characters; the limit is {MAX_NAME}"
        )


def file_name(name: str) -> str:
    """Return the name of the file for a conversation, which is different for each name.

    What is not plain is escaped as in a URL; a long name ends with a hash instead.
    """
    data = name.encode("utf-8", "surrogatepass")
    escaped = "".join(
        chr(byte) if byte in _PLAIN and not (byte == 0x2E and at == 0) else f"%{byte:02X}"
        for at, byte in enumerate(data)
    )
    if len(escaped) > MAX_FILE_NAME:
        from hashlib import sha256  # noqa: PLC0415 -- rarely needed

        escaped = f"{escaped[:100]}~{sha256(data).hexdigest()[:32]}"
    return escaped + SUFFIX


def name_of(file: str) -> str:
    """Return the name of the conversation in a file, as far as the file's name tells.

    That of a long name is not whole.
    """
    stem = file.removesuffix(SUFFIX)
    first, *others = stem.split("%")
    try:
        escaped = [bytes.fromhex(part[:2]) + part[2:].encode() for part in others]
        found = b"".join([first.encode(), *escaped]).decode("utf-8", "surrogatepass")
    except ValueError:
        found = ""
    return found or stem  # no file of ours


def new_name(now: float, random: bytes | None = None) -> str:
    """Return a name for a conversation that the user gave none; names sort by time."""
    digits = (os.urandom(3) if random is None else random).hex()
    return f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}-{digits}"


def is_unnamed(name: str) -> bool:
    """Tell whether a name is one of `new_name`."""
    return _OF_NEW.fullmatch(name) is not None
