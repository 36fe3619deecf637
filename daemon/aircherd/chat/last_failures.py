"""The last failed attempt of each provider, for clients that were not there when it failed.

In memory only. A later success does not clear it: with two keys, the second one would hide why the
first one fails. Readers have its time.
"""

import time
from collections.abc import Callable

import msgspec

from aircher_wire import codes
from aircherd.vocabulary.attempt import Attempt

MAX_PROVIDERS = 200
"""More than a configuration has; a program that rewrites it forever must not use up memory."""


class LastFailures:
    """Keeps the latest failure by provider; `clock` returns the Unix time in seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._latest: dict[str, tuple[float, Attempt]] = {}

    def note(self, attempt: Attempt) -> None:
        """Record an attempt that did not succeed; one that the client cancelled is no failure."""
        if attempt.outcome == codes.CANCELLED:
            return
        if attempt.provider not in self._latest and len(self._latest) >= MAX_PROVIDERS:
            del self._latest[next(iter(self._latest))]
        self._latest[attempt.provider] = (self._clock(), attempt)

    def forget(self, provider: str) -> None:
        """Drop the failure of a provider whose name may now be another server's."""
        self._latest.pop(provider, None)

    def of(self, provider: str) -> dict[str, object] | None:
        """Return a provider's latest failure as `{at, ...}`, an attempt with its time."""
        found = self._latest.get(provider)
        if found is None:
            return None
        at, attempt = found
        return {"at": at, **msgspec.to_builtins(attempt)}

    def __repr__(self) -> str:
        return f"<LastFailures of {len(self._latest)} providers>"
