"""What a request may use and has used: the limits it falls under, and its rows in the ledger.

room_for    would this candidate break a limit?            for plans
open        right before a call: reserve, and begin a row  or say which limit is full by now
settle      after it: what it took, however it ended
"""

from decimal import Decimal, InvalidOperation
from typing import Literal

import msgspec

from aircher_wire import codes
from aircherd.catalog import prices
from aircherd.chat.caller import Caller
from aircherd.chat.reply import Reply
from aircherd.events import EventBus
from aircherd.routing.candidate import Candidate
from aircherd.usage.estimate import cost_estimate
from aircherd.usage.ledger import Ledger
from aircherd.usage.limit_book import LimitBook
from aircherd.usage.money import nano_of
from aircherd.usage.reservation import Asking, Reservation
from aircherd.usage.usual_output import UsualOutput
from aircherd.vocabulary.limited import Limited, LimitStatus
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.needs import Needs
from aircherd.vocabulary.reply import Ending, Usage
from aircherd.vocabulary.usage import Estimate, Settled, Started

CostSource = Literal["provider", "catalog"]


class Took(msgspec.Struct, frozen=True, kw_only=True):
    """How a call ended: its outcome (`ok` or an error code), milliseconds, and what came of it."""

    outcome: str
    ms: int
    first_ms: int | None
    reply: Reply

    @property
    def was_fruitless(self) -> bool:
        """Whether nothing can have been served: it was refused, or never got there.

        What was cut off, by a deadline or by the client, was being worked on all the same: without
        a stream nothing is seen of that before the end.
        """
        is_cut_off = self.outcome in ("ok", codes.CANCELLED, codes.TIMEOUT, codes.TRUNCATED)
        return not is_cut_off and not self.reply.has_begun and self.reply.usage is None


class Account:
    """The limits and the ledger of all requests. Nothing here waits."""

    def __init__(self, ledger: Ledger, limits: LimitBook, bus: EventBus) -> None:
        self._ledger = ledger
        self._limits = limits
        self._bus = bus
        self._usual = UsualOutput()

    def room_for(
        self, client: str, provider: str, key: str | None, model: Model, needs: Needs
    ) -> Limited | None:
        """Return the limit that such a call would break now, None if there is none."""
        if not self._limits.has_limits:
            return None
        expected = self._estimate(provider, model, needs)
        asking = Asking(provider, key, model.id, client)
        return self._limits.check(asking, expected, _estimated_cost(expected, model))

    def open(self, candidate: Candidate, caller: Caller, needs: Needs) -> "Entry | Limited":
        """Reserve what the call may take and begin its row; or return the limit that is full."""
        provider, model = candidate.provider.name, candidate.model
        expected = self._estimate(provider, model, needs)
        cost = _estimated_cost(expected, model)
        asking = Asking(provider, candidate.key, model.id, caller.client)
        held = self._limits.reserve(asking, expected, cost)
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
                input_estimate=expected.input_tokens,
                output_estimate=expected.output_tokens,
                cost_estimate_nano=cost,
            )
        )
        return Entry(self, number, held, candidate)

    def settle(self, number: int, held: Reservation, candidate: Candidate, took: Took) -> None:
        """Note what a call took."""
        usage = plausible(took.reply.usage)
        cost, source = cost_of(candidate, took.reply.ending, usage)
        if cost is None and took.was_fruitless:
            cost = Decimal(0)
        nano = _nano(cost)
        settled = Settled(
            outcome=took.outcome,
            ms=took.ms,
            first_ms=took.first_ms,
            usage=usage,
            cost_nano=nano,
            cost_source=source,
        )
        self._ledger.settle(number, settled)
        for news in held.settle(usage, nano, produced=not took.was_fruitless):
            self._publish(news)
        if usage is not None and took.outcome == "ok":
            self._usual.note(candidate.provider.name, candidate.model.id, usage.output_tokens)

    def _estimate(self, provider: str, model: Model, needs: Needs) -> Estimate:
        output = needs.output_tokens or self._usual.of(provider, model.id)
        if model.max_output is not None:
            output = min(output, model.max_output)
        return Estimate(needs.input_tokens, output)

    def _publish(self, status: LimitStatus) -> None:
        self._bus.publish("usage", lambda: msgspec.to_builtins(status))

    def __repr__(self) -> str:
        return f"<Account {self._ledger!r} {self._limits!r}>"


class Entry:
    """One call under way in the account."""

    def __init__(
        self, account: Account, number: int, held: Reservation, candidate: Candidate
    ) -> None:
        self._account = account
        self._number = number
        self._held = held
        self._candidate = candidate

    def settle(self, took: Took) -> None:
        """Note what the call took, however it ended."""
        self._account.settle(self._number, self._held, self._candidate, took)

    def __repr__(self) -> str:
        return f"<Entry {self._number} of {self._candidate.origin}>"


MOST_TOKENS = 10**8
"""Of one call: windows are a hundredth of that. More is rubbish, and would close limits."""


def plausible(usage: Usage | None) -> Usage | None:
    """Return the counts if they can be true, None if they cannot."""
    if usage is None or max(usage.input_tokens, usage.output_tokens) > MOST_TOKENS:
        return None
    return usage


def told_cost(text: str | None) -> Decimal | None:
    """Return what a provider says a call cost, None if it says nothing that can be so."""
    try:
        cost = Decimal(text or "")
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
    told = told_cost(ending.cost) if ending is not None else None
    known = prices.cost(candidate.model.prices, usage) if usage is not None else None
    if told is not None and (known is None or candidate.provider.kind == "openrouter"):
        return told, "provider"
    return known, None if known is None else "catalog"


def _nano(cost: Decimal | None) -> int | None:
    """Return a cost in nano-USD, None if it is unknown or more than anything can cost."""
    try:
        return None if cost is None else nano_of(cost)
    except ValueError:
        return None


def _estimated_cost(expected: Estimate, model: Model) -> int | None:
    """Return what a call may cost in nano-USD, None where that cannot be said."""
    try:
        return cost_estimate(expected, model)
    except ValueError:
        return None
