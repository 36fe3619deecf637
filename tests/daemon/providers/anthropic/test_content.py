"""Parts as content blocks of a request to the Anthropic Messages API."""

import base64
import json

import pytest

from aircherd.providers.anthropic.adapter import AnthropicMessages
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import seal
from helpers.providers.provider_calls import (
    a_provider,
    a_request,
    built_request,
    sent_body,
)

Map = dict[str, object]
ADAPTER = AnthropicMessages()
ORIGIN = "anthropic/claude-sonnet-5"
PDF = base64.b64encode(b"%PDF-1.4").decode()
SEARCH: Map = {"type": "web_search"}


def body_for(*messages: Map, **fields: object) -> Map:
    request = a_request(*messages, **fields)
    call = built_request(
        ADAPTER, a_provider("anthropic"), request, Model(id="claude-sonnet-5"), None
    )
    return sent_body(call)


def user(*content: object) -> Map:
    parts = [{"type": "text", "text": each} if isinstance(each, str) else each for each in content]
    return {"role": "user", "content": parts}


def assistant(*content: object) -> Map:
    return {"role": "assistant", "content": list(content)}


def other(data: object, kind: str | None = None) -> Map:
    text = data if isinstance(data, str) else json.dumps(data)
    name = kind or str(json.loads(text)["type"])
    signature = seal(name, ORIGIN, text)
    return {"type": "other", "kind": name, "origin": ORIGIN, "data": text, "signature": signature}


def sent(*messages: Map, **fields: object) -> list[Map]:
    """Return the blocks of the assistant's message."""
    body = body_for(*messages, **fields)
    return [b for m in body["messages"] if m["role"] == "assistant" for b in m["content"]]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"data": PDF, "media_type": "application/pdf", "name": "a.pdf"},
            {
                "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
                "title": "a.pdf",
            },
        ),
        (
            {"url": "https://x.test/a.pdf", "citations": True},
            {
                "source": {"type": "url", "url": "https://x.test/a.pdf"},
                "citations": {"enabled": True},
            },
        ),
        (
            {"data": base64.b64encode(b"a,b").decode(), "media_type": "text/csv", "name": "a.csv"},
            {
                "source": {"type": "text", "media_type": "text/plain", "data": "a,b"},
                "title": "a.csv",
            },
        ),
    ],
)
def test_documents(document: Map, expected: Map) -> None:
    """A PDF goes as data or URL, any text as plain text; in a tool's result too."""
    part = {"type": "document", **document}
    block = {"type": "document", **expected}
    [message] = body_for(user(part))["messages"]
    assert message["content"] == [block]
    call = {"type": "tool_call", "id": "c", "name": "f", "arguments": "{}"}
    result = {"type": "tool_result", "id": "c", "content": [{"type": "text", "text": "a"}, part]}
    last = body_for(user("Hi"), assistant(call), user(result))["messages"][-1]
    assert last["content"][0]["content"] == [{"type": "text", "text": "a"}, block]


CALL = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"n": 1}}
RESULT = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}
LATE = {"type": "code_execution_tool_result", "tool_use_id": "s1", "content": {}}
TEXT = {"type": "text", "text": "a"}


def test_other_blocks_go_back_in_their_place() -> None:
    """Numbers and the order of fields too are as they came."""
    data = '{"id": "s1", "type": "server_tool_use", "input": {"n": 1.50}}'
    call = ADAPTER.encode_chat(
        a_provider("anthropic"),
        a_request(user("Hi"), assistant(TEXT, other(data), other(RESULT), TEXT), user("go")),
        Model(id="claude-sonnet-5"),
    )
    assert b'{"id":"s1","type":"server_tool_use","input":{"n": 1.50}}' in call
    content = json.loads(call)["messages"][1]["content"]
    assert [block["type"] for block in content] == [
        "text",
        "server_tool_use",
        "web_search_tool_result",
        "text",
    ]


@pytest.mark.parametrize(
    "part",
    [
        other({"type": "text", "text": "x"}),
        other({"type": "tool_use", "id": "x"}),
        other({"type": "input_json_delta", "partial_json": "x"}),
        other({"id": "c1"}, "container"),
        other({"type": "x"}, "y"),
        other("[1]", "block"),
        other("{", "x"),
    ],
)
def test_what_is_no_block_does_not_go_back(part: Map) -> None:
    """Facts about a message, pieces, and blocks of a known type that were misshapen."""
    assert sent(user("Hi"), assistant(TEXT, part), user("go")) == [TEXT]


@pytest.mark.parametrize(
    ("messages", "kept"),
    [
        ([assistant(TEXT, other(CALL)), user("go")], ["text", "server_tool_use"]),
        ([assistant(TEXT, other(RESULT)), user("go")], ["text"]),
        ([assistant(TEXT, other(CALL)), user("go"), assistant(TEXT), user("on")], ["text", "text"]),
        # a call that code made in the middle of its run
        (
            [assistant(other(CALL)), user("r"), assistant(other(LATE)), user("go")],
            ["server_tool_use", "code_execution_tool_result"],
        ),
    ],
)
def test_calls_and_results_belong_together(messages: list[Map], kept: list[str]) -> None:
    """One whose counterpart was removed is left out, unless its turn is under way."""
    assert kept == [block["type"] for block in sent(user("Hi"), *messages)]


def test_a_paused_turn_may_end_the_conversation() -> None:
    """It is the assistant's message that ends with a call of a server's tool, or a compaction."""
    for block in (CALL, {"type": "compaction", "content": "Sum."}):
        body = body_for(user("Hi"), assistant(TEXT, other(block)), tools=[SEARCH])
        assert body["messages"][-1]["role"] == "assistant"


def test_texts_go_back_with_their_sources() -> None:
    """In the vendor's form; a user's text has none."""
    data = '{"type":"char_location","cited_text":"x","file_id":null}'
    text = TEXT | {"citations": [{"quote": "x", "data": data}], "origin": ORIGIN}
    [block] = sent(user("Hi"), assistant(text), user("go"))
    assert block["citations"] == [{"type": "char_location", "cited_text": "x"}]
    broken = TEXT | {"citations": [{"url": "https://a", "data": "{"}], "origin": ORIGIN}
    assert sent(user("Hi"), assistant(broken), user("go")) == [TEXT]
    foreign = TEXT | {"citations": [{"url": "https://a"}]}
    assert body_for(user(foreign))["messages"][0]["content"] == [TEXT]


CALLER = {"caller": {"type": "code_execution_20260120", "tool_id": "s"}}


@pytest.mark.parametrize(
    ("parts", "kept"),
    [
        ([other(CALL | {"id": "s"})], CALLER["caller"]),
        ([], None),
    ],
)
def test_a_caller_goes_back_with_its_code(parts: list[Map], kept: Map | None) -> None:
    """Where the code that called is gone, its calls are the model's own, or left out."""
    call = {
        "type": "tool_call",
        "id": "c",
        "name": "f",
        "arguments": "{}",
        "origin": ORIGIN,
        "signature": json.dumps(CALLER),
    }
    fetch = other(CALL | CALLER | {"id": "s2"})
    result = {"type": "tool_result", "id": "c", "content": "r"}
    blocks = sent(user("Hi"), assistant(*parts, fetch, call), user(result))
    assert kept == blocks[-1].get("caller")
    assert len(blocks) == (3 if parts else 1)


def test_fields_in_a_signature_go_back() -> None:
    """What a call or a text had besides our fields; it cannot replace ours."""
    call = {
        "type": "tool_call",
        "id": "c",
        "name": "f",
        "arguments": "{}",
        "origin": ORIGIN,
        "signature": json.dumps(CALLER | {"id": "evil", "toolset_name": "browser"}),
    }
    result = {"type": "tool_result", "id": "c", "content": "r"}
    code = other(CALL | {"id": "s"})
    body = body_for(user("Hi"), assistant(code, call), user(result))
    block = body["messages"][1]["content"][1]
    assert (block["id"], block["caller"]) == ("c", CALLER["caller"])
    # The result of a member of a toolset names it too.
    assert body["messages"][2]["content"][0]["toolset_name"] == "browser"
    text = TEXT | {"origin": ORIGIN, "signature": "no JSON"}
    assert sent(user("Hi"), assistant(text), user("go")) == [TEXT]


@pytest.mark.parametrize(
    ("messages", "container"),
    [
        ([assistant(other(CALL), other({"id": "c1"}, "container"))], "c1"),
        ([assistant(other({"id": "c1"}, "container"), TEXT), user("go")], None),
    ],
)
def test_a_turn_goes_on_in_its_container(messages: list[Map], container: str | None) -> None:
    """A paused turn needs it; a later question does not."""
    body = body_for(user("Hi"), *messages, tools=[SEARCH])
    assert container == body.get("container")


def test_results_go_on_in_the_container() -> None:
    """Code that called a tool of the client waits there for the result."""
    call = {"type": "tool_call", "id": "c", "name": "f", "arguments": "{}"}
    result = {"type": "tool_result", "id": "c", "content": "r"}
    said = assistant(call, other({"id": "c1"}, "container"))
    body = body_for(user("Hi"), said, user(result), tools=[{"name": "f"}])
    assert body["container"] == "c1"
    body = body_for(user("Hi"), said, user(result), tools=[{"name": "f"}], extra={"container": "x"})
    assert body["container"] == "x"
