"""What a provider said is left of a key's allowance."""

from typing import Literal

import msgspec

Counted = Literal["requests", "tokens", "input_tokens", "output_tokens"]


class Allowance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is counted; `reset_at` is the Unix time when it is whole again."""

    counted: Counted
    limit: int | None = None
    remaining: int | None = None
    reset_at: float | None = None


class RateLimitState(msgspec.Struct, frozen=True, kw_only=True):
    """All that one answer said, and when (Unix time)."""

    seen_at: float
    allowances: tuple[Allowance, ...]

    def spent_until(self, now: float) -> float | None:
        """Return when the last allowance that has nothing left is whole again, None if all do."""
        resets = [
            each.reset_at
            for each in self.allowances
            if each.remaining == 0 and each.reset_at is not None and each.reset_at > now
        ]
        return max(resets, default=None)
