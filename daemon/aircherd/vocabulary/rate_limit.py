"""The rate limit state that a provider reports for a key."""

from typing import Literal

import msgspec

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
