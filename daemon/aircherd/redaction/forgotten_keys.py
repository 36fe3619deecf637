"""Finds keys in text that the daemon no longer has: digests of all parts that count are enough.

They are made with a random key that never leaves the process. It takes 2 ms for 1,000 characters of
text, whatever the number of keys, so it is for the time in which all keys are locked.
"""

import hashlib
from collections.abc import Iterator

from aircherd.redaction.key_forms import key_forms

Digests = dict[int, set[bytes]]
"""By the length of what they are of."""


class ForgottenKeys:
    """Digests of the forms of keys, and of their parts."""

    def __init__(self) -> None:
        self._salt = b""
        self._digests: Digests = {}

    @property
    def has_keys(self) -> bool:
        """Whether there is anything to find."""
        return bool(self._digests)

    def add(self, key: str) -> None:
        """Find this key from now on, without keeping it."""
        if not self._salt:
            from secrets import token_bytes  # noqa: PLC0415 -- rarely needed

            self._salt = token_bytes(32)
        for length, digest in self._parts_of(key):
            self._digests.setdefault(length, set()).add(digest)

    def remove(self, key: str) -> None:
        """Find this key no more: the daemon has it again."""
        if not self._digests:
            return
        for length, digest in self._parts_of(key):
            self._digests.get(length, set()).discard(digest)
        self._digests = {length: found for length, found in self._digests.items() if found}

    def find_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where a part begins and ends in `text`; parts may overlap."""
        for length, digests in self._digests.items():
            for at in range(len(text) - length + 1):
                if self._digest(text[at : at + length]) in digests:
                    yield at, at + length

    def _parts_of(self, key: str) -> Iterator[tuple[int, bytes]]:
        for form in key_forms(key):
            for at in range(len(form.text) - form.shortest + 1):
                yield form.shortest, self._digest(form.text[at : at + form.shortest])

    def _digest(self, text: str) -> bytes:
        data = text.encode(errors="surrogatepass")
        return hashlib.blake2b(data, key=self._salt, digest_size=16).digest()

    def __repr__(self) -> str:
        return f"<ForgottenKeys, {sum(map(len, self._digests.values()))} parts>"
