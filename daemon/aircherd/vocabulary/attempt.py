"""The record of a request's way: what was tried, and what was passed over without a call."""

import msgspec


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that was made. `outcome` is `ok`, `cancelled` or an error code; `key` is a label or
    `env:NAME`, absent where the provider needs no key; `ms` is the time until the call's end.
    """  # noqa: D205 - one sentence, two lines

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
    """The final answer to `chat`: everything again, so that a client may ignore the deltas.

    `message` is `{role, content: [part, ...]}`; `cost` a decimal string in USD, None if unknown.
    """

    message: dict[str, object]
    finish: str
    usage: dict[str, int] | None
    cost: str | None
    provider: str
    model: str
    attempts: list[Attempt]
    skipped: list[Skipped]


class AttemptDelta(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="attempt"
):
    """Told as it happens: a provider is being tried (`outcome` is `trying`), or failed and why.

    Or it is passed over (`skipped`), or waited for (`waiting`, for `ms`): until the Unix time
    `until` if that is known.
    """

    provider: str
    model: str
    outcome: str
    key: str | None = None
    ms: int | None = None
    message: str | None = None
    until: float | None = None
