"""What is reserved for one attempt under the limits, from before it is sent until it ends."""

from collections.abc import Callable
from typing import NamedTuple

from aircherd.usage.limits.counter import Hold, LimitCounter
from aircherd.vocabulary.availability import LimitStatus
from aircherd.vocabulary.reply import Usage


class Amounts(NamedTuple):
    """What one attempt uses, in the order of `AMOUNTS`; `nano` is nano-USD, None if unknown."""

    requests: int
    tokens: int
    nano: int | None


class High(NamedTuple):
    """What an attempt may use at most. `is_known` False: nothing is known about its model."""

    amounts: Amounts
    is_known: bool = True


class LimitKey(NamedTuple):
    """What an attempt uses and who makes it: compared with the scopes of limits."""

    provider: str
    key: str | None
    model: str
    client: str
    project: str | None = None


class GrantNeeded(NamedTuple):
    """A shared limit that seems to have room for `amount`, but not in this machine's lease.

    `kept` is what the leases of other limits have for the request, and keep while it waits.
    """

    counter: LimitCounter
    amount: int
    kept: tuple[Hold, ...] = ()

    def is_less_than(self, other: "GrantNeeded") -> bool:
        """Return whether this may be granted although the other was not."""
        return self.counter is not other.counter or self.amount < other.amount


REQUEST_ONLY = Amounts(1, 0, 0)
"""What an attempt uses that produced nothing."""


class Reservation:
    """What is reserved for one attempt. `settle` ends it; later calls change nothing.

    `at` is the steady time when it was made, and the clock was `offset` ahead of it. Its usage
    counts at that time, which its row in the ledger has too.
    `is_known`: what calls of its model really use is known.
    """

    __slots__ = ("_end", "amounts", "at", "holds", "is_known", "key", "offset")

    def __init__(
        self,
        key: LimitKey,
        amounts: Amounts,
        at: tuple[float, float],
        holds: tuple[Hold, ...],
        end: "Callable[[Reservation, Amounts], tuple[LimitStatus, ...]]",
        *,
        is_known: bool = True,
    ) -> None:
        self.key = key
        self.amounts = amounts
        self.at, self.offset = at
        self.holds = holds
        self._end = end
        self.is_known = is_known

    def settle(
        self, usage: Usage | None, cost_nano: int | None, *, produced: bool
    ) -> tuple[LimitStatus, ...]:
        """Replace what is reserved by what was used; return the limits to notify the user of.

        What is unknown counts as it was reserved. An attempt that produced nothing counts as a
        request only.
        """
        used = used_amounts(self.amounts, usage, cost_nano) if produced else REQUEST_ONLY
        return self._end(self, used)

    def __repr__(self) -> str:
        return f"<Reservation of {self.amounts} for {self.key}>"


def used_amounts(reserved: Amounts, usage: Usage | None, cost_nano: int | None) -> Amounts:
    """Return what an attempt used: what is known, and what was reserved for the rest."""
    tokens, nano = reserved.tokens, reserved.nano
    if usage is not None:
        tokens = max(usage.input_tokens + usage.output_tokens, 0)
    if cost_nano is not None:
        nano = max(cost_nano, 0)
    return Amounts(1, tokens, nano)
