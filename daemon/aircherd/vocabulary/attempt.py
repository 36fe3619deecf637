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
    answered_by: str | msgspec.UnsetType = msgspec.UNSET
    """Present if the provider is another daemon: the `provider/model` that answered there."""
