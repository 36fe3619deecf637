"""How many cells of a terminal a text takes: a character of Chinese takes two, an accent none."""

from unicodedata import category, east_asian_width

ZERO_WIDTH = frozenset({"Mn", "Me", "Cf"})
"""Categories of characters that are drawn over the one before, or not at all."""


def cell_width(text: str) -> int:
    """Return how many cells a text takes."""
    return len(text) if text.isascii() else sum(map(cells_of, text))


def cells_of(letter: str) -> int:
    """Return how many cells a character takes."""
    if letter.isascii():
        return 1
    if category(letter) in ZERO_WIDTH:
        return 0
    return 2 if is_wide(letter) else 1


def is_wide(letter: str) -> bool:
    """Tell whether a character takes two cells: Chinese, Japanese, Korean, most emoji."""
    return east_asian_width(letter) in "WF"
