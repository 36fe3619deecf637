"""Names that people write, and the one they may have meant."""

import difflib
from collections.abc import Iterable

CUTOFF = 0.7
"""How alike two names must be: below this a guess is further off than it helps."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, None if none is like it."""
    close = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=CUTOFF)
    return close[0] if close else None
