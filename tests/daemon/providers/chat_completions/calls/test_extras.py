"""What a call has besides its own fields goes back to the server."""

import msgspec

from aircherd.providers.chat_completions.calls.extras import extras_in
from aircherd.vocabulary.reply import ToolCallDelta
from helpers.providers.tool_call_pieces import (
    events_of,
    piece_of,
)


def test_what_a_call_has_besides_is_its_signature() -> None:
    """It comes once, at the end, from all pieces."""
    first = piece_of(index=0, id="a", function={"name": "f"})
    second = piece_of(index=0, function={"arguments": "{}"})
    first.extras = {"extra_content": msgspec.Raw(b'{"google": {"thought_signature":"s"}}')}
    second.extras = {"type": msgspec.Raw(b'"builtin"')}
    *_, last = events_of([first], [second])
    extras = '{"extra_content":{"google": {"thought_signature":"s"}},"type":"builtin"}'
    signature = f'{{"tool_call":{extras}}}'
    assert last == ToolCallDelta(0, signature=signature)
    assert msgspec.json.encode(extras_in(signature)).decode() == extras
    assert extras_in("opaque") == extras_in('{"id":"fc_1"}') == {}
