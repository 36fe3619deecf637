"""Conversations as items of a Responses request."""

import pytest

from aircherd.providers.openai_responses.adapter import OpenAIResponses
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import (
    a_provider,
    a_request,
    body_of,
    built_request,
    failure_of,
)

ADAPTER = OpenAIResponses()
Json = dict[str, object]
PNG = {"type": "image", "data": "iVBORw0KGgo=", "media_type": "image/png"}
SENT_PNG = {
    "type": "input_image",
    "image_url": "data:image/png;base64,iVBORw0KGgo=",
    "detail": "auto",
}
CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": '{"a":1}'}
SENT_CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
SIGNED = '{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA="}'
SENT_THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA="}


def text(value: str) -> Json:
    return {"type": "input_text", "text": value}


def said(role: str, *content: object) -> Json:
    return {"type": "message", "role": role, "content": list(content)}


def sent_input(*messages: Json, **fields: object) -> object:
    return body_of(ADAPTER, a_provider(), a_request(*messages, **fields))["input"]


def refused(
    request: ChatRequest,
    model: Model | None = None,
    kind: FailureClass = FailureClass.UNSUPPORTED,
) -> str:
    """Return the message with which the request is refused."""
    chosen_model = model or Model(id="m")
    failure = failure_of(lambda: built_request(ADAPTER, a_provider(), request, chosen_model, None))
    assert failure.kind is kind
    return failure.message


Json = dict[str, object]


@pytest.mark.parametrize(
    ("system", "prompt", "is_added"),
    [(None, "Give me json", False), (None, "Hi", True), ("Answer in JSON.", "Hi", True)],
)
def test_json_sentence_is_added_unless_the_input_mentions_json(
    system: str | None, prompt: str, is_added: bool
) -> None:
    """The API does not count the instructions."""
    question = {"role": "user", "content": prompt}
    sent = sent_input(question, system=system, response_format={"type": "json_object"})
    added = [said("system", text("Answer with a JSON object."))] if is_added else []
    assert sent == [*added, said("user", text(prompt))]


@pytest.mark.parametrize(
    ("message", "items"),
    [
        ({"role": "user", "content": "a"}, [said("user", text("a"))]),
        ({"role": "system", "content": "s"}, [said("system", text("s"))]),
        ({"role": "user", "content": []}, [said("user") | {"content": ""}]),
        (
            {"role": "user", "content": [{"type": "text", "text": "a"}, PNG]},
            [said("user", text("a"), SENT_PNG)],
        ),
        (
            {"role": "user", "content": [{"type": "image", "url": "https://x/y.png"}]},
            [said("user", SENT_PNG | {"image_url": "https://x/y.png"})],
        ),
        (
            {"role": "assistant", "content": "b"},
            [said("assistant", {"type": "output_text", "text": "b"})],
        ),
        ({"role": "assistant", "content": []}, []),
        (
            {"role": "assistant", "content": [{"type": "text", "text": ""}, CALL]},
            [SENT_CALL],
        ),
        (
            {"role": "assistant", "content": [CALL | {"arguments": ""}]},
            [SENT_CALL | {"arguments": "{}"}],
        ),
        (
            {
                "role": "assistant",
                "content": [
                    {"type": "reasoning", "text": "changed", "signature": SIGNED, "origin": "o/m"},
                    {
                        "type": "text",
                        "text": "t",
                        "signature": '{"type":"message","phase":"commentary"}',
                        "origin": "o/m",
                    },
                    CALL,
                ],
            },
            [
                SENT_THOUGHT,
                said("assistant", {"type": "output_text", "text": "t"}) | {"phase": "commentary"},
                SENT_CALL,
            ],
        ),
        (
            {
                "role": "assistant",
                "content": [
                    {"type": "reasoning", "text": "unsigned"},
                    {"type": "reasoning", "text": "of another API", "signature": "reasoning"},
                    {"type": "text", "text": "t"},
                ],
            },
            [said("assistant", {"type": "output_text", "text": "t"})],
        ),
    ],
)
def test_messages(message: Json, items: list[Json]) -> None:
    """Each kind of message becomes items, in order."""
    assert items == sent_input(message)


@pytest.mark.parametrize(
    ("content", "is_error", "output"),
    [
        ("1", False, "1"),
        ("1", True, "Error: 1"),
        ([{"type": "text", "text": "1"}, {"type": "text", "text": "2"}], False, "1\n2"),
        ([{"type": "text", "text": "1"}, PNG], False, [text("1"), SENT_PNG]),
        ([PNG], True, [text("Error:"), SENT_PNG]),
    ],
)
def test_tool_results(content: object, is_error: bool, output: object) -> None:
    """Text is sent as text, with images as parts; the text of a failed tool says so."""
    result = {"type": "tool_result", "id": "c1", "content": content, "is_error": is_error}
    sent = {"type": "function_call_output", "call_id": "c1", "output": output}
    assert [sent] == sent_input({"role": "user", "content": [result]})


def test_tool_results_come_first() -> None:
    """They precede the user's text, wherever the client put them."""
    result = {"type": "tool_result", "id": "c1", "content": "1"}
    sent = {"type": "function_call_output", "call_id": "c1", "output": "1"}
    content = [{"type": "text", "text": "and?"}, result]
    assert [sent, said("user", text("and?"))] == sent_input({"role": "user", "content": content})


def test_long_ids_still_match() -> None:
    """An id that is too long is replaced, the same in the call and its result."""
    call_id = "x" * 65
    sent = sent_input(
        {"role": "assistant", "content": [CALL | {"id": call_id}, CALL | {"id": "y" * 64}]},
        {"role": "user", "content": [{"type": "tool_result", "id": call_id, "content": ""}]},
    )
    assert isinstance(sent, list)
    ids = [item["call_id"] for item in sent]
    assert ids == [ids[0], "y" * 64, ids[0]]
    assert len(ids[0]) <= 64


def test_a_part_in_the_wrong_role_is_refused() -> None:
    """The message names the position."""
    request = a_request({"role": "user", "content": [CALL]})
    assert "messages[0]" in refused(request, kind=FailureClass.BAD_REQUEST)
