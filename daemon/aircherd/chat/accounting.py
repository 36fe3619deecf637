"""Accounts for calls: what they may use under the limits, and what they used, in the ledger.

room_for    before a call, for plans: the limit that it would exceed
begin       right before a call: reserve, and begin its row; or return the limit that is full,
            or for which the fleet has to be asked
settle      after the call: record what it used, however it ended
"""

from collections import defaultdict

import msgspec

from aircher_wire import codes
from aircherd.audit.audit_log import KeyUses
from aircherd.chat.caller import Caller
from aircherd.chat.replies.reply import Reply
from aircherd.chat.spending.expectations import Expectations, asked_of
from aircherd.chat.spending.limit_queue import LimitQueue
from aircherd.chat.spending.pricing import Pricing
from aircherd.events import EventBus
from aircherd.routing.candidate import Candidate
from aircherd.usage.ledger.ledger import Ledger
from aircherd.usage.limits.reservation import (
    Amounts,
    GrantNeeded,
    High,
    LimitKey,
    Reservation,
)
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.usage.observed_use import Asked, Expectation
from aircherd.usage.output_estimator import OutputEstimator
from aircherd.vocabulary.availability import Limited, LimitStatus
from aircherd.vocabulary.chat import Requirements
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Usage
from aircherd.vocabulary.usage import Settled, Started

MAX_AGE = 3600.0
"""Seconds: no call in progress is older."""
MAX_TOKENS = 10**8
"""Of one call: context windows have a hundredth of that. Larger counts are ignored."""
_CUT_OFF = frozenset({"ok", codes.CANCELLED, codes.TIMEOUT, codes.TRUNCATED})
"""Outcomes after which the provider may have produced output that was not received."""


class PendingCharge(Started, kw_only=True, eq=False):
    """One call in progress: its row in the ledger, and its reservation if there are limits."""

    candidate: Candidate
    accounting: "UsageAccounting"
    bound: int
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
            candidate = self.candidate
            cost, source = accounting.pricing.cost_of(
                candidate.provider.kind, candidate.model.prices, ending.cost, usage
            )
            nano = None if cost is None else cost.nano
            settled = Settled(outcome, ms, first_ms, usage, nano, source)
        if outcome == "ok":
            accounting.outputs.record(self.provider, self.model, output)
            accounting.note((self, settled))
        accounting.settle(self, settled)
        return None if cost is None else cost.usd

    def _settle_estimated(
        self, outcome: str, ms: int, first_ms: int | None, reply: Reply, *, was_sent: bool
    ) -> str | None:
        """Record a call without reliable counts; return its cost in USD if known.

        The counts are estimated, but a call that produced nothing used nothing.
        """
        accounting, candidate, ending = self.accounting, self.candidate, reply.ending
        kind, prices = candidate.provider.kind, candidate.model.prices
        reported = None if ending is None else ending.cost
        known, source = accounting.pricing.cost_of(kind, prices, reported, None)
        nano = None if known is None else known.nano
        was_producing = produced_output(outcome, reply, was_sent=was_sent)
        if not was_producing and reply.usage is None:
            nano = 0 if known is None else nano
            accounting.settle(self, Settled(outcome, ms, first_ms, None, nano, source))
            return None if known is None else known.usd
        usage = reply.usage if reply.usage is None or is_plausible(reply.usage) else None
        if was_producing:
            usage = self._at_least(usage, is_over=outcome == "ok")
        cost_estimated = False
        if known is None and usage is not None and prices is not None:
            cost = accounting.pricing.catalog_cost(prices, usage)
            cost_estimated, nano = cost is not None, cost and cost.nano
        settled = Settled(outcome, ms, first_ms, usage, nano, source, was_producing, cost_estimated)
        if outcome == "ok":
            accounting.note((self, settled))
        accounting.settle(self, settled)
        return None if known is None else known.usd

    def _at_least(self, reported: Usage | None, *, is_over: bool) -> Usage:
        """Return the estimate, or the counts `reported` so far where they are higher.

        Under a limit, the estimate is what such calls usually use, and high for a call that was cut
        off while that is unknown.
        """
        given, output = self.input_estimate, self.output_estimate
        if self.reservation is not None:
            found = self.accounting.expectation(self)
            if found.is_known or not is_over:
                given, output = found.usual.input_tokens, found.usual.output_tokens
        if reported is None:
            return Usage(given, output)
        return msgspec.structs.replace(
            reported,
            input_tokens=reported.input_tokens or given,
            output_tokens=max(reported.output_tokens, output),
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
        key_uses: KeyUses | None = None,
    ) -> None:
        self._ledger = ledger
        self.saving = ledger.queue
        self.wait_until_saved = ledger.wait_until_saved
        self._key_uses = defaultdict(int) if key_uses is None else key_uses
        self._limits = limits
        self._clock, self._steady = limits.clock, limits.steady
        self._bus = bus
        self.outputs = outputs or OutputEstimator()
        self.pricing = Pricing()
        self.expectations = Expectations(self.pricing)
        self.note = self.expectations.note
        self.queue = LimitQueue()
        self._unknown: dict[tuple[str, str], list[PendingCharge]] = {}  # under limits
        limits.before_first_limit = self._admit_open
        limits.after_change = self.queue.wake_all
        limits.on_room = self.queue.wake_next

    def expected_output(self, provider: str, model: Model, requirements: Requirements) -> int:
        """Return how many output tokens to expect: for reservations and for comparing prices.

        The request's maximum if it has one, else the estimate for this model, but at most the
        model's maximum.
        """
        output = requirements.output_tokens or self.outputs.estimate(provider, model.id)
        maximum = model.max_output
        return output if maximum is None or output <= maximum else maximum

    def room_for(
        self,
        caller: Caller,
        provider: str,
        key: str | None,
        model: Model,
        requirements: Requirements,
    ) -> Limited | None:
        """Return the limit that such a call would exceed now, None if there is none."""
        if not self._limits.has_limits:
            return None
        least, high = self._may_use(provider, model, requirements)
        limit_key = LimitKey(provider, key, model.id, caller.client, caller.project)
        return self._limits.check(limit_key, least.tokens, least.nano, high)

    def _may_use(
        self, provider: str, model: Model, requirements: Requirements
    ) -> tuple[Amounts, High]:
        """Return what a call uses at least and at most; an unpriced option makes its cost None."""
        asked = self._asked(provider, model, requirements)
        found, high = self.expectations.expect(provider, model, asked, self._clock())
        if requirements.unpriced:
            amounts = self.expectations.amounts
            return amounts(None, found.least), High(amounts(None, found.high), high.is_known)
        return self.expectations.amounts(model.prices, found.least), high

    def _asked(self, provider: str, model: Model, requirements: Requirements) -> Asked:
        output = self.expected_output(provider, model, requirements)
        bound = output if requirements.output_tokens else 0
        return Asked(requirements.input_tokens, output, bound)

    def expectation(self, charge: PendingCharge) -> Expectation:
        """Return what the call of `charge` may use, as it is known now."""
        asked = asked_of(charge)
        model = charge.candidate.model
        return self.expectations.expect(charge.provider, model, asked, self._clock())[0]

    def begin(
        self,
        candidate: Candidate,
        caller: Caller,
        requirements: Requirements,
        *,
        has_turn: bool = False,
    ) -> PendingCharge | Limited | GrantNeeded:
        """Reserve what the call may use and begin its row, or return the limit that is full.

        `has_turn`: it has waited for a grant.
        """
        model, reservation = candidate.model, None
        provider, name, tokens = candidate.provider.name, model.id, requirements.input_tokens
        output = self.expected_output(provider, model, requirements)
        prices = model.prices
        cost = None if prices is None else self.pricing.estimated_cost(prices, tokens, output)
        if self._limits.has_limits:
            found = self._reserve(candidate, caller, requirements, has_turn=has_turn)
            if not isinstance(found, Reservation):
                return found
            reservation = found
        self._key_uses[caller, provider, candidate.key] += 1
        charge = PendingCharge(
            at=self._clock(),
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
            bound=requirements.output_tokens,
            reservation=reservation,
        )
        self._ledger.begin(charge)
        if reservation is not None and not reservation.is_known:
            self._unknown.setdefault((provider, name), []).append(charge)
        return charge

    def _reserve(
        self,
        candidate: Candidate,
        caller: Caller,
        requirements: Requirements,
        *,
        has_turn: bool,
    ) -> Reservation | Limited | GrantNeeded:
        model, provider = candidate.model, candidate.provider.name
        least, high = self._may_use(provider, model, requirements)
        key = LimitKey(provider, candidate.key, model.id, caller.client, caller.project)
        return self._limits.reserve(key, least.tokens, least.nano, high, has_turn=has_turn)

    async def wait_for_grant(self, needed: GrantNeeded) -> Limited | None:
        """Wait until a request may try again: None, or return why it need not.

        There must be no checkpoint before it does. Nothing is reserved meanwhile.
        """
        sharing = self._limits.sharing
        if sharing is None or await sharing.wait(needed):
            return None
        return self.grant_refusal(needed)

    def grant_refusal(self, needed: GrantNeeded) -> Limited:
        """Return why a request that needs a grant gets none."""
        return self._limits.refusal(needed)

    def settle(self, charge: PendingCharge, settled: Settled) -> None:
        """Record how a call ended, in the ledger and under the limits."""
        self._ledger.settle(charge, settled)
        reservation = charge.reservation
        if reservation is not None:
            usage, produced = settled.usage, settled.usage is not None
            for status in reservation.settle(usage, settled.cost_nano, produced=produced):
                self._publish(status)
            if not reservation.is_known:
                self._learn(charge)
            if not self.queue.is_empty:
                for hold in reservation.holds:
                    self.queue.wake_next(hold.counter.description)

    def _learn(self, charge: PendingCharge) -> None:
        """If the call of `charge` showed what others of its model use, reserve that for them."""
        key = (charge.provider, charge.model)
        waiting = self._unknown[key]
        waiting.remove(charge)
        if waiting and self.expectation(charge).is_known:
            for other in waiting:
                assert other.reservation is not None
                high = self.expectation(other).high
                amounts = self.expectations.amounts(other.candidate.model.prices, high)
                self._limits.learn(other.reservation, amounts)
                other.reservation.is_known = True
            waiting.clear()
        if not waiting:
            del self._unknown[key]

    def _admit_open(self) -> None:
        """Reserve for the calls in progress that began when there was no limit."""
        clock, steady = self._clock(), self._steady()
        for charge in self._ledger.in_progress:
            if isinstance(charge, PendingCharge) and charge.reservation is None:
                key = LimitKey(
                    charge.provider, charge.key, charge.model, charge.client, charge.project
                )
                tokens = charge.input_estimate + charge.output_estimate
                # No call is older; if the clock was set meanwhile, its age is not known better.
                age = min(max(clock - charge.at, 0.0), MAX_AGE)
                charge.reservation = self._limits.admit(
                    key, tokens, charge.cost_estimate_nano, steady - age, charge.at
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
