"""What clients of Gemini's API send, as chat requests."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aircherd.http_api.dialects.common.reading import MAX_PARTS, MAX_TOOLS
from aircherd.http_api.dialects.gemini import DIALECT
from aircherd.http_api.dialects.gemini.signatures import Sealed, seal
from aircherd.vocabulary.chat import Message, SchemaFormat
from helpers.http_api.talks import (
    a_call,
    any_json,
    is_read_or_refused,
    problem_of,
    set_fields,
)

PATH = "/v1beta/models/gemini-3-pro:generateContent"
SSE = "/v1beta/models/gemini-3-pro:streamGenerateContent"
CALL = {"functionCall": {"name": "f"}}
HI = [{"role": "user", "parts": [{"text": "Hi"}]}]

# What Gemini CLI 0.61 sends first, shortened.
CLASSIFIER = {
    "contents": HI,
    "systemInstruction": {"role": "user", "parts": [{"text": "Route it."}]},
    "generationConfig": {
        "temperature": 0,
        "topP": 1,
        "maxOutputTokens": 1024,
        "thinkingConfig": {"thinkingBudget": 512},
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object", "properties": {"choice": {"type": "string"}}},
    },
}
# And then.
MAIN = {
    "contents": HI,
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "read_file",
                    "description": "Reads",
                    "parametersJsonSchema": {"type": "object", "properties": {"p_q": {}}},
                }
            ]
        }
    ],
    "generationConfig": {
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "HIGH"},
    },
}


def test_gemini_cli_asks_for_json() -> None:
    """The first call of Gemini CLI, to a small model, is for JSON that matches a schema."""
    read = DIALECT.read_chat(a_call(PATH, CLASSIFIER))
    schema = '{"type":"object","properties":{"choice":{"type":"string"}}}'
    assert set_fields(read.chat) == {
        "model": "gemini-3-pro",
        "messages": [Message("user", "Hi")],
        "system": "Route it.",
        "temperature": 0.0,
        "max_tokens": 1024,
        "reasoning": "low",
        "response_format": SchemaFormat(schema),
        "stream": False,
    }
    assert read.verbatim.unsaid is None


def test_gemini_cli_asks() -> None:
    """Its defaults, which other vendors' models refuse, are left out."""
    call = a_call(SSE, MAIN, query={"alt": "sse"})
    read = DIALECT.read_chat(call)
    fields = set_fields(read.chat)
    [tool] = fields.pop("tools")
    assert (tool.name, tool.parameters) == (
        "read_file",
        '{"type":"object","properties":{"p_q":{}}}',
    )
    assert fields == {
        "model": "gemini-3-pro",
        "messages": [Message("user", "Hi")],
        "reasoning": "high",
    }
    assert read.verbatim.unsaid is None
    assert read.verbatim.body == call.body
    assert read.stream_type is None


def test_names_of_models() -> None:
    """A name may have slashes, and Google's prefix."""
    for sent, name in (("anthropic/claude", "anthropic/claude"), ("models/sonnet", "sonnet")):
        call = a_call(f"/v1/models/{sent}:generateContent", {"contents": HI})
        assert DIALECT.read_chat(call).chat.model == name


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "JSON"),
        (b"[1]", "map"),
        (b'{"contents":5}', "contents"),
        (b'{"contents":[{"parts":[{"text":5}]}]}', "contents[0].parts[0].text"),
        (b"\xff", "UTF-8"),
        (b'{"contents":' + b"[" * 100_000, "nested"),
        (b'{"generationConfig":{"candidateCount":2}}', "candidateCount"),
        (b'{"generationConfig":{"maxOutputTokens":0}}', "maxOutputTokens"),
        (b'{"contents":[{"role":"god","parts":[]}]}', "contents[0].role"),
        (b'{"contents":[{"parts":[{"functionResponse":{"name":"f"}}]}]}', "answers no call"),
        (b'{"contents":[{"parts":[{"functionCall":{"name":"f"}}]}]}', "turn of the model"),
        (b'{"tools":[{"functionDeclarations":[{"name":""}]}]}', "needs name"),
        (b'{"toolConfig":{"functionCallingConfig":{"mode":"X"}}}', "mode"),
    ],
)
def test_wrong_requests(body: bytes, word: str) -> None:
    """What is wrong is named."""
    problem = problem_of(DIALECT, a_call(PATH, body))
    assert problem.status == 400
    assert word in problem.message


@pytest.mark.parametrize(
    ("fields", "unsaid"),
    [
        ({"cachedContent": "cachedContents/1"}, "cachedContent"),
        ({"tools": [{"urlContext": {}}]}, "tools[0].urlContext"),
        ({"tools": [{"googleSearch": {"timeRangeFilter": {}}}]}, "tools[0].googleSearch"),
        ({"generationConfig": {"speechConfig": {"a": 1}}}, "generationConfig.speechConfig"),
        ({"generationConfig": {"presencePenalty": 0.5}}, "generationConfig.presencePenalty"),
        ({"generationConfig": {"responseMimeType": "text/x.enum"}}, "responseMimeType"),
        ({"newThing": 1, "generationConfig": {"newer": 2}}, "newThing, generationConfig.newer"),
        ({"toolConfig": {"retrievalConfig": {"latLng": {}}}}, "toolConfig.retrievalConfig"),
    ],
)
def test_unsaid(fields: dict[str, object], unsaid: str) -> None:
    """What no other vendor can follow is named, so that only Google's models answer."""
    read = DIALECT.read_chat(a_call(PATH, {"contents": HI, **fields}))
    assert unsaid in (read.verbatim.unsaid or "")


@pytest.mark.parametrize(
    "fields",
    [
        {"safetySettings": [{"category": "A", "threshold": "B"}], "labels": {"a": "b"}},
        {"generationConfig": {"topK": 5, "seed": 1, "mediaResolution": "LOW", "logprobs": 0}},
        {"generationConfig": {"candidateCount": 1, "responseMimeType": "text/plain"}},
        {"serviceTier": "flex", "store": False, "model": "models/x"},
        {"toolConfig": {"includeServerSideToolInvocations": True}},
    ],
)
def test_left_out(fields: dict[str, object]) -> None:
    """What only tunes a reply is left out for other vendors."""
    read = DIALECT.read_chat(a_call(PATH, {"contents": HI, **fields}))
    assert read.verbatim.unsaid is None
    assert set_fields(read.chat).keys() == {"model", "messages", "stream"}


PART = {"text": "a"}
ANSWER = {"functionResponse": {"name": "f", "parts": [{}] * (MAX_PARTS + 1)}}


@pytest.mark.parametrize(
    "body",
    [
        {"contents": [{"parts": [PART] * (MAX_PARTS + 1)}]},
        {"contents": [{"role": "model", "parts": [PART]}] * (MAX_PARTS // 2 + 1)},
        {"contents": [{"parts": [{"text": "a", "thought_signature": "b"}] * (MAX_PARTS + 1)}]},
        {"contents": [{"role": "model", "parts": [CALL]}, {"parts": [ANSWER]}]},
        {"systemInstruction": {"parts": [PART] * (MAX_PARTS + 1)}},
        {"tools": [{"googleMaps": {}}] * (MAX_TOOLS + 1)},
        {"tools": [{"functionDeclarations": [{"name": "f"}] * (MAX_TOOLS + 1)}]},
    ],
)
def test_bounds(body: dict[str, object]) -> None:
    """Each part takes some microseconds, in which all other clients wait."""
    assert "more than" in problem_of(DIALECT, a_call(PATH, body)).message


def test_snake_case() -> None:
    """Google's library for Python writes what it got as a dictionary in its own spelling."""
    body = {
        "contents": [{"role": "user", "parts": [{"inline_data": {"mime_type": "x", "data": ""}}]}],
        "system_instruction": {"parts": [{"text": "s"}]},
        "generation_config": {"max_output_tokens": 5, "thinking_config": {"thinking_budget": 0}},
        "tools": [{"function_declarations": [{"name": "f", "parameters": {"a_b": 1}}]}],
    }
    read = DIALECT.read_chat(a_call(PATH, body))
    chat = read.chat
    assert (chat.system, chat.max_tokens, chat.reasoning) == ("s", 5, "none")
    assert chat.tools[0].parameters == '{"a_b":1}'
    assert read.verbatim.unsaid == "contents[0].parts[0].inlineData (x)"


def test_thinking_in_snake_case() -> None:
    """Google's library for Python writes these names so, whatever it got."""
    thinking = {"include_thoughts": True, "thinking_level": "LOW"}
    body = {"contents": HI, "generationConfig": {"thinkingConfig": thinking}}
    read = DIALECT.read_chat(a_call(PATH, body))
    assert (read.chat.reasoning, read.style.shows_thoughts) == ("low", True)
    body = {"contents": HI, "generationConfig": {"thinkingConfig": {"thinking_budget": 0}}}
    assert DIALECT.read_chat(a_call(PATH, body)).chat.reasoning == "none"


def test_count() -> None:
    """The tools and the system prompt are counted, too: trap 19."""
    whole = {"generateContentRequest": {"model": "models/x", **CLASSIFIER, "tools": MAIN["tools"]}}
    path = "/v1beta/models/sonnet:countTokens"
    chat = DIALECT.read_count(a_call(path, whole)).chat
    assert (chat.system, len(chat.tools), chat.stream) == ("Route it.", 1, False)
    alone = DIALECT.read_count(a_call(path, {"contents": HI})).chat
    assert alone.messages == [Message("user", "Hi")]


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("embedContent", {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 8}),
        (
            "batchEmbedContents",
            {"requests": [{"model": "models/e", "content": {"parts": [{"text": "a"}]}}]},
        ),
    ],
)
def test_embeddings(method: str, body: dict[str, object]) -> None:
    """Requests for embeddings go out as they came."""
    call = a_call(f"/v1beta/models/e:{method}", body)
    read = DIALECT.read_embeddings(call)
    assert read.verbatim.operation == "embeddings"
    assert msgspec.json.decode(read.verbatim.body) == body
    assert read.chat.messages == [Message("user", "a")]


def test_after_a_translated_turn() -> None:
    """A conversation goes on at Google after another vendor answered: trap 14."""
    sealed = seal(Sealed("anthropic/claude", "SIG"))
    turn = {
        "role": "model",
        "parts": [
            {"text": "hm", "thought": True},
            {"text": "Hi", "thoughtSignature": sealed},
            {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": sealed},
        ],
    }
    answer = {"functionResponse": {"name": "f", "response": {"output": "x"}}}
    contents = [*HI, turn, {"role": "user", "parts": [answer]}]
    read = DIALECT.read_chat(a_call(PATH, {"contents": contents}))
    sent = json.loads(read.verbatim.body)["contents"][1]["parts"]
    unsigned = "skip_thought_signature_validator"
    assert sent == [
        {"text": "Hi"},
        {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": unsigned},
    ]
    assert read.chat.messages[1].content[1].signature == "SIG"


_NAMES = [
    *("contents", "parts", "text", "role", "functionCall", "functionResponse", "name", "args"),
    *("response", "id", "inlineData", "inline_data", "mimeType", "data", "thought", "tools"),
    *("functionDeclarations", "parameters", "type", "generationConfig", "thinkingConfig"),
    *("responseMimeType", "responseSchema", "systemInstruction", "toolConfig", "fileData"),
]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(_NAMES), any_json(_NAMES), max_size=5))
def test_any_body(body: dict[str, object]) -> None:
    """Whatever a client sends is read or refused."""
    assert is_read_or_refused(DIALECT.read_chat, PATH, body)
    assert is_read_or_refused(DIALECT.read_count, "/v1/models/m:countTokens", body)
    assert is_read_or_refused(DIALECT.read_embeddings, "/v1/models/m:embedContent", body)
