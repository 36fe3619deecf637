"""Finds what a word with one typing error may mean, among the words that are known."""

from collections.abc import Iterable

MIN_LETTERS = 4
"""Of a word in which any error is corrected; in one with a letter less, only a swap is."""


def near_words(typed: str, known: Iterable[str]) -> set[str]:
    """Return the starts of known words that differ from `typed` by one typing error.

    The first letter has to be right, or swapped with the second: few errors are there, and so most
    words need not be compared.
    """
    size = len(typed)
    if not typed.isalpha() or size < MIN_LETTERS - 1:
        return set()
    is_short = size < MIN_LETTERS
    ends = (size,) if is_short else (size - 1, size, size + 1)
    swapped = typed[1::-1]
    similar = [word for word in known if word[0] == typed[0] or word[:2] == swapped]
    starts = {word[:end] for word in similar for end in ends}
    return {start for start in starts if is_near(typed, start, swaps_only=is_short)}


def is_near(one: str, other: str, *, swaps_only: bool = False) -> bool:
    """Tell whether a letter is wrong, missing or too much, or two neighbours are swapped."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    is_swap = len(one) == 2 and one == other[::-1]
    return is_swap or (not swaps_only and len(one) <= 1 and len(other) <= 1)
