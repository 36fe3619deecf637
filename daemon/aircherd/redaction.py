"""Redaction: the last filter before text is written, which replaces every key in it.

`Secret` prevents accidental output of a key by our own code; `Redactor` catches everything else,
such as a provider that quotes a key.
"""

import json
import re

from aircherd.vocabulary.secret import Secret

MIN_REDACTED = 8
"""Shorter keys are not redacted: they could be part of ordinary words."""

MIN_DETECTED = 16
"""Shorter keys are not searched for in names: a placeholder key such as `llama.cpp` is a word."""

HIDDEN = "[redacted]"

# The shapes of vendors' keys, including one that a vendor echoes with its middle masked by `*`.
_KEY_LIKE = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|AIza)[-_][A-Za-z0-9_*.-]{6,}|\bAIza[A-Za-z0-9_*-]{6,}"
)


class Redactor:
    """Knows every live key and replaces it in text. One instance per daemon."""

    def __init__(self) -> None:
        # Longest first: if a key is a prefix of another one, no rest of the longer one may remain.
        self._values: list[str] = []

    def add(self, secret: Secret) -> None:
        """Redact this key until the daemon stops.

        That includes keys that were logged out: a message may still contain one.
        """
        value = secret.reveal()
        if len(value) >= MIN_REDACTED and value not in self._values:
            # As it is, and escaped as in JSON or a `repr`.
            forms = {value, json.dumps(value)[1:-1], repr(value)[1:-1], *self._values}
            self._values = sorted(forms, key=len, reverse=True)

    def redact(self, text: str) -> str:
        """Return `text` with all live keys, and everything shaped like a vendor's key, replaced."""
        for value in self._values:
            if value in text:
                text = text.replace(value, HIDDEN)
        return _KEY_LIKE.sub(HIDDEN, text)

    def has_key(self, text: str) -> bool:
        """Return whether `text` contains a live key, for names that are useless once redacted."""
        return any(len(value) >= MIN_DETECTED and value in text for value in self._values)

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._values)} strings>"
