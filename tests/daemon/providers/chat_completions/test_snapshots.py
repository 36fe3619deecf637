"""Messages that repeat what came before, in a stream."""

import msgspec
import pytest

from aircherd.providers.chat_completions.snapshots import Snapshots
from aircherd.providers.chat_completions.thinking import ThinkingFields


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (["Hel", "Hello", "Hello"], ["Hel", "lo", ""]),
        (["Hel", "lo"], ["Hel", "lo"]),
        (["", "Hello", ""], ["", "Hello", ""]),
        ([None, [{"type": "text"}]], [None, [{"type": "text"}]]),
    ],
)
def test_only_what_is_new_is_left(messages: list[object], expected: list[object]) -> None:
    """Whether messages grow or are fragments; anything but text stays as it is."""
    snapshots, found = Snapshots(), []
    for content in messages:
        message = msgspec.convert({"content": content, "reasoning": content}, ThinkingFields)
        snapshots.cut(message)
        assert message.content == message.reasoning
        found.append(message.content)
    assert found == expected
