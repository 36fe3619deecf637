"""The token counts and the cost of a chat completions reply.

Counts are decoded only after they are known to be small.
"""

from decimal import Decimal

import msgspec

from aircherd.providers.codec.json_in import branch, count_of, counts_of, leaf
from aircherd.vocabulary.reply import Usage


class OpenAIUsage(msgspec.Struct, gc=False):
    """The counts as the API sends them; the cost fields are OpenRouter's."""

    prompt_tokens: msgspec.Raw = msgspec.Raw()
    completion_tokens: msgspec.Raw = msgspec.Raw()
    prompt_tokens_details: msgspec.Raw = msgspec.Raw()
    completion_tokens_details: msgspec.Raw = msgspec.Raw()
    cost: msgspec.Raw = msgspec.Raw()
    cost_details: msgspec.Raw = msgspec.Raw()
    is_byok: msgspec.Raw = msgspec.Raw()


class _CostDetails(msgspec.Struct, gc=False):
    upstream_inference_cost: msgspec.Raw = msgspec.Raw()


_COST_DETAILS = msgspec.json.Decoder(_CostDetails)

_NO_COST_DETAILS = _CostDetails()


class _Details(msgspec.Struct, gc=False):
    cached_tokens: msgspec.Raw = msgspec.Raw()
    cache_write_tokens: msgspec.Raw = msgspec.Raw()
    reasoning_tokens: msgspec.Raw = msgspec.Raw()


_DETAILS = msgspec.json.Decoder(_Details)

_NO_DETAILS = _Details()


def read_usage(usage: OpenAIUsage) -> Usage | None:
    """Normalise the counts; None if they are unknown. The input includes cached tokens."""
    counts = counts_of(usage.prompt_tokens, usage.completion_tokens)
    if counts is None:
        return None
    input_tokens, output_tokens = counts
    prompt = branch(_DETAILS, usage.prompt_tokens_details) or _NO_DETAILS
    completion = branch(_DETAILS, usage.completion_tokens_details) or _NO_DETAILS
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=min(count_of(prompt.cached_tokens), input_tokens),
        cache_write_tokens=min(count_of(prompt.cache_write_tokens), input_tokens),
        reasoning_tokens=count_of(completion.reasoning_tokens),
    )


def read_cost(usage: OpenAIUsage) -> str | None:
    """Return the cost of the call in USD, None if unknown or not known completely.

    `cost` is what OpenRouter itself charges. With the user's own key at the provider behind it
    (`is_byok`) that is only a fee, and the provider's charge is added. Without, the upstream cost
    is reported too but is part of `cost`.
    """
    cost = _amount(usage.cost)
    if cost is not None and leaf(usage.is_byok) is True:
        details = branch(_COST_DETAILS, usage.cost_details) or _NO_COST_DETAILS
        upstream = _amount(details.upstream_inference_cost)
        cost = None if upstream is None else cost + upstream
    return None if cost is None else format(cost, "f")


def _amount(raw: msgspec.Raw) -> Decimal | None:
    # A JSON number: repr() is its shortest exact text.
    amount = leaf(raw) if raw else None
    if isinstance(amount, int | float) and not isinstance(amount, bool) and 0 <= amount < 1e9:
        return Decimal(repr(amount))
    return None
