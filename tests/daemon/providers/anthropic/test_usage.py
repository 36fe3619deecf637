"""Token counts of the Anthropic Messages API."""

import msgspec

from aircherd.providers.anthropic.usage import MAX_FIELD, AnthropicUsage, read_usage
from aircherd.vocabulary.reply import Usage


def usage(**counts: object) -> AnthropicUsage:
    return msgspec.json.decode(msgspec.json.encode(counts), type=AnthropicUsage)


def test_input_is_the_sum() -> None:
    """Tokens read from and written to the cache are input too; thinking is output."""
    counts = usage(
        input_tokens=10,
        cache_creation_input_tokens=3,
        cache_read_input_tokens=20,
        output_tokens=15,
        output_tokens_details={"thinking_tokens": 4},
    )
    assert Usage(33, 15, 20, 3, 4) == read_usage(counts)


def test_usage_as_text() -> None:
    """Counts are read from JSON of any type; one that is no count makes all of them unknown."""
    odd = usage(input_tokens="5", output_tokens=None, output_tokens_details="x", x=1)
    assert Usage(5) == read_usage(odd)
    for name in ("input_tokens", "cache_creation_input_tokens", "output_tokens"):
        assert read_usage(usage(**{"cache_read_input_tokens": 1, name: []})) is None


def test_update() -> None:
    """Later counts replace earlier ones; missing, null and huge ones do not."""
    counts = usage(input_tokens=1, output_tokens=2, cache_read_input_tokens=3)
    counts.update(usage(input_tokens=None, output_tokens=5))
    assert Usage(4, 5, 3) == read_usage(counts)
    counts.update(usage(cache_read_input_tokens="9" * MAX_FIELD))
    assert read_usage(counts) is None
