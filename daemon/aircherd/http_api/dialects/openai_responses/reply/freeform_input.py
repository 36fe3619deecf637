"""The text inside the arguments of a tool that takes any text, while they come: pure.

The model writes `{"input": "..."}`, and the client wants the text. Escapes that are not complete
wait for the next piece. Arguments of any other form are passed on at their end, as they are.
"""

import json
import re
from typing import Final

import msgspec

from aircherd.http_api.dialects.openai_responses.request.freeform import ARGUMENT

_START: Final = re.compile(rf'\s*\{{\s*"{ARGUMENT}"\s*:\s*"')
_MAX_START: Final = 256
"""Characters in which the text must have begun."""
_CHARACTERS: Final = re.compile(
    r"""(?:
        [^"\\]+
      | \\["\\/bfnrt]
      | \\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}
      | \\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}
    )*""",
    re.VERBOSE,
)
"""Characters that are complete: of those that need two escapes, both."""

_ARGUMENTS: Final = msgspec.json.Decoder()


class FreeformInput:
    """Takes pieces of the arguments, and gives pieces of the text."""

    __slots__ = ("_inside", "_is_other", "_pending", "_pieces", "_sent")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._pending = ""
        self._inside = False
        self._is_other = False
        self._sent: list[str] = []

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._sent)

    def add(self, piece: str) -> str:
        """Return what a piece of the arguments adds to the text."""
        self._pieces.append(piece)
        if self._is_other:
            return ""
        self._pending += piece
        if not self._inside:
            start = _START.match(self._pending)
            if start is None:
                self._is_other = len(self._pending) > _MAX_START
                return ""
            self._inside = True
            self._pending = self._pending[start.end() :]
        found = _CHARACTERS.match(self._pending)
        if found is None or not found[0]:
            return ""
        self._pending = self._pending[found.end() :]
        return self._tell(_unescaped(found[0]))

    def end(self) -> str:
        """Return what the end of the arguments adds to the text."""
        sent = self.text
        whole = _whole("".join(self._pieces))
        if whole is None or not whole.startswith(sent):
            return ""
        return self._tell(whole[len(sent) :])

    def _tell(self, text: str) -> str:
        if text:
            self._sent.append(text)
        return text


def _whole(arguments: str) -> str | None:
    """Return the text inside arguments, None if they were cut off inside it."""
    try:
        value = _ARGUMENTS.decode(arguments)
    except (ValueError, RecursionError):
        return None if _START.match(arguments) else arguments
    if not isinstance(value, dict):
        return value if isinstance(value, str) else arguments
    text = value.get(ARGUMENT)
    if text is None and len(value) == 1:
        (text,) = value.values()
    return text if isinstance(text, str) else arguments


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    unescaped: str = json.loads(f'"{text}"', strict=False)
    return unescaped
