"""What one call reports: how it went, and what the headers of its response say."""

from collections.abc import Callable
from functools import partial

import msgspec

from aircherd.config.model import Network, Provider
from aircherd.errors import ProviderFailed
from aircherd.providers.error_mapping.classify import presentable
from aircherd.providers.error_mapping.network import TransportError, network_failure
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.health.rate_limit_headers import quick_scan, read_rate_limits
from aircherd.providers.transport.request import RawHeaders
from aircherd.vocabulary.availability import RateLimitState
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.secret import Secret

_CUT = frozenset({FailureClass.NETWORK, FailureClass.TIMEOUT})
"""Once a response has begun, these mean no more than that it broke off."""


class CallReport(msgspec.Struct):
    """The report of one call, made before it is sent.

    `key` is the key's name, None where none is needed; `model` is None for calls that are free of
    charge; `began` is `cooldowns.now()` before the call; `redact` removes live keys from text;
    `secret` is the key itself: its name may be another's when the call ends.
    """

    cooldowns: CooldownManager
    provider: Provider
    network: Network
    key: str | None
    model: str | None
    began: float
    redact: Callable[[str], str]
    secret: Secret | None = None
    headers: RawHeaders = []
    answered_at: float | None = None

    def note_headers(self, headers: RawHeaders, now: float) -> None:
        """Take the headers of the response; `now` is the Unix time."""
        self.headers = headers
        self.answered_at = now

    def ok(self) -> None:
        """Report that it was answered."""
        if self.model is None:
            self.cooldowns.note_reachable(self.provider.name)
            return
        seen = quick_scan(self.headers)
        if seen == "spent" or self.cooldowns.has(self.provider.name):
            limits = self._limits() if seen == "spent" else None
            self.cooldowns.note_ok(
                self.provider, self.key, self.model, limits, began=self.began, secret=self.secret
            )
        if seen == "left":
            # It is kept: it must not lead to this report, which has the key.
            reader = partial(read_rate_limits, self.headers, now=self.answered_at or 0.0)
            self.cooldowns.note_remaining(self.provider, self.key, reader)

    def whole(self) -> None:
        """Report that its response came to its proper end."""
        if self.model is not None and self.cooldowns.has(self.provider.name):
            self.cooldowns.note_whole(self.provider, self.key, self.model, began=self.began)

    def failed(self, failure: Failure) -> ProviderFailed:
        """Report that it failed, before its response or within; return what to raise.

        Every live key is removed from the message.
        """
        failure = presentable(failure, self.redact)
        noted = failure
        if self.answered_at is not None and failure.kind in _CUT and failure.status is None:
            noted = msgspec.structs.replace(failure, reach="model")
        self.cooldowns.note_failure(
            self.provider,
            self.key,
            self.model,
            noted,
            self._limits(),
            began=self.began,
            secret=self.secret,
        )
        return ProviderFailed(failure)

    def translate(self, error: TransportError | ProviderFailed) -> ProviderFailed:
        """Report the error that ended the call; return what to raise instead of it."""
        if isinstance(error, ProviderFailed):
            return self.failed(error.failure)
        answered = self.answered_at is not None
        return self.failed(network_failure(error, self.provider, self.network, answered=answered))

    def _limits(self) -> RateLimitState | None:
        return read_rate_limits(self.headers, now=self.answered_at or 0.0)

    def __repr__(self) -> str:
        return f"<CallReport {self.provider.name} {self.model or 'free of charge'}>"
