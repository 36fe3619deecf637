"""The record of a request: the calls made, the candidates skipped, and the result."""

from typing import Literal

import msgspec

from aircherd.vocabulary.reply import Usage


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that was made.

    `outcome` is `ok`, `cancelled` or an error code. `key` is a label or `env:NAME`, None if the
    provider needs no key. `ms` is the duration of the call.
    """

    provider: str
    model: str
    outcome: str
    ms: int
    key: str | None = None
    status: int | None = None
    message: str | None = None


class Skipped(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A candidate that was not called. `reason` is an error code, `until` a Unix time."""

    provider: str
    reason: str
    message: str
    model: str | None = None
    key: str | None = None
    until: float | None = None


class ChatResult(msgspec.Struct, frozen=True, kw_only=True):
    """The final result of `chat`. It repeats the whole message, so clients can ignore the deltas.

    `message` is `{role, content: [part, ...]}`; `cost` is a decimal string in USD, None if unknown.
    """

    message: dict[str, object]
    finish: str
    usage: Usage | None
    cost: str | None
    provider: str
    model: str
    attempts: list[Attempt]
    skipped: list[Skipped]
    empty: Literal[True] | msgspec.UnsetType = msgspec.UNSET
    """Present if the provider answered with nothing."""


class AttemptDelta(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="attempt"
):
    """Progress of a request: a candidate is `trying`, `skipped` or `waiting`, or it failed.

    `outcome` is one of these three or an error code. `ms` is how long the request waits for a
    candidate; `until` is the Unix time when the candidate is available again, if known.
    """

    provider: str
    model: str
    outcome: str
    key: str | None = None
    ms: int | None = None
    message: str | None = None
    until: float | None = None
