"""Recognise keys where none should be, as the daemon does; a test compares the two.

The earlier aircher did not check what was written into `api_key_env` or `base_url`, so a key may be
anywhere.
"""

import re

_KEY_LIKE = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|AIza|ak-air)[-_][A-Za-z0-9_*.-]{6,}|\bAIza[A-Za-z0-9_*-]{6,}"
)
_LONG_RUN = re.compile(r"[A-Za-z0-9]{16,}")
_DIGIT = re.compile(r"[0-9]")

MAX_KEY = 8 * 1024
"""In bytes; the daemon accepts no longer key."""


def looks_like_key(text: str) -> bool:
    """Return whether `text` contains something with the shape of a vendor's key."""
    return _KEY_LIKE.search(text) is not None


def could_be_key(name: str) -> bool:
    """Return whether a name could be any key."""
    return looks_like_key(name) or any(_DIGIT.search(run) for run in _LONG_RUN.findall(name))


def hide_keys(text: str, instead: str = "(not shown, it may be a key)") -> str:
    """Return a text without what has the shape of a vendor's key."""
    return _KEY_LIKE.sub(instead, text)


def printable(text: str) -> str:
    """Return a text without the characters that a terminal would obey."""
    return "".join(c if c.isprintable() else "?" for c in text)


def safe(text: str, limit: int = 64) -> str:
    """Return a name or value from an old file as a message may show it."""
    if could_be_key(text):
        return "(not shown, it may be a key)"
    shown = printable(text)
    return shown if len(shown) <= limit else f"{shown[:limit]}…"


def mask(key: str) -> str:
    """Return the last four characters of a long key, as the daemon shows it."""
    return f"…{key[-4:]}" if len(key) >= 16 else "…"


def key_problem(key: str) -> str | None:
    """Return why the daemon would not accept this key, None if it would."""
    if not key:
        return "it is empty"
    if len(key) > MAX_KEY:
        return f"it is longer than {MAX_KEY} bytes"
    if any(character.isspace() for character in key):
        return "it contains white space"
    if not key.isascii() or not key.isprintable():
        return "it contains characters other than printable ASCII, which no key has"
    return None
