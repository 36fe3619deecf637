"""The token counts and the cost of a chat completions reply.

Servers differ in names, in places, and in what their counts include:

- cached tokens are part of the prompt, or, as in Anthropic's API, beside it;
- thinking is part of the completion, or, at xAI and Google, beside it;
- sound is part of the prompt, or, at Mistral, beside it. `total_tokens` tells.

Counts are decoded only after they are known to be small. Sources: the vendors' documentation, and
replies quoted in issues of other clients, November 2026.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from aircherd.providers.codec.json_in import MAX_COUNT, branch, count_of, counts_of, leaf
from aircherd.providers.codec.later_usage import later_usage
from aircherd.vocabulary.reply import Usage


class OpenAIUsage(msgspec.Struct, gc=False):
    """The counts as the API and its imitations send them."""

    prompt_tokens: msgspec.Raw = msgspec.Raw()
    completion_tokens: msgspec.Raw = msgspec.Raw()
    total_tokens: msgspec.Raw = msgspec.Raw()
    prompt_tokens_details: msgspec.Raw = msgspec.Raw()
    completion_tokens_details: msgspec.Raw = msgspec.Raw()
    # The names of OpenAI's Responses, and of Anthropic.
    input_tokens: msgspec.Raw = msgspec.Raw()
    output_tokens: msgspec.Raw = msgspec.Raw()
    input_tokens_details: msgspec.Raw = msgspec.Raw()
    output_tokens_details: msgspec.Raw = msgspec.Raw()
    cache_read_input_tokens: msgspec.Raw = msgspec.Raw()
    cache_creation_input_tokens: msgspec.Raw = msgspec.Raw()
    cache_creation: msgspec.Raw = msgspec.Raw()
    # The names of Moonshot, DeepSeek and Perplexity, and the two groups of Cohere.
    cached_tokens: msgspec.Raw = msgspec.Raw()
    prompt_cache_hit_tokens: msgspec.Raw = msgspec.Raw()
    prompt_cache_miss_tokens: msgspec.Raw = msgspec.Raw()
    reasoning_tokens: msgspec.Raw = msgspec.Raw()
    # The names of libraries in JavaScript, and of Gemini.
    prompt_camel: msgspec.Raw = msgspec.field(name="promptTokens", default=msgspec.Raw())
    completion_camel: msgspec.Raw = msgspec.field(name="completionTokens", default=msgspec.Raw())
    prompt_gemini: msgspec.Raw = msgspec.field(name="promptTokenCount", default=msgspec.Raw())
    answer_gemini: msgspec.Raw = msgspec.field(name="candidatesTokenCount", default=msgspec.Raw())
    tokens: msgspec.Raw = msgspec.Raw()
    billed_units: msgspec.Raw = msgspec.Raw()
    # The cost of OpenRouter, and of Perplexity as an object; of DeepInfra; of xAI. That of Venice
    # stands beside the counts.
    cost: msgspec.Raw = msgspec.Raw()
    cost_details: msgspec.Raw = msgspec.Raw()
    is_byok: msgspec.Raw = msgspec.Raw()
    estimated_cost: msgspec.Raw = msgspec.Raw()
    cost_in_usd_ticks: msgspec.Raw = msgspec.Raw()


class _CostDetails(msgspec.Struct, gc=False):
    upstream_inference_cost: msgspec.Raw = msgspec.Raw()


class _CostGroup(msgspec.Struct, gc=False):
    total_cost: msgspec.Raw = msgspec.Raw()
    usd: msgspec.Raw = msgspec.Raw()


class _Details(msgspec.Struct, gc=False):
    cached_tokens: msgspec.Raw = msgspec.Raw()
    audio_tokens: msgspec.Raw = msgspec.Raw()
    cache_write_tokens: msgspec.Raw = msgspec.Raw()
    cache_creation_tokens: msgspec.Raw = msgspec.Raw()  # LiteLLM
    cache_creation_input_tokens: msgspec.Raw = msgspec.Raw()  # Alibaba
    cache_creation_token_details: msgspec.Raw = msgspec.Raw()  # LiteLLM
    reasoning_tokens: msgspec.Raw = msgspec.Raw()


class _CacheCreation(msgspec.Struct, gc=False):
    ephemeral_1h_input_tokens: msgspec.Raw = msgspec.Raw()


class _Timings(msgspec.Struct, gc=False):
    """llama.cpp's measurements; `prompt_n` lacks what was in the cache."""

    prompt_n: msgspec.Raw = msgspec.Raw()
    cache_n: msgspec.Raw = msgspec.Raw()
    predicted_n: msgspec.Raw = msgspec.Raw()


_COST_DETAILS = msgspec.json.Decoder(_CostDetails)
_COST_GROUP = msgspec.json.Decoder(_CostGroup)
_DETAILS = msgspec.json.Decoder(_Details)
_CACHE_CREATION = msgspec.json.Decoder(_CacheCreation)
_TIMINGS = msgspec.json.Decoder(_Timings)
_USAGE = msgspec.json.Decoder(OpenAIUsage)

_NO_COST_DETAILS = _CostDetails()
_NO_DETAILS = _Details()

_TICKS_PER_USD_POWER = -10
"""The power of ten from xAI's unit of cost to USD."""


class UsageReader:
    """The counts and the cost of one reply, which may come in several chunks."""

    __slots__ = ("_is_measured", "cost", "usage")

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.cost: str | None = None
        self._is_measured = True  # no counts yet but those of `timings`

    def add(self, counts: OpenAIUsage | None, timings: msgspec.Raw) -> bool:
        """Add what a chunk says; return whether there are new counts."""
        found = None
        if counts is not None:
            found, cost = read_usage(counts), read_cost(counts)
            if cost is not None and (self.cost is None or found is None or _has_counts(found)):
                self.cost = cost
            if found is not None:
                self._is_measured = False
        if found is None and self._is_measured:
            found = _read_timings(timings)
        if found is None:
            return False
        self.usage = found if self.usage is None else later_usage(self.usage, found)
        return True

    def add_cost(self, raw: msgspec.Raw) -> None:
        """Add the cost that a server sends beside its counts, if it is one."""
        if (group := branch(_COST_GROUP, raw)) is not None:
            cost = _amount(group.usd)
            self.cost = self.cost if cost is None else format(cost, "f")


def _has_counts(usage: Usage) -> bool:
    return usage.input_tokens > 0 or usage.output_tokens > 0


def _read_timings(raw: msgspec.Raw) -> Usage | None:
    timings = branch(_TIMINGS, raw)
    if timings is None:
        return None
    counts = counts_of(timings.prompt_n, timings.cache_n, timings.predicted_n)
    if counts is None:
        return None
    read, cached, output = counts
    return Usage(min(read + cached, MAX_COUNT), output, cached)


# ------------------------------------------------------------------ counts


def read_usage(usage: OpenAIUsage) -> Usage | None:
    """Normalise the counts; None if they are unknown.

    The input includes cached tokens, the output includes thinking.
    """
    sums = _sums(usage)
    if sums is None:
        return None
    prompt, completion = sums
    asked = _details(usage.prompt_tokens_details, usage.input_tokens_details)
    spent = _details(usage.completion_tokens_details, usage.output_tokens_details)
    reasoning = _first_count(spent.reasoning_tokens, usage.reasoning_tokens)
    beside = _first_count(usage.cache_read_input_tokens)
    written = _first_count(usage.cache_creation_input_tokens)
    excess = count_of(usage.total_tokens) - prompt - completion
    if excess > 0 and excess == count_of(asked.audio_tokens):
        prompt, excess = prompt + excess, 0
    if reasoning > completion or (
        reasoning and excess in (reasoning, reasoning + beside + written)
    ):
        completion += reasoning
        excess -= reasoning
    if beside + written > prompt or (beside + written and excess == beside + written):
        prompt += beside + written
    elif excess > 0 and not (reasoning or beside or written or _is_known(spent.reasoning_tokens)):
        # Google: thinking is in the total only.
        reasoning = excess
        completion += excess
    prompt, completion = min(prompt, MAX_COUNT), min(completion, MAX_COUNT)
    cached = _first_count(asked.cached_tokens, usage.cached_tokens, usage.prompt_cache_hit_tokens)
    written = written or _first_count(
        asked.cache_write_tokens, asked.cache_creation_tokens, asked.cache_creation_input_tokens
    )
    written = min(written, prompt)
    return Usage(
        input_tokens=prompt,
        output_tokens=completion,
        cached_tokens=min(cached or beside, prompt),
        cache_write_tokens=written,
        reasoning_tokens=min(reasoning, MAX_COUNT),
        cache_write_1h_tokens=min(_hour_writes(usage, asked), written),
    )


def _sums(usage: OpenAIUsage) -> tuple[int, int] | None:
    """Return the counts of prompt and completion, by whatever name; None if they are unknown."""
    prompt = _named(usage.prompt_tokens, usage.input_tokens)
    completion = _named(usage.completion_tokens, usage.output_tokens)
    counts = counts_of(prompt, completion)
    if counts is None:
        if _is_known(prompt) or _is_known(completion):
            return None
        return _sums_elsewhere(usage)
    total = count_of(usage.total_tokens)
    if not _is_known(completion):
        return counts[0], max(total - counts[0], 0)
    if not _is_known(prompt):
        parts = count_of(usage.prompt_cache_hit_tokens) + count_of(usage.prompt_cache_miss_tokens)
        return parts or max(total - counts[1], 0), counts[1]
    return counts[0], counts[1]


def _sums_elsewhere(usage: OpenAIUsage) -> tuple[int, int] | None:
    """Return the counts of the few servers that have none of the usual names."""
    pairs = [
        (usage.prompt_camel, usage.completion_camel),
        (usage.prompt_gemini, usage.answer_gemini),
    ]
    groups = (branch(_USAGE, group) for group in (usage.tokens, usage.billed_units))
    pairs += [(group.input_tokens, group.output_tokens) for group in groups if group is not None]
    found = next((counts for pair in pairs if (counts := counts_of(*pair))), None)
    return None if found is None else (found[0], found[1])


def _named(name: msgspec.Raw, other: msgspec.Raw) -> msgspec.Raw:
    """Return the count under the usual name, or the other one if that is missing or 0."""
    return other if _is_known(other) and not (_is_known(name) and count_of(name)) else name


def _is_known(raw: msgspec.Raw) -> bool:
    return memoryview(raw).nbytes > 4 or bytes(raw) not in (b"", b"null")


def _details(*raws: msgspec.Raw) -> _Details:
    found: Iterable[_Details | None] = (branch(_DETAILS, raw) for raw in raws if _is_known(raw))
    return next((details for details in found if details is not None), _NO_DETAILS)


def _first_count(*raws: msgspec.Raw) -> int:
    """Return the first count that is more than 0."""
    return next((count for raw in raws if (count := count_of(raw))), 0)


def _hour_writes(usage: OpenAIUsage, asked: _Details) -> int:
    """Return how many tokens were written to the cache for an hour."""
    for raw in (usage.cache_creation, asked.cache_creation_token_details):
        if _is_known(raw) and (creation := branch(_CACHE_CREATION, raw)) is not None:
            return count_of(creation.ephemeral_1h_input_tokens)
    return 0


# ------------------------------------------------------------------ cost


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
    elif cost is None:
        cost = _other_cost(usage)
    return None if cost is None else format(cost, "f")


def _other_cost(usage: OpenAIUsage) -> Decimal | None:
    if _is_known(usage.cost) and (group := branch(_COST_GROUP, usage.cost)) is not None:
        return _amount(group.total_cost)
    if (estimated := _amount(usage.estimated_cost)) is not None:
        return estimated
    if _is_known(usage.cost_in_usd_ticks):
        return Decimal(count_of(usage.cost_in_usd_ticks)).scaleb(_TICKS_PER_USD_POWER).normalize()
    return None


def _amount(raw: msgspec.Raw) -> Decimal | None:
    # A JSON number: repr() is its shortest exact text.
    amount = leaf(raw) if raw else None
    if isinstance(amount, int | float) and not isinstance(amount, bool) and 0 <= amount < 1e9:
        return Decimal(repr(amount))
    return None
