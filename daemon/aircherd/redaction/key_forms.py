"""The forms in which a key may appear in text: as it is, escaped, encoded, or only a part of it.

A provider that echoes a header may quote it as JSON, in a URL, in hexadecimal, or in base64, where
its characters depend on what stands before it. A long key may also be cut or broken into lines, so
a part of it counts: half of it, but at least 8 characters, and 16 of a longer one. Of a key of less
than 16 characters only the whole counts: its parts could be words.
"""

import base64
import json
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import quote

WHOLE_BELOW = 16
"""Keys shorter than this are found only as a whole."""
MIN_PART, MAX_PART = 8, 16
"""How many characters of a longer key are enough to find it."""
LARGE_BLOCK, SMALL_BLOCK = MAX_PART // 2, MIN_PART // 2
"""Of a part that is at least twice as long, one block at a multiple of its size is always whole."""


Keep = Callable[[str], None]
"""Called with a string that is kept."""


def ignore(_value: str) -> None:
    """Do nothing with it."""


class KeyForm(NamedTuple):
    """One form of a key: at least `shortest` characters in a row of `text` are to be found."""

    text: str
    shortest: int

    @property
    def block_size(self) -> int:
        """The size of blocks, of which each part that is long enough contains a whole one."""
        return LARGE_BLOCK if self.shortest >= 2 * LARGE_BLOCK else SMALL_BLOCK


class FormFinder:
    """Finds the forms of keys in text, and parts of them.

    Looks up each few characters of the text in a table of the forms' blocks, so the time does not
    depend on the number of keys.
    """

    def __init__(self, keep: Keep = ignore) -> None:
        self._keep = keep
        self._blocks: dict[int, dict[str, list[tuple[KeyForm, int]]]] = {}
        self._new_keys: list[str] = []

    def add(self, key: str) -> None:
        """Find this key from now on. Its forms are made when there is text to look at."""
        self._new_keys.append(key)

    def _learn(self, key: str) -> None:
        for form in key_forms(key):
            size = form.block_size
            table = self._blocks.setdefault(size, {})
            self._keep(form.text)
            for at in range(0, len(form.text) - size + 1, size):
                block = form.text[at : at + size]
                self._keep(block)
                table.setdefault(block, []).append((form, at))

    def find_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where a part of a form begins and ends in `text`; parts may overlap."""
        while self._new_keys:
            self._learn(self._new_keys.pop())
        for size, table in self._blocks.items():
            known_to = 0
            for at in range(len(text) - size + 1):
                block = text[at : at + size]
                if block in table and at + size > known_to:
                    for form, offset in table[block]:
                        begin, end = _extend(text, at, form.text, offset, size)
                        if end - begin >= form.shortest:
                            known_to = max(known_to, end)
                            yield begin, end


def key_forms(key: str) -> list[KeyForm]:
    """Return all forms in which `key` is to be found."""
    is_long = len(key) >= WHOLE_BELOW
    return [
        KeyForm(text, min(max(MIN_PART, len(text) // 2), MAX_PART) if is_long else len(text))
        for text in sorted(set(_texts(key)))
    ]


def _extend(text: str, at: int, form: str, offset: int, length: int) -> tuple[int, int]:
    """Return the ends of what `text` and `form` have in common around a common block."""
    begin, end = at, at + length
    before, after = offset, offset + length
    while begin and before and text[begin - 1] == form[before - 1]:
        begin, before = begin - 1, before - 1
    while end < len(text) and after < len(form) and text[end] == form[after]:
        end, after = end + 1, after + 1
    return begin, end


def _texts(key: str) -> Iterator[str]:
    data = key.encode()
    yield key
    yield json.dumps(key)[1:-1]
    yield repr(key)[1:-1]
    yield quote(key, safe="")
    yield quote(key, safe="").lower()
    yield "".join(f"\\u{ord(char):04x}" for char in key)
    yield "".join(f"\\u{ord(char):04X}" for char in key)
    yield data.hex()
    yield data.hex().upper()
    yield data.hex(":")
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * shift + data).decode().rstrip("=")
            # The first and the last characters also hold bits of what stands beside the key.
            has_rest = (shift + len(data)) % 3
            yield encoded[(shift * 8 + 5) // 6 : len(encoded) - bool(has_rest)]
