"""Counts what a reply makes us hold back until more of it was received."""

from aircherd.errors import fail
from aircherd.vocabulary.failure import FailureClass


class Held:
    """The size of what is held, up to `limit`.

    `what` describes too much of it in the failure: "blocks of more than {limit} characters".
    `each` is what a piece counts for besides its size, so that empty pieces have a limit too.
    """

    __slots__ = ("_each", "_limit", "_what", "size")

    def __init__(self, limit: int, what: str, *, each: int = 0) -> None:
        self._limit = limit
        self._what = what
        self._each = each
        self.size = 0

    def add(self, size: int) -> None:
        """Count a piece of this size.

        Raises:
            ProviderFailed: PROTOCOL: it is too much.
        """
        self.size += size + self._each
        if self.size > self._limit:
            fail(FailureClass.PROTOCOL, f"sent {self._what.format(limit=self._limit)}")

    def drop(self, size: int) -> None:
        """Uncount a piece of this size, which is no longer held."""
        self.size -= size + self._each

    def __repr__(self) -> str:
        return f"<Held {self.size} of {self._limit}>"
