"""Replaces keys in text.

`Secret` prevents accidental output of a key by our own code; `Redactor` catches everything else,
such as a provider that quotes a key.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from aircherd.redaction.forgotten_keys import ForgottenKeys
from aircherd.redaction.key_forms import FormFinder, Keep, ignore
from aircherd.vocabulary.secret import Secret

MIN_REDACTED = 8
"""Shorter keys are not redacted: they could be part of ordinary words."""

MIN_DETECTED = 16
"""Shorter keys are not searched for in names: a placeholder key such as `llama.cpp` is a word."""

HIDDEN = "[redacted]"

# The shapes of vendors' keys, including one that a vendor echoes with its middle masked by `*`, and
# of our own tokens for the HTTP side (`ak-air-`), of which the daemon keeps only digests.
_KEY_LIKE = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|AIza|ak-air)[-_][A-Za-z0-9_*.-]{6,}|\bAIza[A-Za-z0-9_*-]{6,}"
)


def is_shaped_like_key(word: str) -> bool:
    """Return whether a whole word has the shape of a vendor's key."""
    return _KEY_LIKE.fullmatch(word) is not None


class Redactor:
    """Knows every live key, and replaces all of its forms in text. One instance per daemon.

    `keep` is called with every string that holds a key or a part of one.
    """

    def __init__(self, keep: Keep = ignore) -> None:
        self._keep = keep
        self._values: set[str] = set()
        self._finder = FormFinder(keep)
        self._forgotten = ForgottenKeys()

    def add(self, secret: Secret) -> None:
        """Redact this key until the daemon stops.

        That includes keys that were logged out: a message may still contain one.
        """
        value = secret.reveal()
        if len(value) >= MIN_REDACTED and value not in self._values:
            self._values.add(value)
            self._finder.add(value)
            self._keep(value)
            self._forgotten.remove(value)

    def forget(self) -> None:
        """Keep digests of the keys only. They are still redacted, but it takes longer."""
        for value in self._values:
            self._forgotten.add(value)
        self._values = set()
        self._finder = FormFinder(self._keep)

    @contextmanager
    def trying(self, secret: Secret) -> Iterator[None]:
        """Redact a key while it is checked; after an error only if it was known before.

        What was refused may be no key at all but a word, which would be missing in all text.
        """
        value = secret.reveal()
        is_known = value in self._values
        self.add(secret)
        try:
            yield
        except BaseException:
            if not is_known:
                self._remove(value)
            raise

    def redact(self, text: str) -> str:
        """Return `text` with all live keys, and everything shaped like a vendor's key, replaced."""
        found = sorted(self._finder.find_in(text))
        if self._forgotten.has_keys:
            found = sorted([*found, *self._forgotten.find_in(text)])
        return _KEY_LIKE.sub(HIDDEN, _hide(text, found) if found else text)

    def has_key(self, text: str) -> bool:
        """Return whether `text` contains a live key, for names that are useless once redacted."""
        return any(len(value) >= MIN_DETECTED and value in text for value in self._values)

    def is_key(self, text: str) -> bool:
        """Return whether `text` is a live key or contains one, for a variable of a program."""
        return text in self._values or self.has_key(text)

    def mask(self, data: bytes) -> bytes:
        """Return `data` of the same length with live keys replaced by stars.

        The last guard of what is sent to clients: a key may also stand where the user wrote it,
        such as in a `base_url`. The length stays the same for the format around it.
        """
        for value in self._values:
            if len(value) >= MIN_DETECTED and (key := value.encode()) in data:
                data = data.replace(key, b"*" * len(key))
        return data

    def _remove(self, value: str) -> None:
        self._values.discard(value)
        self._finder = FormFinder(self._keep)
        for each in self._values:
            self._finder.add(each)

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._values)} keys>"


def _hide(text: str, spans: list[tuple[int, int]]) -> str:
    """Return `text` with each run of `spans`, which are in order, replaced."""
    pieces, shown_from, hidden_to = [], 0, -1
    for begin, end in spans:
        if begin > hidden_to:
            pieces += [text[shown_from:begin], HIDDEN]
        hidden_to = shown_from = max(end, hidden_to)
    return "".join([*pieces, text[shown_from:]])
