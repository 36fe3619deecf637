"""Names that people write, and the one they may have meant."""

import difflib
from collections.abc import Iterable
from itertools import islice

MAX_LENGTH = 200
MAX_NAMES = 2000
"""So many are compared: a server may list any number, and nobody else is served meanwhile."""
CUTOFF = 0.7
"""How alike two names must be: below this a guess is further off than it helps."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, None if none is like it."""
    if len(name) > MAX_LENGTH:
        return None
    likely = list(islice((each for each in known if len(each) <= MAX_LENGTH), MAX_NAMES))
    typed = name.lower()
    if close := difflib.get_close_matches(typed, likely, n=1, cutoff=CUTOFF):
        return close[0]
    # Two letters the wrong way round are most of a short word.
    return next((each for each in likely if sorted(each) == sorted(typed)), None)
