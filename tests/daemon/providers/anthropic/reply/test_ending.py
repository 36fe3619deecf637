"""How a reply ends: its stop reason and its counts."""

import msgspec
import pytest

from aircherd.providers.anthropic.reply.whole import read_whole
from aircherd.vocabulary.reply import (
    Ending,
    Finish,
    TextDelta,
    Usage,
    UsageDelta,
)
from helpers.providers.anthropic_replies import (
    LAST,
    STOP,
    Data,
    block_stop,
    decode,
    message_delta,
    start,
    text,
)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "pause"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "refusal"),
        ([], "stop"),
    ],
)
def test_finishes(reason: object, finish: Finish) -> None:
    """Each stop reason is mapped; see `codec.finish` for the table."""
    events, failure = decode(start(), message_delta(reason), STOP)
    assert (Ending(finish, LAST, "claude-x"), None) == (events[-1], failure)


@pytest.mark.parametrize(
    ("caller", "finish"),
    [
        (None, "tool_calls"),
        ({"type": "direct"}, "tool_calls"),
        ({"type": "code_execution_20260120", "tool_id": "s"}, "stop"),
    ],
)
@pytest.mark.parametrize("is_whole", [False, True])
def test_calls_by_code_do_not_await_the_client(
    caller: Data | None, finish: str, *, is_whole: bool
) -> None:
    """A turn that ended is over although code called a tool; other servers say `end_turn` too."""
    call = {"type": "tool_use", "id": "a", "name": "f", "input": {}, "caller": caller}
    if is_whole:
        body: Data = {"content": [call], "stop_reason": "end_turn"}
        ending = read_whole(msgspec.json.encode(body))[-1]
    else:
        opening = {"type": "content_block_start", "index": 0, "content_block": call}
        ending = decode(start(), opening, block_stop(0), message_delta(), STOP)[0][-1]
    assert isinstance(ending, Ending)
    assert ending.finish == finish


@pytest.mark.parametrize(
    "last",
    [
        [{"type": "message_delta", "stop_reason": "max_tokens"}, {"type": "message_stop"}],
        [{"type": "message_stop", "stop_reason": "max_tokens"}],
        [{"type": "message_stop", "message": {"stop_reason": "max_tokens"}}],
    ],
)
def test_the_reason_may_stand_elsewhere(last: list[object]) -> None:
    """Compatible servers put it beside the delta, or into the last event."""
    delta = {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": "a"},
    }
    events, failure = decode(delta, *last)
    assert failure is None
    assert events[-1].finish == "length"


def test_usage_may_be_revised() -> None:
    """Later counts replace earlier ones, field by field; null ones do not."""
    later = message_delta(input_tokens=12, cache_read_input_tokens=None, output_tokens=2)
    ending = decode(start(), later, STOP)[0][-1]
    assert Ending("stop", Usage(35, 2, 20, 3), "claude-x") == ending


def test_huge_counts_are_unknown() -> None:
    """Impossible counts are unknown, and sums stay within 2^53."""
    largest = 2**53 - 1
    events, failure = decode(
        {"type": "message_start", "message": {"usage": {"input_tokens": 10**30}}},
        text("a"),
        message_delta(input_tokens=largest, cache_read_input_tokens=largest, output_tokens=1),
        STOP,
    )
    counted = Usage(largest, 1, largest)
    expected = [TextDelta("a"), UsageDelta(counted), Ending("stop", counted)]
    assert (expected, None) == (events, failure)
