"""What is wrong with a client's data is said in words."""

import msgspec
import pytest

from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.validation_messages import describe_invalid

HI = [{"role": "user", "content": "Hi"}]


def said(value: object, form: object = ChatRequest) -> str:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, form)
    return describe_invalid(caught.value)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "messages is missing"),
        ({"messages": 3}, "messages: has to be a list, not a whole number"),
        ({"messages": [3]}, "messages[0]: has to be a map, not a whole number"),
        ({"messages": [{"role": "me", "content": ""}]}, "messages[0].role: cannot be 'me'"),
        ({"messages": HI, "max_token": 3}, "there is no field 'max_token'"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "txt": "x"}]}]},
            "messages[0].content[0]: there is no field 'txt'",
        ),
        (
            {"messages": [{"role": "user", "content": 1.5}]},
            "messages[0].content: has to be a string or a list, not a number",
        ),
        ({"messages": HI, "max_tokens": 0}, "max_tokens: has to be a whole number of at least 1"),
        (
            {"messages": HI, "max_tokens": "3"},
            "max_tokens: has to be a whole number or nothing, not a string",
        ),
        ({"messages": HI, "timeout": 0}, "timeout: has to be a number over 0.0"),
        ({"messages": HI, "conversation": ""}, "conversation: has to have a length of at least 1"),
        ({"messages": HI, "extra": {3: 4}}, "extra: a key has to be a string, not a whole number"),
        (
            {"messages": HI, "response_format": {"type": "json_schema", "schema": "", "name": "$"}},
            "response_format.name: has to fit ^[A-Za-z0-9_-]{1,64}$",
        ),
    ],
)
def test_complaints(fields: dict[str, object], told: str) -> None:
    """The place first, then what has to be there, and nothing in the decoder's own signs."""
    assert told == said(fields)


def test_what_a_form_says_itself_is_repeated() -> None:
    """After its place."""
    picture = {"type": "image", "url": "ftp://x"}
    told = said({"messages": [{"role": "user", "content": [picture]}]})
    assert told.startswith("messages[0].content[0]: an image's url begins with https:// or http://")


@pytest.mark.parametrize("fields", [{"x" * 5000: 1}, {"role": "x" * 5000}])
def test_a_wrong_word_is_not_repeated_without_end(fields: dict[str, object]) -> None:
    """As much of it as helps to find it."""
    assert len(said({"messages": [{**HI[0], **fields}]})) < 200
