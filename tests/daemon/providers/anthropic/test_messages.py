"""Conversations in requests to the Anthropic Messages API."""

import re

import msgspec
import pytest

from aircherd.providers.anthropic.messages import TAKES, system_prompt, write_messages
from aircherd.providers.codec.turns import turns
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import a_request, failure_of

CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": '{"a":1}'}
RESULT = {"type": "tool_result", "id": "c1", "content": "one"}
SENT_CALL = {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}
SENT_RESULT: dict[str, object] = {"type": "tool_result", "tool_use_id": "c1", "content": "one"}
PICTURE = {"type": "image", "data": "iVBORw0KGgo=", "media_type": "image/png"}
SENT_PICTURE = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
}
LINKED = {"type": "image", "url": "https://x.test/a.png"}
SENT_LINKED = {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}
THOUGHT = {"type": "reasoning", "text": "Hm", "signature": "EqQ=", "origin": "anthropic/m"}
SENT_THOUGHT = {"type": "thinking", "thinking": "Hm", "signature": "EqQ="}
REDACTED = {"type": "reasoning", "signature": "redacted:Emw=", "origin": "anthropic/m"}
SENT_REDACTED = {"type": "redacted_thinking", "data": "Emw="}
UNSIGNED = {"type": "reasoning", "text": "H", "origin": "anthropic/m"}


def text(value: str) -> dict[str, object]:
    return {"type": "text", "text": value}


def user(*content: object) -> dict[str, object]:
    return {"role": "user", "content": list(content)}


def assistant(*content: object) -> dict[str, object]:
    return {"role": "assistant", "content": list(content)}


def sent_messages(request: ChatRequest) -> list[dict[str, object]]:
    return write_messages(turns(request.messages, TAKES))


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        # neighbours of one role are merged
        ([user(text("a")), user(text("b"))], [user(text("a"), text("b"))]),
        (
            [user(text("a")), assistant(text("b")), assistant(CALL)],
            [user(text("a")), assistant(text("b"), SENT_CALL)],
        ),
        # results come first, also those of a later message of the same role
        ([user(text("a"), RESULT)], [user(SENT_RESULT, text("a"))]),
        ([user(text("a")), user(RESULT)], [user(SENT_RESULT, text("a"))]),
        # empty text is dropped, and so is a message of nothing else
        ([user(text(""), text("a"), text(" \n"))], [user(text("a"))]),
        (
            [user(text("a")), assistant(text("")), user(text("b"))],
            [user(text("a"), text("b"))],
        ),
        ([assistant(text(""), CALL)], [assistant(SENT_CALL)]),
        # a system message does not separate its neighbours
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
        # images: by data or URL, in the client's order, in results too
        (
            [user(text("a"), PICTURE, text("b"), LINKED)],
            [user(text("a"), SENT_PICTURE, text("b"), SENT_LINKED)],
        ),
        ([user(PICTURE)], [user(SENT_PICTURE)]),
        (
            [user(RESULT | {"content": [PICTURE, text("1"), text(""), LINKED]}, PICTURE)],
            [user(SENT_RESULT | {"content": [SENT_PICTURE, text("1"), SENT_LINKED]}, SENT_PICTURE)],
        ),
        # thinking: unchanged and in its position; cut-off thinking is left out
        (
            [user(text("a")), assistant(THOUGHT, text("b"), REDACTED, CALL)],
            [user(text("a")), assistant(SENT_THOUGHT, text("b"), SENT_REDACTED, SENT_CALL)],
        ),
        ([assistant(THOUGHT)], [assistant(SENT_THOUGHT)]),
        (
            [user(text("a")), assistant(UNSIGNED), user(text("b"))],
            [user(text("a"), text("b"))],
        ),
        # text after a call keeps its position
        ([assistant(CALL, text("a"))], [assistant(SENT_CALL, text("a"))]),
        # no arguments are an empty object
        ([assistant(CALL | {"arguments": ""})], [assistant(SENT_CALL | {"input": {}})]),
    ],
)
def test_messages(messages: list[dict[str, object]], sent: object) -> None:
    """Each kind of conversation is translated."""
    assert sent == sent_messages(a_request(*messages))


def test_system_messages_move_up() -> None:
    """System messages from any position join the request's system prompt."""
    middle: dict[str, object] = {"role": "system", "content": "two"}
    ordered = turns(a_request(user(text("a")), middle, user(text("b"))).messages, TAKES)
    assert system_prompt("one", ordered) == "one\n\ntwo"
    assert system_prompt(None, ordered) == "two"


def test_ids_with_unsupported_characters_still_match() -> None:
    """An id with characters that the API refuses is replaced, in the call and its result alike."""
    foreign = {"id": "functions.f:0"}
    request = a_request(assistant(CALL | foreign), user(RESULT | foreign))
    sent = msgspec.json.encode(sent_messages(request)).decode()
    ids = re.findall(r'"(?:tool_use_id|id)":"([^"]*)"', sent)
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert re.fullmatch(r"[A-Za-z0-9_-]+", ids[0])


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ([user(text(""))], "all of them are empty"),
        ([{"role": "system", "content": "s"}], "all of them are empty"),
    ],
)
def test_invalid_messages_name_their_position(
    messages: list[dict[str, object]], message: str
) -> None:
    """A conversation that the API cannot express is a bad request that names the position."""
    request = a_request(*messages)
    failure = failure_of(lambda: sent_messages(request))
    assert FailureClass.BAD_REQUEST is failure.kind
    assert message in failure.message
