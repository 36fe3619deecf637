"""The token counts of the Gemini API, which counts thinking apart from the output.

Counts are decoded only after they are known to be small.
"""

import msgspec

from aircherd.providers.codec.json_in import MAX_COUNT, count_of, counts_of
from aircherd.vocabulary.reply import Usage


class GeminiUsage(msgspec.Struct, gc=False, rename="camel"):
    """The counts as the API sends them."""

    prompt_token_count: msgspec.Raw = msgspec.Raw()
    tool_use_prompt_token_count: msgspec.Raw = msgspec.Raw()
    cached_content_token_count: msgspec.Raw = msgspec.Raw()
    candidates_token_count: msgspec.Raw = msgspec.Raw()
    thoughts_token_count: msgspec.Raw = msgspec.Raw()
    total_token_count: msgspec.Raw = msgspec.Raw()


def read_usage(usage: GeminiUsage) -> Usage | None:
    """Normalise the counts; None if they are unknown. The output includes thinking."""
    counts = counts_of(
        usage.prompt_token_count,
        usage.tool_use_prompt_token_count,
        usage.candidates_token_count,
        usage.thoughts_token_count,
    )
    if counts is None:
        return None
    plain, tools, answer, thoughts = counts
    # A count of 0 is left out, but so is one that a gateway does not know.
    rest = count_of(usage.total_token_count) - sum(counts)
    if rest > 0 and not answer:
        answer = rest
    elif rest > 0 and not plain:
        plain = rest
    prompt = plain + tools
    return Usage(
        input_tokens=min(prompt, MAX_COUNT),
        output_tokens=min(answer + thoughts, MAX_COUNT),
        cached_tokens=min(count_of(usage.cached_content_token_count), prompt),
        reasoning_tokens=thoughts,
    )
