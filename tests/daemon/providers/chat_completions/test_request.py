"""Requests in the form of chat completions, whoever speaks it."""

import re

import msgspec
import pytest

from aircherd.providers.chat_completions.request import (
    ANY_ID,
    EVERY_EFFORT,
    JSON_SENTENCE,
    Quirks,
    chat_body,
    effort_of,
    openai_effort,
    safe_id,
)
from aircherd.vocabulary.chat import Effort
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import a_request, failure_of

QUIRKS = Quirks(name="it", efforts=EVERY_EFFORT)
MODEL = Model(id="m")
_NINE = re.compile(r"[A-Za-z0-9]{9}")
CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": '{"a":1}'}
SENT_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
EMPTY_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOLS = [{"name": "f", "description": "d", "parameters": '{"type":"object"}'}]
PNG = {"type": "image", "data": "aGk=", "media_type": "image/png"}
SENT_PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
URL = {"type": "image", "url": "https://host/a.gif"}
SENT_URL = {"type": "image_url", "image_url": {"url": "https://host/a.gif"}}


def text(words: str) -> dict[str, object]:
    return {"type": "text", "text": words}


def body_of(*messages: dict[str, object], **fields: object) -> dict[str, object]:
    return chat_body(a_request(*messages, **fields), MODEL, QUIRKS)


def sent_messages(*messages: dict[str, object], **fields: object) -> object:
    return body_of(*messages, **fields)["messages"]


def test_unstreamed_request() -> None:
    """A request in one piece says nothing of streams."""
    assert {"model", "messages"} == set(body_of(stream=False))


def test_all_options() -> None:
    """Every option has its place."""
    body = body_of(
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        stop=["X"],
        tools=TOOLS,
        tool_choice={"name": "f"},
        parallel_tool_calls=False,
    )
    function = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    expected = {
        "max_tokens": 5,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["X"],
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
    }
    assert expected == {name: body[name] for name in expected}


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_tool_choice_words(choice: str) -> None:
    """The words for a choice are this API's own."""
    assert choice == body_of(tools=TOOLS, tool_choice=choice)["tool_choice"]


def test_options_of_tools_without_tools() -> None:
    """What is said of tools where there are none is left out: the API refuses it."""
    body = body_of(tool_choice="auto", parallel_tool_calls=False)
    assert {"model", "messages", "stream", "stream_options"} == set(body)


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ({"type": "json_object"}, {"type": "json_object"}),
        (
            {"type": "json_schema", "schema": '{"type":"object"}', "name": "n", "strict": False},
            {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": False},
            },
        ),
        (
            {"type": "json_schema", "schema": "{}"},
            {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": {}, "strict": True},
            },
        ),
    ],
)
def test_response_format(wanted: dict[str, object], sent: object) -> None:
    """JSON of any form, or of a schema with its name and strictness."""
    assert sent == body_of(response_format=wanted)["response_format"]


@pytest.mark.parametrize(
    ("fields", "system"),
    [
        ({}, [{"role": "system", "content": JSON_SENTENCE}]),
        ({"system": "Be brief."}, [{"role": "system", "content": f"Be brief.\n\n{JSON_SENTENCE}"}]),
        ({"system": "Speak Json!"}, [{"role": "system", "content": "Speak Json!"}]),
    ],
)
def test_json_is_mentioned(fields: dict[str, object], system: list[object]) -> None:
    """Who wants any JSON must say the word: where nobody did, a sentence with it is added."""
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
    """Each form of message becomes this API's, a plain text wherever there is only text."""
    assert sent == sent_messages(*messages)


def test_pictures_of_tools() -> None:
    """What a tool shows comes in the user's message behind all answers, and says whose it is."""
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
    """A call without arguments has an empty object, which strict servers need."""
    sent = {"role": "assistant", "content": None, "tool_calls": [EMPTY_CALL]}
    call = CALL | {"arguments": ""}
    assert [sent] == sent_messages({"role": "assistant", "content": [call]})


def test_signatures_of_others_are_not_sent() -> None:
    """Text and calls have no signature here."""
    signed = [text("t") | {"signature": "s"}, CALL | {"signature": "s"}]
    sent = {"role": "assistant", "content": "t", "tool_calls": [SENT_CALL]}
    assert [sent] == sent_messages({"role": "assistant", "content": signed})


def test_thinking_goes_back_as_the_server_wants_it() -> None:
    """Who takes thinking is handed the message and all of its thoughts."""
    thoughts = [{"type": "reasoning", "text": each, "origin": "p/m"} for each in ("a", "b")]
    said = {"role": "assistant", "content": [thoughts[0], text("t"), thoughts[1]]}
    quirks = msgspec.structs.replace(
        QUIRKS, put_thinking=lambda message, parts: {**message, "seen": [p.text for p in parts]}
    )
    sent = chat_body(a_request(said), MODEL, quirks)["messages"]
    assert sent == [{"role": "assistant", "content": "t", "seen": ["a", "b"]}]


@pytest.mark.parametrize(
    ("fields", "model", "kind", "told"),
    [
        (
            {"tools": [{"name": "look", "parameters": "nonsense"}]},
            MODEL,
            FailureClass.BAD_REQUEST,
            "parameters of tool 'look'",
        ),
        (
            {"response_format": {"type": "json_schema", "schema": "[]"}},
            MODEL,
            FailureClass.BAD_REQUEST,
            "response_format: schema",
        ),
        (
            {"temperature": 1},
            Model(id="o9", sampling=False),
            FailureClass.UNSUPPORTED,
            "temperature: o9",
        ),
        ({"top_p": 1}, Model(id="o9", sampling=False), FailureClass.UNSUPPORTED, "top_p: o9"),
    ],
)
def test_refusals_name_the_field(
    fields: dict[str, object], model: Model, kind: FailureClass, told: str
) -> None:
    """What nobody takes is told from what this model does not; the field is named."""
    failure = failure_of(lambda: chat_body(a_request(**fields), model, QUIRKS))
    assert kind is failure.kind
    assert failure.message.startswith(told)


def test_sampling_where_nothing_is_known_of_it() -> None:
    """A model that may take sampling gets it."""
    for model in (MODEL, Model(id="m", sampling=True)):
        assert chat_body(a_request(temperature=0), model, QUIRKS)["temperature"] == 0


@pytest.mark.parametrize(
    ("asked", "can_think", "sent"),
    [
        (None, None, None),
        ("low", None, "low"),
        ("low", False, "low"),
        ("none", None, "none"),
        ("none", True, "none"),
        ("none", False, None),
    ],
)
def test_effort(asked: Effort | None, can_think: bool | None, sent: str | None) -> None:
    """An effort is the server's word for it; what cannot think is not told not to."""
    model = Model(id="m", reasoning=can_think)
    assert sent == effort_of(a_request(reasoning=asked), model, QUIRKS)


def test_safe_ids() -> None:
    """An id that fits stays; another becomes the same nine letters and digits every time."""
    odd = "call:1\ud800"
    assert odd == safe_id(odd, ANY_ID)
    nine = safe_id(odd, _NINE)
    assert _NINE.fullmatch(nine)
    assert nine == safe_id(odd, _NINE) != safe_id("call:2", _NINE)
    assert nine == safe_id(nine, _NINE)


@pytest.mark.parametrize(
    ("model", "effort", "sent"),
    [
        ("o3", "none", "low"),
        ("o4-mini", "max", "high"),
        ("gpt-5", "none", "minimal"),
        ("gpt-5-mini", "xhigh", "high"),
        ("gpt-5.1", "minimal", "none"),
        ("gpt-5.5", "max", "max"),
        ("openai/o3", "xhigh", "high"),
        ("brand-new", "xhigh", "xhigh"),
    ],
)
def test_an_older_model_gets_the_nearest_effort_it_knows(model, effort, sent):
    """It would answer 400 to any other word."""
    assert openai_effort(model, effort) == sent
