"""Conversations as items of a Responses request."""

import base64

import msgspec
import pytest

from aircherd.providers.openai_responses.adapter import OpenAIResponses
from aircherd.providers.openai_responses.input_items import write_input
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


def part_of(kind: str, data: str) -> Json:
    return {"type": "other", "kind": kind, "origin": "openai/m", "data": data}


SEARCH = '{"type":"web_search_call","id":"ws_1", "status":"completed","x":1.0}'
IMAGE_ITEM = '{"type":"image_generation_call","id":"ig_1","status":"completed"}'
NOTE = '{"type":"url_citation","start_index":0,"end_index":1,"title":"T","url":"https://a.b"}'


@pytest.mark.parametrize(
    ("part", "items"),
    [
        (part_of("web_search_call", SEARCH), [msgspec.json.decode(SEARCH)]),
        (
            part_of("content.of_2030", '{"type":"of_2030"}'),
            [said("assistant", {"type": "of_2030"})],
        ),
        (part_of("message.extra", '{"a":1}'), []),
        (part_of("logprobs", "[]"), []),
        (part_of("web_search_call", "not JSON"), []),
        (
            PNG | {"signature": IMAGE_ITEM},
            [msgspec.json.decode(IMAGE_ITEM) | {"result": PNG["data"]}],
        ),
        (
            CALL | {"custom": True, "arguments": "ls -l"},
            [{"type": "custom_tool_call", "call_id": "c1", "name": "f", "input": "ls -l"}],
        ),
        (
            CALL | {"arguments": "{}", "signature": '{"type":"function_call","namespace":"crm"}'},
            [
                {
                    "type": "function_call",
                    "call_id": "c1",
                    "name": "f",
                    "arguments": "{}",
                    "namespace": "crm",
                }
            ],
        ),
        (
            {"type": "text", "text": "no", "refusal": True},
            [said("assistant", {"type": "refusal", "refusal": "no"})],
        ),
        (
            {"type": "text", "text": "a", "citations": [{"url": "https://a.b", "data": NOTE}]},
            [
                said(
                    "assistant",
                    {
                        "type": "output_text",
                        "text": "a",
                        "annotations": [msgspec.json.decode(NOTE)],
                    },
                )
            ],
        ),
    ],
)
def test_what_the_api_sent_goes_back_as_it_came(part: Json, items: list[Json]) -> None:
    """In its place; what is no item of its own is left out."""
    assert sent_input({"role": "assistant", "content": [part]}) == items


def test_an_item_goes_back_byte_for_byte() -> None:
    """Even where another spelling would mean the same."""
    request = a_request({"role": "assistant", "content": [part_of("web_search_call", SEARCH)]})
    assert SEARCH.encode() in msgspec.json.encode(write_input(request))


def test_a_picture_of_another_model_follows_in_the_next_message() -> None:
    """OpenAI takes no pictures in messages of the assistant."""
    sent = sent_input(
        {"role": "assistant", "content": [PNG]}, {"role": "user", "content": "What is it?"}
    )
    follows = text("(A picture that the assistant made:)")
    assert sent == [said("user", follows, SENT_PNG, text("What is it?"))]


def test_documents() -> None:
    """A PDF is a file, also in a tool result; a text file is its text."""
    pdf = base64.b64encode(b"%PDF-1.7\n").decode()
    table = base64.b64encode(b"a,b\n").decode()
    file = {
        "type": "input_file",
        "filename": "p.pdf",
        "file_data": f"data:application/pdf;base64,{pdf}",
    }
    parts = [
        {"type": "document", "data": pdf, "name": "p.pdf"},
        {"type": "document", "data": table, "media_type": "text/csv", "name": "t.csv"},
    ]
    result = {"type": "tool_result", "id": "c1", "content": parts}
    content = [file, text("t.csv:\na,b\n")]
    assert sent_input({"role": "user", "content": parts}) == [said("user", *content)]
    assert sent_input({"role": "user", "content": [result]}) == [
        {"type": "function_call_output", "call_id": "c1", "output": content}
    ]


def test_sound_is_refused() -> None:
    """The API takes none."""
    wav = base64.b64encode(b"RIFF0000WAVEfmt ").decode()
    request = a_request({"role": "user", "content": [{"type": "audio", "data": wav}]})
    assert "does not take sound" in refused(request)
