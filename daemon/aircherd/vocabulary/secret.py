"""A key that cannot be printed or serialised by accident."""

import hmac
from typing import NoReturn


class Secret:
    """An opaque key. Only `reveal()` returns its value, which makes every use easy to find."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the key. Call it only to send the key to its provider or its store."""
        return self._value

    def masked(self) -> str:
        """Return the last four characters, by which the owner recognises a long key."""
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
        raise TypeError("a Secret cannot be serialised: call reveal() where the key is needed")
