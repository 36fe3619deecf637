"""What may be asked of a candidate now: cooldowns, the user's limits, the vendor's rate limits."""

from typing import Literal

import msgspec


class LimitStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The usage of one amount of a limit: a row of `limits.status`.

    `limit` describes it: "anthropic: 5.00 USD a day". `provider`, `key` (a label), `model` (its
    name at the provider), `client` and `project` are its scope. `max`, `used`, `reserved` (for
    requests in progress) and `left` are whole numbers, or decimal strings for USD. `share` is used
    / max.
    `resets_at` is the Unix time when all current usage has left the window. `incomplete` means that
    `used` may be too low: the ledger is not read yet, or has lost attempts in the window. `refuses`
    means that requests are refused, because it is not known what was used, or because the engine of
    the fleet is away and nothing is left without it. `margin`
    is the part of `used` that the daemon's unclean end may have lost: it counts to be safe.

    A limit that is `shared` has what all machines of the fleet used, as last seen; `used_here` is
    the part of this machine, and `held_elsewhere` what others have leased.
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
    refuses: bool = False
    margin: int | str = 0
    shared: bool = False
    used_here: int | str | None = None
    held_elsewhere: int | str = 0
    provider: str | None = None
    key: str | None = None
    model: str | None = None
    client: str | None = None
    project: str | None = None


class Limited(msgspec.Struct, frozen=True):
    """A limit that the request would exceed.

    `reason` is a wire code, `limit_reached` or `price_unknown`; `message` names the limit and its
    usage; `until` is the Unix time when the request fits again, None if unknown or never. `status`
    is the limit's current usage. `is_pending`: the request may fit as soon as one in progress ends.
    """

    reason: str
    message: str
    until: float | None = None
    status: LimitStatus | None = None
    is_pending: bool = False


class Cooling(msgspec.Struct, frozen=True):
    """A cooldown that blocks a candidate.

    `reason` is a wire code; `until` is a Unix time, None if only a probe can end it. If
    `is_probe_due`, one request may go through to probe the candidate, and its caller reports the
    result to the cooldown manager. `is_guess` means that the vendor gave no time, so routing may
    ignore the cooldown if no other candidate is left.
    """

    reason: str
    until: float | None
    message: str
    is_probe_due: bool = False
    is_guess: bool = False


Counted = Literal["requests", "tokens", "input_tokens", "output_tokens"]


class Allowance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One counter of a rate limit; `reset_at` is the Unix time when it is full again."""

    counted: Counted
    limit: int | None = None
    remaining: int | None = None
    reset_at: float | None = None


class RateLimitState(msgspec.Struct, frozen=True, kw_only=True):
    """The counters of one response; `seen_at` is its Unix time."""

    seen_at: float
    allowances: tuple[Allowance, ...]

    def exhausted_until(self, now: float) -> float | None:
        """Return when the last exhausted counter resets, None if none is exhausted."""
        resets = [
            each.reset_at
            for each in self.allowances
            if each.remaining == 0 and each.reset_at is not None and each.reset_at > now
        ]
        return max(resets, default=None)
