"""Conversations in the chat completions format."""

import re

import msgspec
import pytest

from aircherd.providers.chat_completions.quirks import (
    EVERY_EFFORT,
    Quirks,
)
from aircherd.providers.chat_completions.request import chat_body
from aircherd.providers.request_fields import JSON_SENTENCE
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import a_request

QUIRKS = Quirks(name="it", efforts=EVERY_EFFORT)
MODEL = Model(id="m")
_NINE = re.compile(r"[A-Za-z0-9]{9}")
CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": '{"a":1}'}
SENT_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
EMPTY_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
PNG = {"type": "image", "data": "iVBORw0KGgo=", "media_type": "image/png"}
SENT_PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
URL = {"type": "image", "url": "https://host/a.gif"}
SENT_URL = {"type": "image_url", "image_url": {"url": "https://host/a.gif"}}


def text(prompt: str) -> dict[str, object]:
    return {"type": "text", "text": prompt}


def body_of(*messages: dict[str, object], **fields: object) -> dict[str, object]:
    return chat_body(a_request(*messages, **fields), MODEL, QUIRKS)


def sent_messages(*messages: dict[str, object], **fields: object) -> object:
    return msgspec.to_builtins(body_of(*messages, **fields)["messages"])


@pytest.mark.parametrize(
    ("fields", "system"),
    [
        ({}, [{"role": "system", "content": JSON_SENTENCE}]),
        ({"system": "Be brief."}, [{"role": "system", "content": f"Be brief.\n\n{JSON_SENTENCE}"}]),
        ({"system": "Speak Json!"}, [{"role": "system", "content": "Speak Json!"}]),
    ],
)
def test_json_is_mentioned(fields: dict[str, object], system: list[object]) -> None:
    """For JSON without a schema, a sentence is added unless the prompt mentions JSON."""
    user: dict[str, object] = {"role": "user", "content": "u"}
    json = {"type": "json_object"}
    assert [*system, user] == sent_messages(user, response_format=json, **fields)
    spoken: dict[str, object] = {"role": "user", "content": "as JSON"}
    assert [spoken] == sent_messages(spoken, response_format=json)


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        (
            [{"role": "user", "content": [text("a")]}],
            [{"role": "user", "content": "a"}],
        ),
        (
            [{"role": "user", "content": [text("a"), text("b")]}],
            [{"role": "user", "content": "a\n\nb"}],
        ),
        ([{"role": "user", "content": []}], [{"role": "user", "content": ""}]),
        ([{"role": "system", "content": "s"}], [{"role": "system", "content": "s"}]),
        (
            [{"role": "user", "content": [text("a"), PNG, text(""), text("b"), URL]}],
            [{"role": "user", "content": [text("a"), SENT_PNG, text("b"), SENT_URL]}],
        ),
        (
            [{"role": "user", "content": [PNG]}],
            [{"role": "user", "content": [SENT_PNG]}],
        ),
        (
            [{"role": "assistant", "content": [CALL]}],
            [{"role": "assistant", "content": None, "tool_calls": [SENT_CALL]}],
        ),
        (
            [{"role": "assistant", "content": [text("t"), CALL]}],
            [{"role": "assistant", "content": "t", "tool_calls": [SENT_CALL]}],
        ),
        (
            [
                {
                    "role": "user",
                    "content": [
                        text("and?"),
                        {"type": "tool_result", "id": "c1", "content": "1"},
                        {
                            "type": "tool_result",
                            "id": "c2",
                            "content": [text("2")],
                            "is_error": True,
                        },
                    ],
                }
            ],
            [
                {"role": "tool", "tool_call_id": "c1", "content": "1"},
                {"role": "tool", "tool_call_id": "c2", "content": "Error: 2"},
                {"role": "user", "content": "and?"},
            ],
        ),
        (
            [{"role": "user", "content": [{"type": "tool_result", "id": "c1", "content": ""}]}],
            [{"role": "tool", "tool_call_id": "c1", "content": ""}],
        ),
    ],
)
def test_messages(messages: list[dict[str, object]], sent: object) -> None:
    """Each kind of message is translated; texts alone are sent as a string."""
    assert sent == sent_messages(*messages)


def test_images_in_tool_results() -> None:
    """They follow all results in the user's message, with a text that names the call."""
    results = [
        {"type": "tool_result", "id": "c1", "content": [text("see"), PNG]},
        {"type": "tool_result", "id": "c2", "content": [URL, PNG]},
        {"type": "tool_result", "id": "c3", "content": "3"},
    ]
    note = "(Its pictures are in the user's next message.)"
    expected = [
        {"role": "tool", "tool_call_id": "c1", "content": f"see\n{note}"},
        {"role": "tool", "tool_call_id": "c2", "content": note},
        {"role": "tool", "tool_call_id": "c3", "content": "3"},
        {
            "role": "user",
            "content": [
                text("Pictures from the result of tool call c1:"),
                SENT_PNG,
                text("Pictures from the result of tool call c2:"),
                SENT_URL,
                SENT_PNG,
                text("well?"),
            ],
        },
    ]
    assert expected == sent_messages({"role": "user", "content": [*results, text("well?")]})


def test_system_comes_first() -> None:
    """The request's system prompt is the first message."""
    user: dict[str, object] = {"role": "user", "content": "u"}
    assert [{"role": "system", "content": "s"}, user] == sent_messages(user, system="s")


def test_empty_arguments_become_an_object() -> None:
    """Strict servers need an object."""
    sent = {"role": "assistant", "content": None, "tool_calls": [EMPTY_CALL]}
    call = CALL | {"arguments": ""}
    assert [sent] == sent_messages({"role": "assistant", "content": [call]})


def test_signatures_are_not_sent() -> None:
    """Text and calls have no signature in this format."""
    signed = [text("t") | {"signature": "s"}, CALL | {"signature": "s"}]
    sent = {"role": "assistant", "content": "t", "tool_calls": [SENT_CALL]}
    assert [sent] == sent_messages({"role": "assistant", "content": signed})


def test_thinking_goes_back_as_the_server_wants_it() -> None:
    """`add_thinking` gets the message and all of its thinking."""
    thoughts = [{"type": "reasoning", "text": each, "origin": "p/m"} for each in ("a", "b")]
    said = {"role": "assistant", "content": [thoughts[0], text("t"), thoughts[1]]}
    quirks = msgspec.structs.replace(
        QUIRKS, add_thinking=lambda message, parts: {**message, "seen": [p.text for p in parts]}
    )
    sent = chat_body(a_request(said), MODEL, quirks)["messages"]
    assert sent == [{"role": "assistant", "content": "t", "seen": ["a", "b"]}]
