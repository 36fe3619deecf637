"""What a known block has besides its own fields."""

from aircherd.vocabulary.reply import OtherDelta, TextDelta, ToolCallDelta
from helpers.providers.anthropic_replies import events_of, opened


def test_unknown_fields_travel_in_the_signature() -> None:
    """What a text or a call has besides its own fields is kept, except what says nothing."""
    text = opened(b'{"type":"text","text":"a","citations":null,"x":{"y":1.50},"z":null}')
    assert events_of(text) == [TextDelta("a"), TextDelta("", signature='{"x":{"y":1.50}}')]
    call = opened(b'{"type":"tool_use","id":"a","name":"f","input":{},"toolset_name":"browser"}')
    assert events_of(call) == [ToolCallDelta(0, "a", "f", signature='{"toolset_name":"browser"}')]


def test_unknown_fields_of_thinking_are_parts_of_their_own() -> None:
    """Its signature is the vendor's, so there is no place for them."""
    thought = opened(b'{"type":"thinking","thinking":"","signature":"s","x":1}')
    assert events_of(thought)[-1] == OtherDelta("x", "1")
