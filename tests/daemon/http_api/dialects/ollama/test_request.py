"""What clients of Ollama's API send, as chat requests."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aircherd.http_api.dialects.common.reading import MAX_PARTS, MAX_TOOLS
from aircherd.http_api.dialects.ollama import DIALECT
from aircherd.vocabulary.chat import JsonFormat, Message, SchemaFormat
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.parts import TextPart
from helpers.http_api.talks import (
    PIXEL,
    a_call,
    any_json,
    is_read_or_refused,
    problem_of,
    set_fields,
)

CHAT = "/api/chat"
GENERATE = "/api/generate"
HI = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {}),
        ({"stream": False}, {"stream": False}),
        ({"stream": None}, {}),
        ({"options": {"temperature": 0.2, "top_p": 0.5}}, {"temperature": 0.2, "top_p": 0.5}),
        ({"options": {"temperature": 0.8, "top_p": 0.9}}, {}),
        ({"options": {"num_predict": 7, "num_ctx": 8192}}, {"max_tokens": 7}),
        ({"options": {"num_predict": -1}}, {}),
        ({"options": {"stop": ["a"]}}, {"stop": ["a"]}),
        ({"options": {"stop": "a"}}, {"stop": ["a"]}),
        ({"options": {"min_p": 0.1, "mirostat": 2, "num_gpu": 1, "seed": 1, "unheard_of": {}}}, {}),
        ({"think": True}, {"reasoning": "medium"}),
        ({"think": False}, {"reasoning": "none"}),
        ({"think": "high"}, {"reasoning": "high"}),
        ({"think": ""}, {}),
        ({"format": "json"}, {"response_format": JsonFormat()}),
        ({"format": ""}, {}),
        ({"format": {"type": "object"}}, {"response_format": SchemaFormat('{"type":"object"}')}),
        ({"keep_alive": "5m", "truncate": True, "shift": True, "of_a_plugin": [1]}, {}),
    ],
)
def test_options(body: dict[str, object], expected: dict[str, object]) -> None:
    """Options that are known elsewhere are said, and those of local servers left out."""
    read = DIALECT.read_chat(a_call(CHAT, {"model": "m", "messages": HI, **body}))
    fields = set_fields(read.chat)
    assert fields == {"model": "m", "messages": [Message("user", "Hi")], **expected}
    assert read.verbatim.unsaid is None


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("sonnet", "sonnet"),
        ("sonnet:latest", "sonnet"),
        ("llama3.2:3b", "llama3.2:3b"),
        ("anthropic/claude:latest", "anthropic/claude"),
    ],
)
def test_names(sent: str, name: str) -> None:
    """Clients add a tag to names that have none."""
    assert DIALECT.read_chat(a_call(CHAT, {"model": sent, "messages": HI})).chat.model == name


def test_tools() -> None:
    """Functions are tools; anything else is noted."""
    declared = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    tools = [{"type": "function", "function": declared}, {"function": {"name": "g"}}, {"type": "x"}]
    read = DIALECT.read_chat(a_call(CHAT, {"model": "m", "messages": HI, "tools": tools}))
    first, second = read.chat.tools
    assert (first.name, first.description, first.parameters) == ("f", "d", '{"type":"object"}')
    assert second.name == "g"
    assert read.verbatim.unsaid == "tools[2].type 'x'"


def test_a_completion() -> None:
    """The prompt is the user's message, with its pictures."""
    body = {"model": "m", "prompt": "Hi", "system": "s", "images": [PIXEL]}
    read = DIALECT.read_chat(a_call(GENERATE, body))
    picture = ImagePart(data=PIXEL, media_type="image/png")
    assert read.chat.messages == [Message("user", [picture, TextPart("Hi")])]
    assert (read.chat.system, read.style.is_completion) == ("s", True)


@pytest.mark.parametrize(
    "fields",
    [{"suffix": "b"}, {"raw": True}, {"template": "{{ .Prompt }}"}, {"context": [1]}, {"width": 5}],
)
def test_completions_for_local_servers(fields: dict[str, object]) -> None:
    """What goes around a model's form of a conversation is for Ollama alone: code completion."""
    read = DIALECT.read_chat(a_call(GENERATE, {"model": "m", "prompt": "a", **fields}))
    assert read.verbatim.unsaid == next(iter(fields))


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "JSON"),
        ({"messages": HI}, "model is missing"),
        ({"model": "", "messages": HI}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": []}, "messages"),
        ({"model": "m", "messages": [{"role": "god", "content": "a"}]}, "messages[0].role"),
        ({"model": "m", "messages": [{"role": "tool", "content": "a"}]}, "messages[0]"),
        ({"model": "m", "messages": HI, "think": "hard"}, "think"),
        ({"model": "m", "messages": HI, "format": "xml"}, "format"),
        ({"model": "m", "messages": HI, "options": {"temperature": "hot"}}, "options.temperature"),
        ({"model": "m", "messages": HI, "tools": [{"function": {"name": ""}}]}, "tools[0]"),
    ],
)
def test_wrong_chats(body: object, word: str) -> None:
    """What is wrong is named."""
    problem = problem_of(DIALECT, a_call(CHAT, body))
    assert problem.status == 400
    assert word in problem.message


@pytest.mark.parametrize(
    "body",
    [
        {"messages": HI * (MAX_PARTS + 1)},
        {"messages": [{"role": "user", "images": ["x"] * (MAX_PARTS + 1)}]},
        {"messages": HI, "tools": [{"function": {"name": "f"}}] * (MAX_TOOLS + 1)},
    ],
)
def test_bounds(body: dict[str, object]) -> None:
    """Each part takes some microseconds, in which all other clients wait."""
    assert "more than" in problem_of(DIALECT, a_call(CHAT, {"model": "m", **body})).message


def test_no_prompt() -> None:
    """A request that only loads a model is refused: there is none to load."""
    assert "prompt" in problem_of(DIALECT, a_call(GENERATE, {"model": "m"})).message


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("/api/embed", {"model": "e:latest", "input": ["a", "b"]}, "a\nb"),
        ("/api/embed", {"model": "e", "input": "a"}, "a"),
        ("/api/embeddings", {"model": "e", "prompt": "a"}, "a"),
    ],
)
def test_embeddings(path: str, body: dict[str, object], text: str) -> None:
    """Requests for embeddings go out as they came."""
    call = a_call(path, body)
    read = DIALECT.read_embeddings(call)
    assert (read.verbatim.operation, read.verbatim.body) == ("embeddings", call.body)
    assert (read.chat.model, read.chat.messages) == ("e", [Message("user", text)])


_NAMES = [
    *("model", "messages", "role", "content", "images", "tool_calls", "function", "name"),
    *("arguments", "tool_name", "tools", "parameters", "options", "stop", "temperature", "format"),
    *("think", "prompt", "system", "suffix", "input"),
]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(_NAMES), any_json(_NAMES), max_size=5))
def test_any_body(body: dict[str, object]) -> None:
    """Whatever a client sends is read or refused."""
    for given_body in (body, {**body, "model": "m"}):
        assert is_read_or_refused(DIALECT.read_chat, CHAT, given_body)
        assert is_read_or_refused(DIALECT.read_chat, GENERATE, given_body)
        assert is_read_or_refused(DIALECT.read_embeddings, "/api/embed", given_body)
