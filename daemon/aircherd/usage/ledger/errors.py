"""Errors of the ledger's file, and a text for internal errors."""

import traceback
from pathlib import Path

FRAMES = 3


class FileError(Exception):
    """Nothing was written or read; the message says why. It may be temporary."""


class DamagedFileError(FileError):
    """The file was damaged and has been moved aside: the next try creates a new one."""


def internal_error(error: Exception) -> str:
    """Describe an unexpected error by its type and position.

    Its own message is left out, because it may contain user data.
    """
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    where = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"internal error ({type(error).__name__} in {where}): please report it"
