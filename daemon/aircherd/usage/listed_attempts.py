"""Which attempts to list, and what is listed of each."""

import msgspec


class AttemptFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which attempts: those of `since` <= at < `until`; None is no restriction.

    `model` is a name at its provider or `provider/model`. Of the matches, the newest `limit` count.
    """

    since: float | None = None
    until: float | None = None
    provider: str | None = None
    model: str | None = None
    client: str | None = None
    outcome: str | None = None
    failed: bool = False
    limit: int = 200


class NextAttempt(msgspec.Struct, frozen=True):
    """The attempt that followed a failed one."""

    provider: str
    model: str
    outcome: str


class ListedAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that has ended; `then` is what followed if it failed."""

    at: float
    provider: str
    model: str
    key: str | None
    client: str | None
    project: str | None
    outcome: str
    ms: int | None
    first_ms: int | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_nano: int | None
    is_estimated: bool
    then: NextAttempt | None


class AttemptList(msgspec.Struct, frozen=True):
    """Attempts, the newest last. `has_more`: older ones match as well.

    `kept_since`: earlier attempts were removed, and only their sums are left; None if none were.
    """

    rows: list[ListedAttempt]
    has_more: bool
    kept_since: float | None
