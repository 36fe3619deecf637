"""The token counts of the Anthropic Messages API, which counts cached tokens separately.

A reply that took several passes of a model, because the vendor compacted the conversation, ran its
own tools or asked another model, lists them in `iterations`. Not all of them are in the counts
beside, but all are billed.

Counts are decoded only after they are known to be small.
"""

from typing import NamedTuple

import msgspec

from aircherd.providers.codec.json_in import MAX_COUNT, branch, count_of, counts_of
from aircherd.vocabulary.reply import Usage

MAX_FIELD = 1024
"""The longest value, in bytes, of one count that is kept until later counts arrive."""
MAX_ITERATIONS = 64 * 1024
"""The same for the list of iterations, of which each takes a quarter of a kilobyte."""


class AnthropicUsage(msgspec.Struct, gc=False):
    """The counts as this API sends them."""

    input_tokens: msgspec.Raw = msgspec.Raw()
    output_tokens: msgspec.Raw = msgspec.Raw()
    cache_read_input_tokens: msgspec.Raw = msgspec.Raw()
    cache_creation_input_tokens: msgspec.Raw = msgspec.Raw()
    output_tokens_details: msgspec.Raw = msgspec.Raw()
    cache_creation: msgspec.Raw = msgspec.Raw()
    iterations: msgspec.Raw = msgspec.Raw()
    # The names of OpenAI, from gateways in front of other models.
    prompt_tokens: msgspec.Raw = msgspec.Raw()
    completion_tokens: msgspec.Raw = msgspec.Raw()

    def update(self, later: "AnthropicUsage") -> None:
        """Overwrite every count that `later` has; a 0 overwrites nothing."""
        for name in self.__struct_fields__:
            # Copy: a slice would keep the whole buffer alive.
            text = bytes(getattr(later, name))
            is_zero = text == b"0" and getattr(self, name)
            if text and text != b"null" and not is_zero:
                limit = MAX_ITERATIONS if name == "iterations" else MAX_FIELD
                setattr(self, name, msgspec.Raw(text if len(text) <= limit else _TOO_LONG))


_TOO_LONG = b'"too long"'


class _CacheCreation(msgspec.Struct, gc=False):
    """What was written to the cache, by how long it is kept."""

    ephemeral_5m_input_tokens: msgspec.Raw = msgspec.Raw()
    ephemeral_1h_input_tokens: msgspec.Raw = msgspec.Raw()


class _Details(msgspec.Struct, gc=False):
    thinking_tokens: msgspec.Raw = msgspec.Raw()


_DETAILS = msgspec.json.Decoder(_Details)
_NO_DETAILS = _Details()
_CACHE_CREATION = msgspec.json.Decoder(_CacheCreation)
_ITERATIONS = msgspec.json.Decoder(list[AnthropicUsage])


class _Counts(NamedTuple):
    plain: int
    cached: int
    written: int
    written_1h: int
    output: int
    reasoning: int


def read_usage(usage: AnthropicUsage) -> Usage | None:
    """Normalise the counts; None if they are unknown. The input includes cached tokens."""
    counts = _counts(usage)
    if counts is None:
        return None
    if usage.iterations:
        passes = [_counts(each) for each in branch(_ITERATIONS, usage.iterations) or ()]
        sums = map(sum, zip(*filter(None, passes), strict=True))
        counts = _Counts(*map(max, counts, [*sums] or counts))
    return Usage(
        input_tokens=min(counts.plain + counts.cached + counts.written, MAX_COUNT),
        output_tokens=min(counts.output, MAX_COUNT),
        cached_tokens=min(counts.cached, MAX_COUNT),
        cache_write_tokens=min(counts.written, MAX_COUNT),
        reasoning_tokens=min(counts.reasoning, MAX_COUNT),
        cache_write_1h_tokens=min(counts.written_1h, counts.written, MAX_COUNT),
    )


def _counts(usage: AnthropicUsage) -> _Counts | None:
    """Return the counts of a reply, or of one iteration."""
    counts = counts_of(
        usage.input_tokens or usage.prompt_tokens,
        usage.cache_read_input_tokens,
        usage.cache_creation_input_tokens,
        usage.output_tokens or usage.completion_tokens,
    )
    if counts is None:
        return None
    plain, cached, written, output = counts
    details = branch(_DETAILS, usage.output_tokens_details) or _NO_DETAILS
    written_1h = 0
    if usage.cache_creation and (creation := branch(_CACHE_CREATION, usage.cache_creation)):
        written_1h = count_of(creation.ephemeral_1h_input_tokens)
        written = written or written_1h + count_of(creation.ephemeral_5m_input_tokens)
    return _Counts(plain, cached, written, written_1h, output, count_of(details.thinking_tokens))
