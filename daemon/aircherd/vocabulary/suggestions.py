"""Suggestions for misspelled names."""

import difflib
from collections.abc import Collection, Iterable
from itertools import islice

MAX_LENGTH = 200
MAX_NAMES = 2000
"""Names compared at most: a server may list any number, and comparing blocks the daemon."""
CUTOFF = 0.7
"""The least similarity (0 to 1); anything lower is rarely what the user meant."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most similar to `name`, None if none is similar."""
    if len(name) > MAX_LENGTH:
        return None
    likely = list(islice((each for each in known if len(each) <= MAX_LENGTH), MAX_NAMES))
    typed = name.lower()
    if close := difflib.get_close_matches(typed, likely, n=1, cutoff=CUTOFF):
        return close[0]
    # In a short word, two swapped letters give too low a similarity.
    return next((each for each in likely if sorted(each) == sorted(typed)), None)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'NAME'?)` with the nearest known name, "" if none is near."""
    near = nearest(name, known)
    return f" (did you mean {near!r}?)" if near else ""


def unknown_provider(name: str, providers: Collection[str], guess: str | None = None) -> str:
    """Return the message that the provider `name` does not exist, with those that do.

    `guess` replaces the suggestion; it has the format of `suggestion`.
    """
    meant = suggestion(name, providers) if guess is None else guess
    return f"there is no provider {name!r}{meant}; known: {', '.join(providers)}"
