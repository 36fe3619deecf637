"""Finds where a JSON object ends, in text that arrives in pieces.

It follows strings and brackets only and reads every character once. Whether the object is valid is
for a decoder to say.
"""

import re
from typing import Final

_OUTSIDE: Final = re.compile(r'["{}\[\]]')
_INSIDE: Final = re.compile(r'["\\]')

_BEFORE_VALUE: Final = frozenset(":,[")


class ObjectScan:
    """The state after the pieces so far; the first character that is no space must be `{`."""

    __slots__ = ("_depth", "_in_string", "_is_escaped", "_last", "is_complete")

    def __init__(self) -> None:
        self.is_complete = False
        self._depth = 0
        self._in_string = False
        self._is_escaped = False
        self._last = ""  # the last character outside of strings that is no space

    @property
    def expects_value(self) -> bool:
        """Whether an object may begin here, inside the current one."""
        return not self._in_string and self._last in _BEFORE_VALUE

    def feed(self, text: str, start: int = 0) -> int | None:
        """Take `text` from `start` on; return the offset behind the object's end, None if open."""
        position = start
        while position < len(text):
            if self._in_string:
                position = self._skip_string(text, position)
                continue
            match = _OUTSIDE.search(text, position)
            end = len(text) if match is None else match.start()
            if between := text[position:end].rstrip():
                self._last = between[-1]
            if match is None:
                return None
            position = match.end()
            if self._closes(match.group()):
                return position
        return None

    def _skip_string(self, text: str, position: int) -> int:
        """Return the offset of what follows the next quote or backslash of a string."""
        if self._is_escaped:
            self._is_escaped = False
            return position + 1
        match = _INSIDE.search(text, position)
        if match is None:
            return len(text)
        self._is_escaped = match.group() == "\\"
        self._in_string = self._is_escaped
        return match.end()

    def _closes(self, character: str) -> bool:
        """Note a quote or bracket; return whether it closes the object."""
        self._last = character
        if character == '"':
            self._in_string = True
        elif character in "{[":
            self._depth += 1
        else:
            self._depth -= 1
            self.is_complete = self._depth <= 0
        return self.is_complete
