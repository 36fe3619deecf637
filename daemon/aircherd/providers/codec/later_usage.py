"""Counts that come several times in a reply: the latest hold, but zeros replace nothing."""

import msgspec

from aircherd.vocabulary.reply import Usage


def later_usage(known: Usage, later: Usage) -> Usage:
    """Return `later` with the counts of `known` where it has none: some end with zeros."""
    if later.input_tokens == 0 < known.input_tokens:
        later = msgspec.structs.replace(
            later,
            input_tokens=known.input_tokens,
            cached_tokens=known.cached_tokens,
            cache_write_tokens=known.cache_write_tokens,
            cache_write_1h_tokens=known.cache_write_1h_tokens,
        )
    if later.output_tokens == 0 < known.output_tokens:
        later = msgspec.structs.replace(
            later, output_tokens=known.output_tokens, reasoning_tokens=known.reasoning_tokens
        )
    return later
