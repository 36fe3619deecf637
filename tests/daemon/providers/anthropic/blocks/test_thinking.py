"""Thinking in a block."""

from aircherd.vocabulary.reply import Ending, ReasoningDelta
from helpers.providers.anthropic_replies import STOP, block, block_stop, decode


def test_thinking_given_whole() -> None:
    """Thinking that comes whole, without deltas, is not lost."""
    events, _ = decode(block(0, "thinking", thinking="Hm", signature="s"), block_stop(0), STOP)
    assert [ReasoningDelta("Hm", "s"), Ending("stop")] == events
