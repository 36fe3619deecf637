"""Refuse text that would take the TOML parser minutes, before it is parsed.

The parser of the standard library takes quadratic time in the number of a key's parts, and nested
values can exhaust the interpreter's stack. A config needs little of either, so one linear scan
finds both: it counts dots and brackets outside quotes and comments.
"""

import re

import msgspec

MAX_DOTS = 16
"""Dots of one key outside quotes. No entry of a config is more than three levels deep."""
MAX_BRACKETS = 8
"""Nested lists and inline tables. No entry of a config has more than two."""

# Quoted text and comments are one token each; an unclosed quote extends to the end of its line or
# of the text. The quantifiers are possessive: nothing is matched twice, so the time is linear.
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
    """A limit that is exceeded: the line, the message, and what to do."""

    line: int
    message: str
    hint: str


def find_excess(text: str) -> Excess | None:
    """Return the first place in `text` that exceeds a limit, None if there is none.

    Text that is not TOML may pass. The parser stops at its first mistake, and up to there both see
    the same quotes.
    """
    dots = depth = 0
    for token in _TOKEN.finditer(text):
        symbol = token[0]
        if symbol == ".":
            dots += 1
            if dots > MAX_DOTS:
                return Excess(
                    _line(text, token.start()),
                    f"there are more than {MAX_DOTS} dots outside quotes",
                    "no name has that many parts; strings need quotes",
                )
        elif symbol in "[{":
            dots, depth = 0, depth + 1
            if depth > MAX_BRACKETS:
                return Excess(
                    _line(text, token.start()),
                    f"brackets are nested more than {MAX_BRACKETS} deep",
                    "close the open brackets",
                )
        elif symbol in "]}":
            dots, depth = 0, max(depth - 1, 0)
        elif symbol in "=,\n":
            dots = 0
    return None


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
