"""Names as Google's Python library spells them."""

import msgspec

from aircherd.providers.gemini.adapter import GeminiContent
from aircherd.providers.gemini.spelling import in_camel_case, object_in_camel_case
from aircherd.vocabulary.reply import Ending, TextDelta, Usage, UsageDelta


def test_known_names_are_translated() -> None:
    """Others are content, and stay as they are."""
    fields = {"finish_reason": msgspec.Raw(b"1"), "my_field": msgspec.Raw(b"2")}
    assert list(in_camel_case(fields)) == ["finishReason", "my_field"]


def test_what_is_no_object_stays() -> None:
    """Only objects have names."""
    assert object_in_camel_case(msgspec.Raw(b"[1]")) == msgspec.Raw(b"[1]")


def test_a_reply_of_the_library() -> None:
    """Its text, reason and counts are read."""
    body = msgspec.json.encode(
        {
            "candidates": [{"content": {"parts": [{"text": "a"}]}, "finish_reason": 2}],
            "usage_metadata": {"prompt_token_count": 3, "candidates_token_count": 2},
        }
    )
    usage = Usage(3, 2)
    assert GeminiContent().read_reply(body) == [
        UsageDelta(usage),
        TextDelta("a"),
        Ending("length", usage),
    ]
