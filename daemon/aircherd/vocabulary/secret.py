"""A key that cannot be printed by accident: `reveal()` is the only way to its value."""

import hmac
from typing import NoReturn


class Secret:
    """An opaque key: `reveal()` is the only way in, and easy to search for."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the key itself: only where it leaves for its provider or its store."""
        return self._value

    def masked(self) -> str:
        """Return a form by which the owner recognises the key and nobody else learns it."""
        return f"…{self._value[-4:]}" if len(self._value) >= 16 else "…"

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret does not travel: call reveal() where the key is needed")
