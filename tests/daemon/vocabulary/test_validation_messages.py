"""Readable messages for invalid data of a client."""

import msgspec
import pytest

from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.validation_messages import describe_invalid

HI = [{"role": "user", "content": "Hi"}]


def message_for(value: object, type_: object = ChatRequest) -> str:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, type_)
    return describe_invalid(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
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
            "response_format.name: has to match ^[A-Za-z0-9_-]{1,64}$",
        ),
    ],
)
def test_an_error_names_the_path_and_the_expected_value(
    fields: dict[str, object], message: str
) -> None:
    """The message is free of msgspec's notation."""
    assert message == message_for(fields)


def test_a_message_raised_by_a_struct_is_kept() -> None:
    """It follows the path."""
    image = {"type": "image", "url": "ftp://x"}
    message = message_for({"messages": [{"role": "user", "content": [image]}]})
    assert message.startswith("messages[0].content[0]: an image's url has to begin with https://")


@pytest.mark.parametrize("fields", [{"x" * 5000: 1}, {"role": "x" * 5000}])
def test_an_invalid_value_is_truncated(fields: dict[str, object]) -> None:
    """The message repeats only its beginning."""
    assert len(message_for({"messages": [{**HI[0], **fields}]})) < 200
