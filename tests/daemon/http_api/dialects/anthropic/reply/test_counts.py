"""Token counts."""

from aircherd.http_api.dialects.anthropic.reply.counts import delta_counts, message_counts
from aircherd.vocabulary.reply import Usage


def test_tokens_of_the_cache_are_counted_apart() -> None:
    """Ours include them, and those of this API do not."""
    usage = Usage(100, 20, 50, 30, 5, cache_write_1h_tokens=10)

    counts = message_counts(usage)

    assert (counts.input_tokens, counts.cache_read_input_tokens) == (20, 50)
    assert counts.cache_creation_input_tokens == 30
    assert counts.cache_creation is not None
    assert counts.cache_creation.ephemeral_5m_input_tokens == 20
    assert counts.cache_creation.ephemeral_1h_input_tokens == 10
    assert counts.output_tokens_details.thinking_tokens == 5


def test_impossible_counts_are_never_negative() -> None:
    """A provider may report more cached than input tokens."""
    counts = delta_counts(Usage(10, 5, cached_tokens=50, reasoning_tokens=9))

    assert (counts.input_tokens, counts.cache_read_input_tokens) == (0, 50)
    assert counts.output_tokens_details.thinking_tokens == 5


def test_unknown_counts_are_zero() -> None:
    """Clients add them up unchecked."""
    assert (message_counts(None).input_tokens, delta_counts(None).output_tokens) == (0, 0)
