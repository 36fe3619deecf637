"""Token counts of the Gemini API."""

import msgspec

from aircherd.providers.gemini.usage import GeminiUsage, read_usage
from aircherd.vocabulary.reply import Usage


def decode(**counts: object) -> Usage | None:
    return read_usage(msgspec.json.decode(msgspec.json.encode(counts), type=GeminiUsage))


def test_thinking_is_part_of_the_output_and_tools_of_the_input() -> None:
    """Our counts include what Gemini counts apart."""
    counted = decode(
        promptTokenCount=10,
        toolUsePromptTokenCount=2,
        cachedContentTokenCount=4,
        candidatesTokenCount=5,
        thoughtsTokenCount=3,
    )
    assert counted == Usage(12, 8, 4, 0, 3)


def test_cached_tokens_do_not_exceed_the_input() -> None:
    """A cached count larger than the prompt is cut to it."""
    assert decode(promptTokenCount=3, cachedContentTokenCount=9) == Usage(3, 0, 3)


def test_no_counts_are_unknown() -> None:
    """Without any count the usage is unknown, not zero."""
    assert decode() is None


def test_a_missing_count_follows_from_the_total() -> None:
    """Gateways leave out the candidates or the prompt."""
    thinking = decode(promptTokenCount=3, totalTokenCount=10, thoughtsTokenCount=2)
    assert thinking == Usage(3, 7, 0, 0, 2)
    assert decode(candidatesTokenCount=3, totalTokenCount=10) == Usage(7, 3)
    assert decode(promptTokenCount=3, candidatesTokenCount=3, totalTokenCount=99) == Usage(3, 3)
