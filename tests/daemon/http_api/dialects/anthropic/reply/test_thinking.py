"""What goes back to a model alone."""

import pytest

from aircherd.http_api.dialects.anthropic.reply.thinking import (
    Redacted,
    call_carrier,
    hidden_thinking,
    other_carrier,
    text_carrier,
    thinking_signature,
)
from aircherd.http_api.dialects.common.carriers import MAX_CARRIED, Carried, carried

ORIGIN = "openai/gpt-5.5"


def inside(block: Redacted | None) -> Carried | None:
    assert block is not None
    return carried(block.data)


def test_each_carries_what_its_model_wants() -> None:
    """The origin, and the vendor's own words."""
    assert inside(hidden_thinking("yes", ORIGIN, "s")) == (ORIGIN, "r", ("s",))
    assert inside(text_carrier("hidden", ORIGIN, "s")) == (ORIGIN, "t", ("s",))
    assert inside(call_carrier(ORIGIN, "call_1", "s")) == (ORIGIN, "c", ("call_1", "s"))
    assert inside(other_carrier("yes", ORIGIN, "k", "{}")) == (ORIGIN, "o", ("k", "{}"))
    assert carried(thinking_signature(ORIGIN, None)) == (ORIGIN, "r", (None,))


def test_a_client_without_thinking_gets_signatures_of_calls_only() -> None:
    """Some models refuse a call without its signature."""
    assert hidden_thinking("no", ORIGIN, "s") is None
    assert text_carrier("no", ORIGIN, "s") is None
    assert other_carrier("no", ORIGIN, "k", "{}") is None
    assert call_carrier(ORIGIN, "call_1", "s") is not None


@pytest.mark.parametrize("size", [MAX_CARRIED, MAX_CARRIED + 1])
def test_what_is_too_large_is_left_out(size: int) -> None:
    """Thinking still has a signature then: this API demands one."""
    has_room = size <= MAX_CARRIED

    found = carried(thinking_signature(ORIGIN, "x" * size))

    assert found is not None
    assert (found.values[0] is not None) == has_room
    assert (hidden_thinking("yes", ORIGIN, "x" * size) is not None) == has_room
