"""What one call tells the book of cooldowns: how it went, and what its answer's headers say."""

from collections.abc import Sequence

import msgspec

from aircherd.config.model import Provider
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.health.rate_limit_headers import quick_scan, read_rate_limits
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.rate_limit import RateLimitState

Headers = Sequence[tuple[bytes, bytes]]

_CUT = frozenset({FailureClass.NETWORK, FailureClass.TIMEOUT})
"""What says, once an answer has begun, no more than that this one broke off."""


class CallReport:
    """Of one call, made before it is sent. Without a model it was a look, free of charge.

    `key` is the key's name, None where none is needed.
    """

    def __init__(
        self, book: CooldownManager, provider: Provider, key: str | None, model: str | None
    ) -> None:
        self._book = book
        self._provider = provider
        self._key = key
        self._model = model
        self._began = book.now()
        self._headers: Headers = ()
        self._answered_at: float | None = None

    def note_headers(self, headers: Headers, now: float) -> None:
        """Take the headers of the answer; `now` is the Unix time."""
        self._headers = headers
        self._answered_at = now

    def _limits(self) -> RateLimitState | None:
        return read_rate_limits(self._headers, now=self._answered_at or 0.0)

    def ok(self) -> None:
        """It was answered."""
        if self._model is None:
            self._book.note_reachable(self._provider.name)
            return
        seen = quick_scan(self._headers)
        limits = self._limits() if seen == "spent" else None
        self._book.note_ok(self._provider, self._key, self._model, limits, began=self._began)
        if seen == "left":
            self._book.note_left(self._provider, self._key, self._limits)

    def whole(self) -> None:
        """Its answer came to its proper end."""
        if self._model is not None:
            self._book.note_whole(self._provider, self._key, self._model, began=self._began)

    def failed(self, failure: Failure) -> None:
        """It failed, before its answer or in the middle of it."""
        if self._answered_at is not None and failure.kind in _CUT and failure.status is None:
            failure = msgspec.structs.replace(failure, reach="model")
        self._book.note_failure(
            self._provider, self._key, self._model, failure, self._limits(), began=self._began
        )

    def __repr__(self) -> str:
        return f"<CallReport {self._provider.name} {self._model or 'a look'}>"
