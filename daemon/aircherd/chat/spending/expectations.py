"""What a call may use under limits, from what earlier calls of its model really used."""

import math
from collections import deque
from collections.abc import Iterable
from typing import Protocol

from aircherd.chat.spending.pricing import Pricing
from aircherd.routing.candidate import Candidate
from aircherd.usage.limits.reservation import Amounts, High
from aircherd.usage.observed_use import (
    ALMOST,
    Asked,
    Expectation,
    ObservedModel,
    ObservedUse,
    Use,
)
from aircherd.vocabulary.models import Model, Prices
from aircherd.vocabulary.usage import Settled

MAX_UNREAD = 256
"""Calls that are noted and not yet observed: without limits, nothing waits for them."""


class Call(Protocol):
    """A call: what was estimated before it. `bound` is its `max_tokens`, 0 without one."""

    at: float
    input_estimate: int
    output_estimate: int
    bound: int

    @property
    def candidate(self) -> Candidate:
        """What was called."""


def asked_of(call: Call) -> Asked:
    """Return what was asked of a call: a model's own maximum bounds the request's."""
    output = call.output_estimate
    return Asked(call.input_estimate, output, output if call.bound else 0)


class Expectations:
    """Notes what calls used, and returns what others may use.

    `note` is on the path of every request, and does nothing but keep the call.
    """

    def __init__(self, pricing: Pricing) -> None:
        self._pricing = pricing
        self._observed = ObservedUse()
        self._unread: deque[tuple[Call, Settled]] = deque(maxlen=MAX_UNREAD)
        self.note = self._unread.append

    def expect(
        self, provider: str, model: Model, asked: Asked, now: float
    ) -> tuple[Expectation, High]:
        """Return what a call may use, as tokens and as amounts that limits count."""
        self._observe()
        found = self._observed.expect(provider, model.id, asked, model.max_output, now)
        return found, High(self.amounts(model.prices, found.high), found.is_known)

    def amounts(self, prices: Prices | None, use: Use) -> Amounts:
        """Return what limits count of such a call."""
        tokens, output, factor = use
        cost = self._pricing.estimated_cost(prices, tokens, output)
        if cost is not None and factor != 1:
            cost = math.ceil(cost * factor * ALMOST)
        return Amounts(1, tokens + output, cost)

    def take_if_changed(self) -> list[ObservedModel]:
        """Return all models that were used, none if no call has ended since the last call of this.

        Oldest first.
        """
        self._observe()
        return self._observed.take_if_changed()

    def restore(self, observed: Iterable[ObservedModel]) -> None:
        """Include what was observed before the start, oldest first."""
        self._observe()
        self._observed.restore(observed)

    def _observe(self) -> None:
        unread = self._unread
        while unread:
            self._record(*unread.popleft())

    def _record(self, call: Call, settled: Settled) -> None:
        provider, model, usage = call.candidate.provider.name, call.candidate.model, settled.usage
        asked = asked_of(call)
        if usage is None or settled.tokens_estimated:  # its server reports nothing
            used = Use(asked.input_tokens, asked.output_tokens)
            self._observed.record(provider, model.id, asked, used, call.at, has_cost=False)
            return
        factor = None
        if settled.cost_source == "provider" and settled.cost_nano and model.prices is not None:
            catalog = self._pricing.catalog_cost(model.prices, usage)
            if catalog is not None and catalog.nano:
                factor = settled.cost_nano / catalog.nano
        used = Use(usage.input_tokens, usage.output_tokens, factor or 1.0)
        has_cost = factor is not None
        self._observed.record(provider, model.id, asked, used, call.at, has_cost=has_cost)

    def __repr__(self) -> str:
        return f"<Expectations from {self._observed!r}>"
