"""The conversation of `ask --messages`."""

import pytest

from aircher_cli.commands.inputs.json_input import JsonInput
from aircher_cli.commands.inputs.messages_input import parse_messages
from aircher_cli.exit_codes import CommandFailed


def test_messages_are_passed_on_as_they_are() -> None:
    """Signatures and what a later daemon may know included."""
    messages = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [{"type": "reasoning", "signature": "s", "new": 1}]},
    ]
    assert parse_messages(JsonInput("m.json", messages)) == messages


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"messages": []}, "m.json: a conversation must be a list of messages, "),
        ([1], "m.json: message 1: must be an object, not a number"),
        ([{"role": "user", "content": ""}, {"role": "tool"}], "m.json: message 2: role must"),
        ([{"content": ""}], "m.json: message 1: role must be one of user, assistant, system"),
        ([{"role": "user"}], "m.json: message 1: content must be a string or a list"),
    ],
)
def test_what_is_no_conversation(value: object, expected: str) -> None:
    """Which message, and what it should be."""
    with pytest.raises(CommandFailed) as caught:
        parse_messages(JsonInput("m.json", value))
    assert caught.value.message.startswith(expected)
