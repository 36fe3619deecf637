"""The reasons to skip a candidate now: one function for each, in order.

A filter returns the record for the client, None for a candidate that passes.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from aircher_wire import codes
from aircherd.catalog.non_chat_names import is_embedding_name
from aircherd.routing.candidate import Candidate
from aircherd.routing.state import RoutingState
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.availability import Limited
from aircherd.vocabulary.chat import Requirements

ABILITIES = {
    "tools": "cannot call tools",
    "images": "cannot read images",
    "documents": "cannot read documents (PDF)",
    "audio": "cannot listen to sound",
    "reasoning": "cannot reason before it answers",
    "json_schema": "cannot answer in a JSON schema",
    "sampling": "does not accept temperature or top_p",
}
"""Field of `Model` -> what a model that lacks the ability cannot do."""


class FilterContext(msgspec.Struct, frozen=True):
    """What filters use besides the candidate. `max_price` is the highest cost of a call in USD."""

    requirements: Requirements
    state: RoutingState
    max_price: Decimal | None = None


Filter = Callable[[Candidate, FilterContext], Skipped | None]

SIZE_TOLERANCE = 2
"""The factor by which the estimate of a request's size may be too high, as with prose and tables.

A skipped model cannot prove that the request would have fitted; one that is too small says so at no
cost.
"""


def only_embeds(candidate: Candidate, context: FilterContext) -> Skipped | None:
    """Skip a model for chats that turns text into vectors only."""
    if context.requirements.embeds or not is_embedding_name(candidate.model.id):
        return None
    message = f"{candidate.origin} turns text into vectors, and does not chat"
    return candidate.skipped(codes.BAD_REQUEST, message)


def lacks_ability(candidate: Candidate, context: FilterContext) -> Skipped | None:
    """Skip a model that is known not to support what the request uses."""
    for name in context.requirements.abilities:
        if getattr(candidate.model, name) is False:
            return candidate.skipped(codes.BAD_REQUEST, f"{candidate.origin} {ABILITIES[name]}")
    return None


def too_small(candidate: Candidate, context: FilterContext) -> Skipped | None:
    """Skip a model whose context window is too small, even if the estimate is too high."""
    window, tokens = candidate.model.window, context.requirements.input_tokens
    if window is None or tokens <= window * SIZE_TOLERANCE:
        return None
    return candidate.skipped(
        codes.CONTEXT_TOO_LONG,
        f"{candidate.origin} has a context window of {window} tokens, and the request has about "
        f"{tokens}",
    )


def cooling(candidate: Candidate, context: FilterContext) -> Skipped | None:
    """Skip a candidate that is cooling, unless a probe is due."""
    found = context.state.cooling(candidate.provider.name, candidate.key, candidate.model.id)
    if found is None or found.is_probe_due:
        return None
    return candidate.skipped(found.reason, found.message, found.until)


def limited(candidate: Candidate, context: FilterContext) -> Skipped | None:
    """Skip a candidate that would exceed one of the user's limits."""
    found = context.state.limited(candidate.provider.name, candidate.key, candidate.model)
    return skip_by_limit(candidate, found, context.requirements) if found else None


def skip_by_limit(candidate: Candidate, found: Limited, requirements: Requirements) -> Skipped:
    """Return the record of a candidate that would exceed that limit.

    A missing price is reported with what has none and what to do, because the limit does not name
    it: an option of the request, or the model.
    """
    message, unpriced = found.message, requirements.unpriced
    if found.reason == codes.PRICE_UNKNOWN and found.status is not None:
        limit, name = found.status.limit, candidate.origin
        message = (
            f"{name} is under a limit in USD ({limit}), and what {unpriced} costs is not known: "
            "leave it out, or write that limit in tokens or requests"
            if unpriced
            else f"{name} is under a limit in USD ({limit}), and its price is not known: write it "
            f'under [catalog."{name}"]'
        )
    return candidate.skipped(found.reason, message, found.until)


def too_expensive(candidate: Candidate, context: FilterContext) -> Skipped | None:
    """Skip a candidate that costs more than `max_cost_increase` allows; unknown prices pass."""
    if context.max_price is None:
        return None
    price = context.state.price(candidate.provider.name, candidate.model)
    if price is None or price <= context.max_price:
        return None
    costs = f"{candidate.origin} would cost about {_dollars(price)}"
    if context.max_price:
        why = f", and the first choice's price allows for {_dollars(context.max_price)}"
    else:
        why = ", and the first choice is free, so only free ones are tried"
    return candidate.skipped(codes.TOO_EXPENSIVE, f"{costs}{why} (max_cost_increase)")


def _dollars(amount: Decimal) -> str:
    """Format an amount with two significant digits: most requests cost less than a cent."""
    return f"${Decimal(f'{amount:.2g}'):f}"


FILTERS: tuple[Filter, ...] = (
    only_embeds,
    lacks_ability,
    too_small,
    cooling,
    limited,
    too_expensive,
)
FILTERS_EXCEPT_COOLING = tuple(check for check in FILTERS if check is not cooling)


def may_be_last_resort(candidate: Candidate, context: FilterContext) -> bool:
    """Return whether the only reason against `candidate` is a cooldown of guessed length.

    Such a cooldown saves time while there are other candidates. If there are none, it is better to
    try than to make the user wait for something that may be over.
    """
    found = context.state.cooling(candidate.provider.name, candidate.key, candidate.model.id)
    if found is None or not found.is_guess:
        return False
    return check_filters(candidate, context, FILTERS_EXCEPT_COOLING) is None


def check_filters(
    candidate: Candidate, context: FilterContext, filters: Sequence[Filter] = FILTERS
) -> Skipped | None:
    """Return the first reason to skip `candidate`, None if there is none."""
    for check in filters:
        if skipped := check(candidate, context):
            return skipped
    return None
