"""Accounts for calls: what they may use under the limits, and what they used, in the ledger.

room_for    before a call, for plans: the limit that it would exceed
begin       right before a call: reserve, and begin its row; or return the limit that is full
settle      after the call: record what it used, however it ended
"""

from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import msgspec

from aircher_wire import codes
from aircherd.catalog import decimal_cost
from aircherd.chat.caller import Caller
from aircherd.chat.replies.reply import Reply
from aircherd.events import EventBus
from aircherd.routing.candidate import Candidate
from aircherd.usage.integer_cost import TokenPrices, token_prices
from aircherd.usage.ledger.ledger import Ledger
from aircherd.usage.limits.reservation import LimitKey, Reservation
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.usage.nano_usd import to_nano
from aircherd.usage.output_estimator import OutputEstimator
from aircherd.vocabulary.availability import Limited, LimitStatus
from aircherd.vocabulary.chat import Requirements
from aircherd.vocabulary.models import Model, Prices
from aircherd.vocabulary.reply import Usage
from aircherd.vocabulary.usage import CostSource, Settled, Started

MAX_TOKENS = 10**8
"""Of one call: context windows have a hundredth of that. Larger counts are ignored."""
MAX_PRICES = 2000
"""How many models have their prices cached as integers."""

_CUT_OFF = frozenset({"ok", codes.CANCELLED, codes.TIMEOUT, codes.TRUNCATED})
"""Outcomes after which the provider may have produced output that was not received."""


class Cost(NamedTuple):
    """What a call cost: the exact USD as decimal text, and nano-USD, None if too large."""

    usd: str
    nano: int | None


class PendingCharge(Started, kw_only=True, eq=False):
    """One call in progress: its row in the ledger, and its reservation if there are limits."""

    candidate: Candidate
    accounting: "UsageAccounting"
    reservation: Reservation | None = None

    def settle(
        self, outcome: str, ms: int, first_ms: int | None, reply: Reply, *, was_sent: bool = True
    ) -> str | None:
        """Record what the call used, however it ended; return its cost in USD if known.

        Args:
            outcome: `ok` or an error code.
            ms: How long the call took, in milliseconds.
            first_ms: How long the first output took.
            reply: What was received.
            was_sent: Whether any of the request was sent.
        """
        ending = reply.ending
        if ending is None or (usage := ending.usage) is None:
            return self._settle_estimated(outcome, ms, first_ms, reply, was_sent=was_sent)
        output = usage.output_tokens
        if output > MAX_TOKENS or usage.input_tokens > MAX_TOKENS:
            return self._settle_estimated(outcome, ms, first_ms, reply, was_sent=was_sent)
        accounting, cost = self.accounting, None
        if ending.cost is None and self.candidate.model.prices is None:
            settled = Settled(outcome, ms, first_ms, usage, None, None)
        else:
            cost, source = accounting.cost_of(self.candidate, ending.cost, usage)
            nano = None if cost is None else cost.nano
            settled = Settled(outcome, ms, first_ms, usage, nano, source)
        accounting.settle(self, settled)
        if outcome == "ok":
            accounting.outputs.record(self.provider, self.model, output)
        return None if cost is None else cost.usd

    def _settle_estimated(
        self, outcome: str, ms: int, first_ms: int | None, reply: Reply, *, was_sent: bool
    ) -> str | None:
        """Record a call without reliable counts; return its cost in USD if known.

        The counts are estimated, but a call that produced nothing used nothing.
        """
        accounting, candidate, ending = self.accounting, self.candidate, reply.ending
        known, source = accounting.cost_of(candidate, None if ending is None else ending.cost, None)
        nano = None if known is None else known.nano
        was_producing = produced_output(outcome, reply, was_sent=was_sent)
        if not was_producing and reply.usage is None:
            nano = 0 if known is None else nano
            accounting.settle(self, Settled(outcome, ms, first_ms, None, nano, source))
            return None if known is None else known.usd
        usage = reply.usage if reply.usage is None or is_plausible(reply.usage) else None
        if was_producing:
            usage = self._at_least(usage)
        cost_estimated = False
        if known is None and usage is not None and candidate.model.prices is not None:
            cost = accounting.catalog_cost(candidate.model.prices, usage)
            cost_estimated, nano = cost is not None, cost and cost.nano
        settled = Settled(outcome, ms, first_ms, usage, nano, source, was_producing, cost_estimated)
        accounting.settle(self, settled)
        return None if known is None else known.usd

    def _at_least(self, reported: Usage | None) -> Usage:
        """Return the estimate, or the counts `reported` so far where they are higher."""
        if reported is None:
            return Usage(self.input_estimate, self.output_estimate)
        return msgspec.structs.replace(
            reported,
            input_tokens=reported.input_tokens or self.input_estimate,
            output_tokens=max(reported.output_tokens, self.output_estimate),
        )

    def __repr__(self) -> str:
        return f"<PendingCharge {self.id} of {self.candidate.origin}>"


class UsageAccounting:
    """The limits and the ledger of all requests. Nothing here waits."""

    def __init__(
        self,
        ledger: Ledger,
        limits: LimitTracker,
        bus: EventBus,
        outputs: OutputEstimator | None = None,
    ) -> None:
        self._ledger = ledger
        self._limits = limits
        self._clock = limits.clock
        self._bus = bus
        self.outputs = outputs or OutputEstimator()
        self._prices: dict[int, tuple[Prices, TokenPrices | None]] = {}  # by id(Prices)
        limits.before_first_limit = self._admit_open

    def expected_output(self, provider: str, model: Model, requirements: Requirements) -> int:
        """Return how many output tokens to expect: for reservations and for comparing prices.

        The request's maximum if it has one, else the estimate for this model, but at most the
        model's maximum.
        """
        output = requirements.output_tokens or self.outputs.estimate(provider, model.id)
        maximum = model.max_output
        return output if maximum is None or output <= maximum else maximum

    def room_for(
        self, client: str, provider: str, key: str | None, model: Model, requirements: Requirements
    ) -> Limited | None:
        """Return the limit that such a call would exceed now, None if there is none."""
        if not self._limits.has_limits:
            return None
        output = self.expected_output(provider, model, requirements)
        cost = self._estimated_cost(model.prices, requirements.input_tokens, output)
        limit_key = LimitKey(provider, key, model.id, client)
        return self._limits.check(limit_key, requirements.input_tokens + output, cost)

    def begin(
        self, candidate: Candidate, caller: Caller, requirements: Requirements
    ) -> PendingCharge | Limited:
        """Reserve what the call may use and begin its row, or return the limit that is full."""
        model, reservation = candidate.model, None
        provider, name, tokens = candidate.provider.name, model.id, requirements.input_tokens
        output = self.expected_output(provider, model, requirements)
        cost = None if model.prices is None else self._estimated_cost(model.prices, tokens, output)
        if self._limits.has_limits:
            key = LimitKey(provider, candidate.key, name, caller.client)
            found = self._limits.reserve(key, tokens + output, cost)
            if isinstance(found, Limited):
                return found
            reservation = found
        charge = PendingCharge(
            at=self._clock() if reservation is None else reservation.at,
            provider=provider,
            model=name,
            key=candidate.key,
            client=caller.client,
            project=caller.project,
            input_estimate=tokens,
            output_estimate=output,
            cost_estimate_nano=cost,
            candidate=candidate,
            accounting=self,
            reservation=reservation,
        )
        self._ledger.begin(charge)
        return charge

    def settle(self, charge: PendingCharge, settled: Settled) -> None:
        """Record how a call ended, in the ledger and under the limits."""
        self._ledger.settle(charge, settled)
        reservation = charge.reservation
        if reservation is not None:
            usage, produced = settled.usage, settled.usage is not None
            for status in reservation.settle(usage, settled.cost_nano, produced=produced):
                self._publish(status)

    def cost_of(
        self, candidate: Candidate, reported: str | None, usage: Usage | None
    ) -> tuple[Cost | None, CostSource | None]:
        """Return the cost of a call and its source; `reported` is the provider's report in USD.

        OpenRouter bills what it reports. The report of another provider counts only if the catalog
        has no price: otherwise a server that reports 0 would bypass every limit.
        """
        prices, known = candidate.model.prices, None
        if prices is not None and usage is not None:
            known = self.catalog_cost(prices, usage)
        if reported is not None and (known is None or candidate.provider.kind == "openrouter"):
            cost = reported_cost(reported)
            if cost is not None:
                return cost, "provider"
        return known, None if known is None else "catalog"

    def catalog_cost(self, prices: Prices, usage: Usage) -> Cost | None:
        """Return what a call costs at these prices, None if they are invalid."""
        in_units = self._token_prices(prices)
        if in_units is None:
            amount = decimal_cost.cost(prices, usage)
            return None if amount is None else _cost(amount)
        units = in_units.cost(usage)
        return None if units is None else Cost(in_units.text(units), in_units.nano(units))

    def _estimated_cost(self, prices: Prices | None, tokens: int, output: int) -> int | None:
        """Return what a call may cost in nano-USD, None if unknown."""
        if prices is None:
            return None
        in_units = self._token_prices(prices)
        if in_units is not None:
            return in_units.estimate(tokens, output)
        cost = self.catalog_cost(prices, Usage(tokens, output))
        return None if cost is None else cost.nano

    def _token_prices(self, prices: Prices) -> TokenPrices | None:
        found = self._prices.get(id(prices))  # stays unique: the cache holds a reference
        if found is None:
            if len(self._prices) >= MAX_PRICES:
                self._prices.clear()
            found = self._prices[id(prices)] = (prices, token_prices(prices))
        return found[1]

    def _admit_open(self) -> None:
        """Reserve for the calls in progress that began when there was no limit."""
        for charge in self._ledger.in_progress:
            if isinstance(charge, PendingCharge) and charge.reservation is None:
                key = LimitKey(charge.provider, charge.key, charge.model, charge.client)
                tokens = charge.input_estimate + charge.output_estimate
                charge.reservation = self._limits.admit(
                    key, tokens, charge.cost_estimate_nano, charge.at
                )

    def _publish(self, status: LimitStatus) -> None:
        self._bus.publish("usage", lambda: msgspec.to_builtins(status))

    def __repr__(self) -> str:
        return f"<UsageAccounting {self._ledger!r} {self._limits!r}>"


def is_plausible(usage: Usage) -> bool:
    """Return whether the counts are possible."""
    return usage.input_tokens <= MAX_TOKENS >= usage.output_tokens


def produced_output(outcome: str, reply: Reply, *, was_sent: bool) -> bool:
    """Return whether the provider had begun to produce output.

    A call that was cut off, by a deadline or by the client, counts: without a stream, output is
    received only at the end.
    """
    has_output = reply.has_begun or reply.ending is not None
    return has_output or (was_sent and outcome in _CUT_OFF)


def reported_cost(text: str) -> Cost | None:
    """Return the cost that a provider reported, None if it is not a valid amount."""
    try:
        amount = Decimal(text)
        return Cost(decimal_cost.decimal_text(amount), to_nano(amount))
    except (InvalidOperation, ValueError):
        return None


def _cost(amount: Decimal) -> Cost:
    try:
        return Cost(decimal_cost.decimal_text(amount), to_nano(amount))
    except ValueError:  # more than anything can cost
        return Cost(decimal_cost.decimal_text(amount), None)
