"""The token counts of a reply. Every one is in each of them: clients add them up unchecked."""

from typing import Final

import msgspec

from aircherd.vocabulary.reply import Usage

NO_USAGE: Final = Usage()


class _Written(msgspec.Struct):
    ephemeral_5m_input_tokens: int
    ephemeral_1h_input_tokens: int


class _Details(msgspec.Struct):
    thinking_tokens: int


class DeltaCounts(msgspec.Struct):
    """The counts at the end of a stream. Tokens of the cache are not in `input_tokens`."""

    input_tokens: int
    cache_creation_input_tokens: int
    cache_read_input_tokens: int
    output_tokens: int
    output_tokens_details: _Details
    server_tool_use: None = None


class Counts(DeltaCounts):
    """The counts of a message."""

    cache_creation: _Written | None = None
    service_tier: str = "standard"
    inference_geo: None = None


def delta_counts(usage: Usage | None) -> DeltaCounts:
    """Return the counts at the end of a stream."""
    return DeltaCounts(*_numbers(usage or NO_USAGE))


def message_counts(usage: Usage | None) -> Counts:
    """Return the counts of a message, zero where they are unknown."""
    usage = usage or NO_USAGE
    hour = min(usage.cache_write_1h_tokens, usage.cache_write_tokens)
    written = _Written(usage.cache_write_tokens - hour, hour)
    return Counts(*_numbers(usage), cache_creation=written)


def _numbers(usage: Usage) -> tuple[int, int, int, int, _Details]:
    plain = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
    thinking = min(usage.reasoning_tokens, usage.output_tokens)
    return (
        max(plain, 0),
        usage.cache_write_tokens,
        usage.cached_tokens,
        usage.output_tokens,
        _Details(thinking),
    )
