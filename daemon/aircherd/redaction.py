"""The last filter before anything is written: takes every live key out of text.

`Secret` guards against code that means well; `Redactor` against everything else.
"""

import json
import re

from aircherd.vocabulary.secret import Secret

MIN_REDACTED = 8
"""Shorter values are not replaced: they would tear holes into ordinary words."""

MIN_FOUND = 16
"""Shorter values are not looked for in names: `llama.cpp` as a key is a placeholder, and a word."""

HIDDEN = "[redacted]"

# What vendors' keys look like, also when a vendor echoes one with its middle starred out.
_KEY_LIKE = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|AIza)[-_][A-Za-z0-9_*.-]{6,}|\bAIza[A-Za-z0-9_*-]{6,}"
)


class Redactor:
    """Knows every live key and takes it out of text. One instance per daemon."""

    def __init__(self) -> None:
        # The longest first: a key may begin with another one, and its rest must not stay.
        self._values: list[str] = []

    def add(self, secret: Secret) -> None:
        """Hide this key from now on, for as long as the daemon lives.

        A key that was logged out stays hidden: it may still be in a message under way.
        """
        value = secret.reveal()
        if len(value) >= MIN_REDACTED and value not in self._values:
            # As it is, and as a JSON line or a `repr` would write it.
            forms = {value, json.dumps(value)[1:-1], repr(value)[1:-1], *self._values}
            self._values = sorted(forms, key=len, reverse=True)

    def redact(self, text: str) -> str:
        """Return `text` without any live key or anything that looks like a vendor's."""
        for value in self._values:
            if value in text:
                text = text.replace(value, HIDDEN)
        return _KEY_LIKE.sub(HIDDEN, text)

    def has_key(self, text: str) -> bool:
        """Tell whether a live key is in `text`: where a text with a hole in it is of no use."""
        return any(len(value) >= MIN_FOUND and value in text for value in self._values)

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._values)} texts>"
