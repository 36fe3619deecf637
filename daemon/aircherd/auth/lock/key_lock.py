"""Whether the keys are locked now, and what to say about it. Nothing here waits."""

from collections.abc import Sequence

import msgspec

from aircherd.auth.key_sources import UNLOCK, KeySource
from aircherd.auth.lock.record import Cause, Lock
from aircherd.auth.stores.index import SourceBlock
from aircherd.errors import KeyringLocked

_REASONS: dict[Cause, str] = {
    "command": "all keys are locked (auth lock)",
    "lifetime": "all keys are locked: the time of [auth] lifetime is over",
    "damaged": "all keys are locked: the record of the lock cannot be read",
}


class KeyLock:
    """The lock that the parts of `auth` share. `closed` is None while it is open."""

    __slots__ = ("closed",)

    def __init__(self) -> None:
        self.closed: Lock | None = None

    def is_closed(self) -> bool:
        """Whether no key may be read, kept or used."""
        return self.closed is not None

    @property
    def reason(self) -> str | None:
        """Why the keys are locked, None if they are not."""
        return None if self.closed is None else _REASONS[self.closed.cause]

    def check(self) -> None:
        """Check that it is open.

        Raises:
            KeyringLocked: it is closed.
        """
        if self.closed is not None:
            raise KeyringLocked(f"{self.reason}; {UNLOCK}", **self.to_wire())

    def block(self, sources: Sequence[KeySource]) -> Sequence[KeySource]:
        """Return sources as they may be used now: none of them while the lock is closed."""
        if self.closed is None:
            return sources
        block = SourceBlock("locked", _REASONS[self.closed.cause])
        return [msgspec.structs.replace(source, block=block) for source in sources]

    def to_wire(self) -> dict[str, object]:
        """Return the field `lock` of a result, empty while the lock is open."""
        closed = self.closed
        if closed is None:
            return {}
        until = {} if closed.until is None else {"until": closed.until}
        known = {"cause": closed.cause, "reason": self.reason, "since": closed.since}
        return {"lock": {**known, **until}}

    def __repr__(self) -> str:
        return f"<KeyLock {'closed' if self.is_closed() else 'open'}>"
