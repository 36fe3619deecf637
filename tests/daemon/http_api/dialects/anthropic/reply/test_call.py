"""Calls whose arguments are still coming."""

import pytest

from aircherd.http_api.dialects.anthropic.reply.call import GrowingCall, is_object


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ("{}", True),
        (' {"a":"}"} \n', True),
        ("", False),
        ('{"a":{}', False),
        ('{"a":"}', False),
        ("[{}]", False),
        ("[}", False),
        ('{"a":"\ud83d"}', True),
    ],
)
def test_only_a_json_object_is_whole(text: str, is_whole: bool) -> None:
    """Halves of characters are replaced later, and harm nothing."""
    assert is_object(text) == is_whole


def test_a_call_grows() -> None:
    """Piece by piece."""
    call = GrowingCall(0, "a")
    call.add('{"a"')
    assert not call.is_whole()
    call.add(":1}")
    assert call.is_whole()
