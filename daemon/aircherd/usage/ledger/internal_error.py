"""A mistake of ours, in words that may be told and logged."""

import traceback
from pathlib import Path

FRAMES = 3


def internal_error(error: Exception) -> str:
    """Say which mistake it is, and where: not in its own words, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    where = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"aircherd made a mistake ({type(error).__name__} in {where}): please report it"
