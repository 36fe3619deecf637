"""Who cannot serve a request now, and why: one function for each reason, in order.

A filter returns what the client is told, None for a candidate that passes.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from aircher_wire import codes
from aircherd.routing.candidate import Candidate
from aircherd.routing.state import RoutingState
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.availability import Limited
from aircherd.vocabulary.chat import Requirements

ABILITIES = {
    "tools": "cannot call tools",
    "images": "cannot see pictures",
    "reasoning": "cannot think before it answers",
    "json_schema": "cannot answer by a JSON schema",
    "sampling": "takes no temperature or top_p",
}
"""By the fields of `Model`: how a model that lacks one is described."""


class FilterContext(msgspec.Struct, frozen=True):
    """What a filter goes by besides the candidate.

    `dearest` is the most that a call may cost, in USD.
    """

    requirements: Requirements
    view: RoutingState
    dearest: Decimal | None = None


Filter = Callable[[Candidate, FilterContext], Skipped | None]

SIZE_TOLERANCE = 2
"""A guess at a size may be so many times too high: prose and tables have long tokens.

Whom we leave out by it cannot say that it would have fitted; who is too small says so at no cost.
"""


def lacks_ability(candidate: Candidate, context: FilterContext) -> Skipped | None:
    """Leave out a model that is known not to do what the request uses."""
    for name in context.requirements.abilities:
        if getattr(candidate.model, name) is False:
            return candidate.skipped(codes.BAD_REQUEST, f"{candidate.origin} {ABILITIES[name]}")
    return None


def too_small(candidate: Candidate, context: FilterContext) -> Skipped | None:
    """Leave out a model whose window is too small, beyond all doubt about the request's size."""
    window, wanted = candidate.model.window, context.requirements.input_tokens
    if window is None or wanted <= window * SIZE_TOLERANCE:
        return None
    return candidate.skipped(
        codes.CONTEXT_TOO_LONG,
        f"{candidate.origin} holds {window} tokens, and the request has about {wanted}",
    )


def cooling(candidate: Candidate, context: FilterContext) -> Skipped | None:
    """Leave out who failed lately; one that is due for a probe passes."""
    found = context.view.cooling(candidate.provider.name, candidate.key, candidate.model.id)
    if found is None or found.is_probe_due:
        return None
    return candidate.skipped(found.reason, found.message, found.until)


def limited(candidate: Candidate, context: FilterContext) -> Skipped | None:
    """Leave out who would break one of the user's limits."""
    found = context.view.limited(candidate.provider.name, candidate.key, candidate.model)
    return over_limit(candidate, found) if found else None


def over_limit(candidate: Candidate, found: Limited) -> Skipped:
    """Return the record of a candidate who would break that limit.

    Where a price is missing it is told of which model, and where to write it: the limit is not
    about one.
    """
    message = found.message
    if found.reason == codes.PRICE_UNKNOWN and found.status is not None:
        message = (
            f"{candidate.origin} is under a limit in USD ({found.status.limit}), and its price is "
            f'not known: write it under [catalog."{candidate.origin}"]'
        )
    return candidate.skipped(found.reason, message, found.until)


def too_dear(candidate: Candidate, context: FilterContext) -> Skipped | None:
    """Leave out who costs more than `max_cost_increase` allows; an unknown price passes."""
    if context.dearest is None:
        return None
    price = context.view.price(candidate.provider.name, candidate.model)
    if price is None or price <= context.dearest:
        return None
    return candidate.skipped(
        codes.TOO_EXPENSIVE,
        f"{candidate.origin} would cost about {_dollars(price)}, and the first choice's price "
        f"allows for {_dollars(context.dearest)} (max_cost_increase)",
    )


def _dollars(amount: Decimal) -> str:
    """Return an amount to two digits that say something: most requests cost less than a cent."""
    return f"${Decimal(f'{amount:.2g}'):f}"


FILTERS: tuple[Filter, ...] = (lacks_ability, too_small, cooling, limited, too_dear)
BUT_COOLING = tuple(check for check in FILTERS if check is not cooling)


def may_be_last_resort(candidate: Candidate, context: FilterContext) -> bool:
    """Tell whether nothing but a guess speaks against `candidate`.

    A cooldown that no vendor asked for spares the others the wait; where there are no others, a
    person who asks again shall not be told to wait for what may be over.
    """
    found = context.view.cooling(candidate.provider.name, candidate.key, candidate.model.id)
    if found is None or not found.is_guess:
        return False
    return reason_against(candidate, context, BUT_COOLING) is None


def reason_against(
    candidate: Candidate, context: FilterContext, filters: Sequence[Filter] = FILTERS
) -> Skipped | None:
    """Return the first reason not to ask `candidate`, None if there is none."""
    for check in filters:
        if skipped := check(candidate, context):
            return skipped
    return None
