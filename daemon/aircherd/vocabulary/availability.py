"""What keeps a candidate from being asked now: a cooldown, or one of the user's limits."""

from typing import Literal

import msgspec


class LimitStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One amount of one limit and how far it is used: a row of `limits.status`.

    `limit` says it in words: "anthropic: 5.00 USD a day". `provider`, `key` (a label), `model` (its
    name at the provider) and `client` are what it is for. `max`, `used`, `reserved` (for requests
    under way) and `left` are whole numbers, USD decimal text. `share` is used / max. `resets_at` is
    the Unix time when nothing that is used now counts any more. While `incomplete`, `used` may
    lack what was used before the limit, or this daemon, was there: the ledger is still to be read,
    or has lost attempts that the window would count.
    """

    limit: str
    counted: Literal["requests", "tokens", "usd"]
    per: Literal["minute", "hour", "day", "month"]
    max: int | str
    used: int | str
    reserved: int | str
    left: int | str
    share: float
    resets_at: float | None = None
    incomplete: bool = False
    provider: str | None = None
    key: str | None = None
    model: str | None = None
    client: str | None = None


class Limited(msgspec.Struct, frozen=True):
    """The limit that would be broken.

    `reason` is a wire code, `limit_reached` or `price_unknown`; `message` names the limit and how
    far it is used; `until` is the Unix time when there is room again, None if that is not known or
    will never be. `status` is how the limit stands.
    """

    reason: str
    message: str
    until: float | None = None
    status: LimitStatus | None = None


class Cooling(msgspec.Struct, frozen=True):
    """What keeps a candidate out.

    `reason` is a wire code; `until` a Unix time, None until something is observed. With
    `is_probe_due` one request may go all the same, to find out: whoever takes it up tells the book.
    `is_guess`: no vendor named the time, so it need not hold where nobody else is left.
    """

    reason: str
    until: float | None
    message: str
    is_probe_due: bool = False
    is_guess: bool = False
