"""A turn of the model: its texts in one piece, and with the signatures that belong to them.

A stream's pieces are parts of their own, and for some clients turns of their own.
"""

import msgspec

from aircherd.http_api.dialects.gemini.signatures import Sealed
from aircherd.vocabulary.parts import Part, TextPart


class ModelTurn:
    """The parts so far."""

    __slots__ = ("_parts", "_texts")

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._texts: list[str] = []  # of the text that goes on

    def add_text(self, text: str, signature: str | None, origin: str | None) -> None:
        """Add a text; a signature belongs to all of the text up to it."""
        self._texts.append(text)
        if signature is not None:
            self._end_text(signature, origin)

    def add(self, part: Part) -> None:
        """Add anything else."""
        self._end_text()
        self._parts.append(part)

    def add_carried(self, sealed: Sealed) -> None:
        """Add what came before a part and went with it."""
        if sealed.said is not None:
            self._sign(sealed.said, sealed.origin)
        if sealed.before:
            self._end_text()
            self._parts += sealed.before

    def _sign(self, signature: str, origin: str) -> None:
        """Sign the text that came last."""
        self._end_text()
        last = self._parts[-1] if self._parts else None
        if isinstance(last, TextPart):
            self._parts[-1] = msgspec.structs.replace(last, signature=signature, origin=origin)

    def _end_text(self, signature: str | None = None, origin: str | None = None) -> None:
        if self._texts:
            self._parts.append(TextPart("".join(self._texts), signature, origin))
            self._texts.clear()

    def close(self) -> "str | list[Part]":
        """End the turn and return its content, empty if there was none; the next one begins."""
        if self._texts and not self._parts:
            text = "".join(self._texts)
            self._texts.clear()
            return text
        self._end_text()
        parts, self._parts = self._parts, []
        return parts
