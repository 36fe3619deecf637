"""Requests as the Anthropic messages API takes them."""

import re

import pytest

from aircherd.providers.anthropic_messages import DEFAULT_MAX_TOKENS, VERSION, AnthropicMessages
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from helpers.provider_calls import CANARY, a_provider, a_request, body_of, failure_of

ADAPTER = AnthropicMessages()
PROVIDER = a_provider("anthropic")
CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": '{"a":1}'}
RESULT = {"type": "tool_result", "id": "c1", "content": "one"}
SENT_CALL = {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}
SENT_RESULT = {"type": "tool_result", "tool_use_id": "c1", "content": "one"}


def text(words: str) -> dict[str, object]:
    return {"type": "text", "text": words}


def user(*content: object) -> dict[str, object]:
    return {"role": "user", "content": list(content)}


def assistant(*content: object) -> dict[str, object]:
    return {"role": "assistant", "content": list(content)}


def test_plain_request() -> None:
    """The least request has a token limit of ours, which this API demands."""
    expected = {
        "model": "m",
        "max_tokens": DEFAULT_MAX_TOKENS,
        "messages": [user(text("Hi"))],
        "stream": True,
    }
    assert expected == body_of(ADAPTER, PROVIDER, a_request())


def test_all_options() -> None:
    """Every option has its place, and `extra` the last word."""
    request = a_request(
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        stop=["X"],
        stream=False,
        system="s",
        tools=[{"name": "f", "description": "d", "parameters": '{"type":"object"}'}],
        extra={"top_k": 1, "max_tokens": 6},
    )
    expected = {
        "model": "m",
        "max_tokens": 6,
        "messages": [user(text("Hi"))],
        "system": "s",
        "temperature": 0.5,
        "top_p": 0.9,
        "stop_sequences": ["X"],
        "tools": [{"name": "f", "description": "d", "input_schema": {"type": "object"}}],
        "top_k": 1,
    }
    assert expected == body_of(ADAPTER, PROVIDER, request)


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"name": "f"}, {"type": "tool", "name": "f"}),
    ],
)
def test_tool_choices(choice: object, sent: object) -> None:
    """Each choice has its form here, and is left out without tools."""
    request = a_request(tools=[{"name": "f"}], tool_choice=choice)
    assert sent == body_of(ADAPTER, PROVIDER, request)["tool_choice"]
    assert "tool_choice" not in body_of(ADAPTER, PROVIDER, a_request(tool_choice=choice))


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        # neighbours of one role become one turn
        ([user(text("a")), user(text("b"))], [user(text("a"), text("b"))]),
        (
            [user(text("a")), assistant(text("b")), assistant(CALL)],
            [user(text("a")), assistant(text("b"), SENT_CALL)],
        ),
        # results come first, also those of a later message of the same turn
        ([user(text("a"), RESULT)], [user(SENT_RESULT, text("a"))]),
        ([user(text("a")), user(RESULT)], [user(SENT_RESULT, text("a"))]),
        # empty text goes, and a turn of nothing else with it
        ([user(text(""), text("a"), text(" \n"))], [user(text("a"))]),
        (
            [user(text("a")), assistant(text("")), user(text("b"))],
            [user(text("a"), text("b"))],
        ),
        ([assistant(text(""), CALL)], [assistant(SENT_CALL)]),
        # a system message does not part its neighbours
        (
            [user(text("a")), {"role": "system", "content": "s"}, user(text("b"))],
            [user(text("a"), text("b"))],
        ),
        # results: in parts, empty, failed
        (
            [user(RESULT | {"content": [text("1"), text("2")], "is_error": True})],
            [user(SENT_RESULT | {"content": "1\n2", "is_error": True})],
        ),
        (
            [user(RESULT | {"content": ""})],
            [user({"type": "tool_result", "tool_use_id": "c1"})],
        ),
        # no arguments are an empty object
        ([assistant(CALL | {"arguments": ""})], [assistant(SENT_CALL | {"input": {}})]),
    ],
)
def test_messages(messages: list[dict[str, object]], sent: object) -> None:
    """Each form of conversation becomes this API's."""
    assert sent == body_of(ADAPTER, PROVIDER, a_request(*messages))["messages"]


def test_system_messages_move_up() -> None:
    """System messages from anywhere join the request's own system prompt."""
    middle: dict[str, object] = {"role": "system", "content": "two"}
    request = a_request(user(text("a")), middle, system="one")
    assert body_of(ADAPTER, PROVIDER, request)["system"] == "one\n\ntwo"


def test_foreign_ids_are_made_safe_and_still_match() -> None:
    """An id with characters this API refuses is replaced, in call and result alike."""
    foreign = {"id": "functions.f:0"}
    request = a_request(assistant(CALL | foreign), user(RESULT | foreign))
    sent = ADAPTER.chat_call(PROVIDER, request, Model(id="m"), None).body.decode()
    ids = re.findall(r'"(?:tool_use_id|id)":"([^"]*)"', sent)
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert re.fullmatch(r"[A-Za-z0-9_-]+", ids[0])


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([user(text("a")), assistant(CALL | {"arguments": "[1]"})], "messages[1]"),
        ([assistant(CALL | {"arguments": "{"})], "'c1'"),
        ([user(text(""))], "no text"),
        ([{"role": "system", "content": "s"}], "no text"),
    ],
)
def test_what_it_cannot_say(messages: list[dict[str, object]], words: str) -> None:
    """What this API has no form for is the client's fault, and the message names the place."""
    request = a_request(*messages)
    failure = failure_of(lambda: ADAPTER.chat_call(PROVIDER, request, Model(id="m"), None))
    assert FailureClass.BAD_REQUEST is failure.kind
    assert words in failure.message


def test_headers() -> None:
    """The key has its own header, the version a default that the user may replace."""
    headers = dict(ADAPTER.chat_call(PROVIDER, a_request(), Model(id="m"), Secret(CANARY)).headers)
    assert (headers["x-api-key"], headers["anthropic-version"]) == (CANARY, VERSION)
    newer = a_provider("anthropic", headers={"Anthropic-Version": "2026-10-21"})
    headers = dict(ADAPTER.key_check_call(newer, Secret(CANARY)).headers)
    assert headers["anthropic-version"] == "2026-10-21"
