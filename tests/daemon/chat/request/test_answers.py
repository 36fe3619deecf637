"""Parts without a word of ours that a client can answer."""

import pytest

from aircherd.chat.request.answers import answerable_ids, ids_of
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.parts import OtherPart, TextPart


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        ('{"type":"mcp_approval_request","id":"mcpr_1"}', ["mcpr_1"]),
        ('{"type":"shell_call","id":"sh_1","call_id":"call_1"}', ["sh_1", "call_1"]),
        ('{"id":7,"call_id":null}', []),
        ("[1]", []),
        ("not JSON", []),
        ("[" * 100_000, []),
    ],
)
def test_a_part_is_answered_by_its_id_or_that_of_its_call(data: str, ids: list[str]) -> None:
    """Anything else in it is the vendor's."""
    part = OtherPart("kind", "openai/m", data)
    assert ids_of(part) == ids
    messages = [Message("user", "Hi"), Message("assistant", [TextPart("a"), part])]
    assert answerable_ids(messages) == set(ids)
