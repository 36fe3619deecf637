"""Refuse what TOML's reader would take minutes for, before it reads anything.

The reader in the standard library needs a time that grows with the square of a key's parts, and a
value may nest until the interpreter's stack ends. No config needs much of either, so one cheap look
at the text finds both: its dots and brackets, wherever they are not in quotes or a comment.
"""

import re

import msgspec

MAX_DOTS = 16
"""Dots of one key outside quotes. No entry is more than three sections deep."""
MAX_BRACKETS = 8
"""Lists and braces within one another. No entry has more than two."""

# What is in quotes and comments is passed over whole, unclosed quotes as far as they reach. The
# quantifiers are possessive: nothing is ever tried twice, so the time is linear in the text.
_TOKEN = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5})?'
    r"|'''(?:[^']++|'(?!''))*+(?:'{3,5})?"
    r'|"(?:[^"\\\n]++|\\[^\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*+"
    r"|[.\[\]{}=,\n]",
    re.DOTALL,
)


class Excess(msgspec.Struct, frozen=True):
    """What there is too much of, in which line, and what to do."""

    line: int
    message: str
    hint: str


def find_excess(text: str) -> Excess | None:
    """Return the first thing in `text` that goes beyond the limits, None if all is well.

    A text that is not TOML may pass; the reader stops at its first mistake, and up to there both
    see the same quotes.
    """
    dots = depth = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark == ".":
            dots += 1
            if dots > MAX_DOTS:
                return Excess(
                    _line(text, token.start()),
                    f"there are more than {MAX_DOTS} dots outside quotes",
                    "no name has so many parts, and text goes in quotes",
                )
        elif mark in "[{":
            dots, depth = 0, depth + 1
            if depth > MAX_BRACKETS:
                return Excess(
                    _line(text, token.start()),
                    f"there are more than {MAX_BRACKETS} brackets within brackets",
                    "close those that should be closed",
                )
        elif mark in "]}":
            dots, depth = 0, max(depth - 1, 0)
        elif mark in "=,\n":
            dots = 0
    return None


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
