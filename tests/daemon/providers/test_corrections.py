"""Refusals of what aircher itself put into a request, and what is sent instead."""

import msgspec
import pytest

from aircherd.providers.corrections import Edit, apply_edits, find_edits
from aircherd.providers.registry import ADAPTERS, RESPONSES
from helpers.providers.provider_calls import a_request

CHAT = {
    "model": "m",
    "messages": [],
    "stream_options": {"include_usage": True},
    "max_tokens": 100,
    "reasoning_effort": "none",
}
RESPONSES_BODY = {
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "reasoning": {"effort": "none", "summary": "auto"},
    "tools": [{"name": "a", "strict": False}, {"name": "b"}],
}
CLAUDE = {
    "max_tokens": 8192,
    "thinking": {"type": "adaptive", "display": "summarized"},
}
GEMINI = {
    "contents": [{"parts": [{"functionCall": {"id": "1", "name": "f"}}]}],
    "tools": [
        {"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}
    ],
    "generationConfig": {
        "thinkingConfig": {"includeThoughts": True},
        "responseJsonSchema": {"type": "object"},
    },
}
OLLAMA = {"model": "m", "truncate": False}

BODIES = {
    "openai": CHAT,
    "openrouter": {"reasoning": {"effort": "none"}, **CHAT},
    "responses": RESPONSES_BODY,
    "anthropic": CLAUDE,
    "gemini": GEMINI,
    "ollama": OLLAMA,
}


def edits(api, refusal, status=400, request=None, body=None):
    own = (ADAPTERS[RESPONSES] if api == "responses" else ADAPTERS[api]).own_fields
    data = refusal.encode() if isinstance(refusal, str) else msgspec.json.encode(refusal)
    sent = msgspec.json.encode(body or BODIES[api])
    return find_edits(own, request or a_request(), sent, status, data)


def corrected(api, refusal, **options):
    """Return what is sent instead."""
    request = options.get("request") or a_request()
    found = edits(api, refusal, **options)
    body = msgspec.json.encode(options.get("body") or BODIES[api])
    return msgspec.json.decode(apply_edits(body, found, request))


def openai(message, param=None, code=None):
    return {"error": {"message": message, "param": param, "code": code}}


def pydantic(*location, message="Extra inputs are not permitted", kind="extra_forbidden"):
    return {"detail": [{"type": kind, "loc": ["body", *location], "msg": message, "input": CHAT}]}


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (openai("Unrecognized request argument supplied: stream_options"), 400),
        (
            openai("Unknown parameter: 'stream_options'.", "stream_options", "unknown_parameter"),
            400,
        ),
        (openai("Not this.", "stream_options"), 400),
        (openai("Validation error at #/stream_options: Extra inputs are not permitted"), 400),
        (openai("Extra inputs are not permitted, field: 'stream_options', value: None"), 400),
        (pydantic("stream_options"), 422),
        (pydantic("stream_options", "include_usage"), 422),
        ({"message": "[{'loc': ('body', 'stream_options'), 'msg': 'Extra inputs'}]"}, 400),
        ({"error": 'json: unknown field "stream_options"'}, 400),
        ('unknown field "stream_options"', 400),
        (openai("create() got an unexpected keyword argument 'stream_options'"), 500),
        (openai("stream_options is not supported"), 501),
        (openai("不支持参数 stream_options"), 400),
        (openai("stream_options 参数非法"), 400),
        (openai("stream options are not supported by this server"), 400),
        (openai("This server has no support for stream_options"), 400),
        (openai("stream_options cannot be used with this model"), 400),
        (openai("AiError: Bad input: unevaluated property '/stream_options'"), 400),
        (openai("No endpoints found that support the parameter stream_options"), 404),
        (openai("Additional properties are not allowed ('include_usage' was unexpected)"), 400),
    ],
)
def test_an_unknown_field_is_left_out(refusal, status) -> None:
    """However the server says that it does not know it."""
    expected = {name: value for name, value in CHAT.items() if name != "stream_options"}
    assert corrected("openai", refusal, status=status) == expected


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (openai("Unrecognized request argument supplied: temperature"), 400),
        (openai("The model m does not exist"), 404),
        (openai("Unknown parameter: 'stream_options'."), 429),
        (openai("Unknown parameter: 'stream_options'."), 401),
        (openai("max_tokens is too large: 100. This model supports at most 50"), 400),
        (openai("reasoning_effort: think about it"), 400),
        (pydantic("temperature"), 422),
        ("", 400),
        ("<html>", 400),
        ("[" * 5000, 400),
        ([], 400),
    ],
)
def test_anything_else_stays_refused(refusal, status) -> None:
    """A field that a request asks for, another fault, another status, or no text."""
    assert edits("openai", refusal, status) == ()


USE_NEW = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead."
)


@pytest.mark.parametrize(
    ("sent", "refusal", "expected"),
    [
        (
            "max_tokens",
            openai(USE_NEW, "max_tokens", "unsupported_parameter"),
            "max_completion_tokens",
        ),
        ("max_completion_tokens", pydantic("max_completion_tokens"), "max_tokens"),
        (
            "max_completion_tokens",
            openai("Unrecognized request argument supplied: max_completion_tokens"),
            "max_tokens",
        ),
    ],
)
def test_a_field_of_two_names_is_renamed(sent, refusal, expected) -> None:
    """The limit of the output has one of two names; the limit itself stays."""
    body = {"model": "m", sent: 100}
    assert corrected("openai", refusal, body=body) == {"model": "m", expected: 100}


@pytest.mark.parametrize(
    ("refusal", "value"),
    [
        (
            openai("'none' is not supported. Supported values are: 'minimal', 'low', 'high'."),
            "minimal",
        ),
        (openai("reasoning_effort must be one of low, medium, high"), "low"),
        (
            pydantic(
                "reasoning_effort",
                message="Input should be 'low', 'medium' or 'high'",
                kind="literal_error",
            ),
            "low",
        ),
        (openai("Invalid value for reasoning_effort: none"), "low"),
        (openai("Unsupported value", "reasoning_effort"), "low"),
        (openai("Unrecognized request argument supplied: reasoning_effort"), None),
        (openai("reasoning_effort: parameter is not supported with this model"), None),
        (pydantic("reasoning_effort"), None),
    ],
)
def test_none_becomes_what_the_server_has(refusal, value) -> None:
    """The lowest effort that it names, else low; nothing where it has no efforts at all."""
    if "reasoning_effort" not in str(refusal):
        refusal["error"]["param"] = "reasoning_effort"
    request = a_request(reasoning="none")
    assert corrected("openai", refusal, request=request).get("reasoning_effort") == value


def test_an_effort_that_is_asked_for_is_never_dropped() -> None:
    """A server without efforts was remembered when thinking was to be off."""
    found = edits("openai", pydantic("reasoning_effort"), request=a_request(reasoning="none"))
    body = b'{"reasoning_effort":"none"}'
    assert apply_edits(body, found, a_request(reasoning="none")) == b"{}"
    assert apply_edits(body, found, a_request(reasoning="low")) == body
    wish, sent = a_request(reasoning="low"), {"reasoning_effort": "low"}
    assert edits("openai", pydantic("reasoning_effort"), request=wish, body=sent) == ()


@pytest.mark.parametrize(
    ("effort", "message", "value"),
    [
        ("high", "reasoning_effort must be one of none or default", "default"),
        ("max", "reasoning_effort must be one of low, medium, high", "high"),
        ("high", "reasoning_effort is not supported with this model", "high"),
    ],
)
def test_another_effort_becomes_the_nearest(effort, message, value) -> None:
    """Only where the server names what it has: what is asked for is never left out."""
    body = {"reasoning_effort": effort}
    assert corrected("openai", openai(message), body=body)["reasoning_effort"] == value


@pytest.mark.parametrize(
    ("api", "refusal", "path", "value"),
    [
        ("openrouter", pydantic("stream_options"), ("stream_options",), None),
        (
            "openrouter",
            openai("reasoning.effort must be one of low, high"),
            ("reasoning", "effort"),
            "low",
        ),
        ("responses", openai("Unknown parameter: 'store'."), ("store",), None),
        (
            "responses",
            openai("Encrypted content is not supported with this model.", "include"),
            ("include",),
            None,
        ),
        (
            "responses",
            openai("Your organization must be verified to generate reasoning summaries."),
            ("reasoning", "summary"),
            None,
        ),
        (
            "responses",
            openai("Unsupported parameter", "reasoning.summary"),
            ("reasoning", "summary"),
            None,
        ),
        ("responses", pydantic("tools", 0, "strict"), ("tools", "*", "strict"), None),
        (
            "anthropic",
            openai("thinking.adaptive.display: Extra inputs are not permitted"),
            ("thinking", "display"),
            None,
        ),
        (
            "gemini",
            openai("Unknown name \"includeThoughts\" at 'generation_config.thinking_config'"),
            ("generationConfig", "thinkingConfig", "includeThoughts"),
            None,
        ),
        (
            "gemini",
            openai("include_thoughts is only enabled when thinking is enabled"),
            ("generationConfig", "thinkingConfig", "includeThoughts"),
            None,
        ),
        (
            "gemini",
            openai("Unknown name \"id\" at 'contents[0].parts[0].function_call'"),
            ("contents", "*", "parts", "*", "functionCall", "id"),
            None,
        ),
        ("ollama", {"error": 'json: unknown field "truncate"'}, ("truncate",), None),
    ],
)
def test_each_api_has_its_own_fields(api, refusal, path, value) -> None:
    """Each adapter names what it adds."""
    found = edits(api, refusal)
    assert [(edit.path, edit.value) for edit in found] == [(path, value)]


@pytest.mark.parametrize(
    "message",
    [
        "The vector store: no such thing",
        "Please include more context: it is not supported otherwise",
        "The display is not supported",
    ],
)
def test_words_of_plain_english_are_no_fields(message) -> None:
    """They must be quoted, or stand where a field's name does."""
    assert edits("responses", openai(message)) == edits("anthropic", openai(message)) == ()


@pytest.mark.parametrize(
    ("field", "refusal"),
    [
        ("reasoning_content", openai("property 'reasoning_content' is unsupported")),
        ("reasoning_content", pydantic("messages", 1, "assistant", "reasoning_content")),
        ("reasoning", openai("Extra inputs are not permitted, field: 'messages[1].reasoning'")),
    ],
)
def test_thinking_that_a_server_does_not_take_back_is_left_out(field, refusal) -> None:
    """Of every message; one that wants it back says something else."""
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
    body = {"messages": [messages[0], {**messages[1], field: "hm"}]}
    assert corrected("openai", refusal, body=body) == {"messages": messages}
    wanted = openai(f"The `{field}` in the thinking mode must be passed back to the API.")
    assert edits("openai", wanted, body=body) == ()


def test_a_renamed_schema_of_gemini() -> None:
    """Older versions have another name for schemas."""
    refusal = openai("Unknown name \"parametersJsonSchema\" at 'tools[0]': Cannot find field.")
    (tool,) = corrected("gemini", refusal)["tools"]
    assert tool == {"functionDeclarations": [{"name": "f", "parameters": {"type": "object"}}]}


def test_our_own_limit_is_lowered() -> None:
    """Anthropic wants a limit; where the request has none, the model's own is learnt."""
    refusal = openai("max_tokens: 8192 > 4096, which is the maximum allowed number of tokens")
    assert corrected("anthropic", refusal)["max_tokens"] == 4096
    assert edits("anthropic", refusal, request=a_request(max_tokens=8192)) == ()


def test_what_the_request_asks_for_is_never_left_out() -> None:
    """A field of its own in `extra` stays, and is refused."""
    request = a_request(extra={"stream_options": {"x": 1}})
    assert edits("openai", pydantic("stream_options"), request=request) == ()
    edit = Edit(("stream_options",), "drop")
    body = msgspec.json.encode(CHAT)
    assert msgspec.json.decode(apply_edits(body, [edit], request)) == CHAT


def test_edits_of_what_is_not_sent_change_nothing() -> None:
    """A remembered edit meets bodies of every kind."""
    body = b'{"a":1,"tools":[{"name":"f"},5],"reasoning":null,"include":"x"}'
    unknown = [
        Edit(("b",), "drop"),
        Edit(("a", "b"), "drop"),
        Edit(("tools", "*", "strict"), "drop"),
        Edit(("reasoning", "summary"), "drop"),
        Edit(("a",), "effort", "low", "none"),
        Edit(("include",), "limit", 5),
    ]
    assert apply_edits(body, unknown, a_request()) == body


def test_a_map_that_only_held_ours_goes_too() -> None:
    """An empty one would be refused."""
    edit = Edit(("reasoning", "effort"), "drop")
    assert apply_edits(b'{"reasoning":{"effort":"none"}}', [edit], a_request()) == b"{}"


@pytest.mark.parametrize(("strict", "is_left_out"), [(None, True), (False, True), (True, False)])
def test_strictness_that_is_asked_for_is_never_left_out(strict, is_left_out) -> None:
    """Without it, the arguments could be anything; the next provider is asked instead."""
    request = a_request(tools=[{"name": "f", "strict": strict}])
    body = {"model": "m", "tools": [{"type": "function", "name": "f", "strict": bool(strict)}]}
    refusal = openai("Unknown parameter: 'tools[0].strict'.", "tools[0].strict")
    assert bool(edits("responses", refusal, request=request, body=body)) is is_left_out
