"""A request's place under the limits, from before it is sent until it is known what it took."""

from collections.abc import Callable
from typing import NamedTuple

from aircherd.usage.limits.counter import LimitCounter
from aircherd.vocabulary.availability import LimitStatus
from aircherd.vocabulary.reply import Usage


class Amounts(NamedTuple):
    """What one attempt takes, in the order of `AMOUNTS`; `nano` is nano-USD, None if unknown."""

    requests: int
    tokens: int
    nano: int | None


class LimitKey(NamedTuple):
    """Who asks whom: what the scope of a limit is held against."""

    provider: str
    key: str | None
    model: str
    client: str


NOTHING = Amounts(0, 0, 0)
FRUITLESS = Amounts(1, 0, 0)
"""What an attempt takes that produced nothing."""


class Reservation:
    """What is reserved for one attempt. It ends once, by `settle` or `release`.

    Whatever comes after its end changes nothing. `at` is when it was made, and what it takes counts
    as used then: that is the time for the attempt's row in the ledger too.
    """

    __slots__ = ("_end", "amounts", "asking", "at", "counters")

    def __init__(
        self,
        asking: LimitKey,
        amounts: Amounts,
        at: float,
        counters: tuple[LimitCounter, ...],
        end: "Callable[[Reservation, Amounts], tuple[LimitStatus, ...]]",
    ) -> None:
        self.asking = asking
        self.amounts = amounts
        self.at = at
        self.counters = counters
        self._end = end

    def settle(
        self, usage: Usage | None, cost_nano: int | None, *, produced: bool
    ) -> tuple[LimitStatus, ...]:
        """Replace what was reserved by what was used; return the limits that are news by that.

        What is not known counts as it was estimated. An attempt that produced nothing counts as a
        request alone.
        """
        return self._end(self, taken(self.amounts, usage, cost_nano) if produced else FRUITLESS)

    def release(self) -> None:
        """Give back what was reserved: nothing was sent."""
        self._end(self, NOTHING)

    def __repr__(self) -> str:
        return f"<Reservation of {self.amounts} for {self.asking}>"


def taken(reserved: Amounts, usage: Usage | None, cost_nano: int | None) -> Amounts:
    """Return what an attempt took: what is known of it, and the estimate for what is not."""
    tokens, nano = reserved.tokens, reserved.nano
    if usage is not None:
        tokens = max(usage.input_tokens + usage.output_tokens, 0)
    if cost_nano is not None:
        nano = max(cost_nano, 0)
    return Amounts(1, tokens, nano)
