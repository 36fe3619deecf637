"""What a request may use and has used: the limits it falls under, and its rows in the ledger.

room_for    would this candidate break a limit?            for plans
open        right before a call: reserve, and begin a row  or say which limit is full by now
settle      after it: what it took, however it ended
"""

from decimal import Decimal, InvalidOperation
from typing import Literal

import msgspec

from aircher_wire import codes
from aircherd.catalog import cost as prices
from aircherd.chat.caller import Caller
from aircherd.chat.reply import Reply
from aircherd.events import EventBus
from aircherd.routing.candidate import Candidate
from aircherd.usage.estimate import cost_estimate
from aircherd.usage.ledger.ledger import Ledger
from aircherd.usage.limits.reservation import LimitKey, Reservation
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.usage.nano_usd import nano_of
from aircherd.usage.output_estimator import OutputEstimator
from aircherd.vocabulary.availability import Limited, LimitStatus
from aircherd.vocabulary.chat import Requirements
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Ending, Usage
from aircherd.vocabulary.usage import Estimate, Settled, Started

CostSource = Literal["provider", "catalog"]


class CallResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a call ended: its outcome (`ok` or an error code), milliseconds, and what came of it.

    `was_sent`: the request had begun to leave.
    """

    outcome: str
    ms: int
    first_ms: int | None
    reply: Reply
    was_sent: bool = True

    @property
    def was_at_work(self) -> bool:
        """Whether an answer was in the making.

        What was cut off, by a deadline or by the client, was being worked on all the same: without
        a stream nothing is seen of that before the end.
        """
        is_cut_off = self.outcome in ("ok", codes.CANCELLED, codes.TIMEOUT, codes.TRUNCATED)
        has_come = self.reply.has_begun or self.reply.ending is not None
        return has_come or (is_cut_off and self.was_sent)

    @property
    def was_fruitless(self) -> bool:
        """Whether nothing can have been served: it was refused, or never got there."""
        return not self.was_at_work and self.reply.usage is None


class UsageAccounting:
    """The limits and the ledger of all requests. Nothing here waits."""

    def __init__(
        self,
        ledger: Ledger,
        limits: LimitTracker,
        bus: EventBus,
        usual: OutputEstimator | None = None,
    ) -> None:
        self._ledger = ledger
        self._limits = limits
        self._bus = bus
        self._usual = usual or OutputEstimator()

    def expected_output(self, provider: str, model: Model, needs: Requirements) -> int:
        """Return how many tokens may come: what is reserved, and what prices are compared for.

        The request's own bound if it has one, else what this model's answers have usually; and
        never more than the model can give.
        """
        output = needs.output_tokens or self._usual.of(provider, model.id)
        most = model.max_output
        return output if most is None or output <= most else most

    def room_for(
        self, client: str, provider: str, key: str | None, model: Model, needs: Requirements
    ) -> Limited | None:
        """Return the limit that such a call would break now, None if there is none."""
        if not self._limits.has_limits:
            return None
        likely = self._expected(provider, model, needs)
        asking = LimitKey(provider, key, model.id, client)
        return self._limits.check(asking, likely, _estimated_cost(likely, model))

    def open(
        self, candidate: Candidate, caller: Caller, needs: Requirements
    ) -> "PendingCharge | Limited":
        """Reserve what the call may take and begin its row; or return the limit that is full."""
        provider, model = candidate.provider.name, candidate.model
        likely = self._expected(provider, model, needs)
        cost = _estimated_cost(likely, model)
        asking = LimitKey(provider, candidate.key, model.id, caller.client)
        held = self._limits.reserve(asking, likely, cost)
        if isinstance(held, Limited):
            return held
        number = self._ledger.begin(
            Started(
                at=held.at,
                provider=provider,
                model=model.id,
                key=candidate.key,
                client=caller.client,
                project=caller.project,
                input_estimate=likely.input_tokens,
                output_estimate=likely.output_tokens,
                cost_estimate_nano=cost,
            )
        )
        return PendingCharge(self, number, held, candidate, likely)

    def settle(
        self, number: int, held: Reservation, candidate: Candidate, settled: Settled
    ) -> None:
        """Note what a call took: the same in the ledger and under the limits."""
        self._ledger.settle(number, settled)
        usage, is_known = settled.usage, not settled.tokens_estimated
        produced = usage is not None
        for news in held.settle(usage, settled.cost_nano, produced=produced):
            self._publish(news)
        if usage is not None and is_known and settled.outcome == "ok":
            self._usual.note(candidate.provider.name, candidate.model.id, usage.output_tokens)

    def _expected(self, provider: str, model: Model, needs: Requirements) -> Estimate:
        return Estimate(needs.input_tokens, self.expected_output(provider, model, needs))

    def _publish(self, status: LimitStatus) -> None:
        self._bus.publish("usage", lambda: msgspec.to_builtins(status))

    def __repr__(self) -> str:
        return f"<Account {self._ledger!r} {self._limits!r}>"


class PendingCharge:
    """One call under way in the account."""

    def __init__(
        self,
        accounting: UsageAccounting,
        number: int,
        held: Reservation,
        candidate: Candidate,
        likely: Estimate,
    ) -> None:
        self._accounting = accounting
        self._number = number
        self._held = held
        self._candidate = candidate
        self._likely = likely

    def settle(self, took: CallResult) -> Decimal | None:
        """Note what the call took, however it ended; return its cost in USD if that is known."""
        settled, cost = bill(took, self._candidate, self._likely)
        self._accounting.settle(self._number, self._held, self._candidate, settled)
        return cost

    def __repr__(self) -> str:
        return f"<PendingCharge {self._number} of {self._candidate.origin}>"


MOST_TOKENS = 10**8
"""Of one call: windows are a hundredth of that. More is rubbish, and would close limits."""


def plausible(usage: Usage | None) -> Usage | None:
    """Return the counts if they can be true, None if they cannot."""
    if usage is None or max(usage.input_tokens, usage.output_tokens) > MOST_TOKENS:
        return None
    return usage


def bill(
    took: CallResult, candidate: Candidate, likely: Estimate
) -> tuple[Settled, Decimal | None]:
    """Return what a call took: what is known of it, and the estimate for what is not; and its cost.

    What produced nothing took nothing. Only an ending proves that counts are whole. The cost is in
    USD, None where it is not known.
    """
    ending = took.reply.ending
    usage = plausible(ending.usage) if ending is not None else None
    known, source = cost_of(candidate, ending, usage)
    cost = known
    tokens_estimated = cost_estimated = False
    if usage is None and took.was_fruitless:
        cost = Decimal(0) if cost is None else cost
    elif usage is None:
        usage, tokens_estimated = plausible(took.reply.usage), took.was_at_work
        if tokens_estimated:
            usage = _at_least(likely, usage)
        if cost is None:
            cost = prices.cost(candidate.model.prices, usage)
            cost_estimated = cost is not None
    settled = Settled(
        outcome=took.outcome,
        ms=took.ms,
        first_ms=took.first_ms,
        usage=usage,
        cost_nano=_nano(cost),
        cost_source=source,
        tokens_estimated=tokens_estimated,
        cost_estimated=cost_estimated,
    )
    return settled, known


def _at_least(likely: Estimate, told: Usage | None) -> Usage:
    """Return what may have been used, by what was likely and the counts `told` on the way."""
    if told is None:
        return Usage(likely.input_tokens, likely.output_tokens)
    return msgspec.structs.replace(
        told,
        input_tokens=told.input_tokens or likely.input_tokens,
        output_tokens=max(told.output_tokens, likely.output_tokens),
    )


def told_cost(text: str) -> Decimal | None:
    """Return what a provider says a call cost, None if it says nothing that can be so."""
    try:
        cost = Decimal(text)
        nano_of(cost)
    except (InvalidOperation, ValueError):
        return None
    return cost


def cost_of(
    candidate: Candidate, ending: Ending | None, usage: Usage | None
) -> tuple[Decimal | None, CostSource | None]:
    """Return what a call cost in USD, and who says so.

    OpenRouter bills by its own word; anybody else's counts only where the catalogue has no price,
    or a server that says 0 would do away with every limit.
    """
    told = told_cost(ending.cost) if ending is not None and ending.cost is not None else None
    known = prices.cost(candidate.model.prices, usage) if usage is not None else None
    if told is not None and (known is None or candidate.provider.kind == "openrouter"):
        return told, "provider"
    return known, None if known is None else "catalog"


def _nano(cost: Decimal | None) -> int | None:
    """Return a cost in nano-USD, None if it is unknown or more than anything can cost."""
    if cost is None:
        return None
    try:
        return nano_of(cost)
    except ValueError:
        return None


def _estimated_cost(expected: Estimate, model: Model) -> int | None:
    """Return what a call may cost in nano-USD, None where that cannot be said."""
    try:
        return cost_estimate(expected, model)
    except ValueError:
        return None
