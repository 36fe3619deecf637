"""The body of a request to Ollama's own API."""

import pytest

from aircherd.providers.ollama.adapter import OllamaChat
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import (
    a_provider,
    a_request,
    body_of,
    built_request,
    failure_of,
    sent_body,
)

ADAPTER = OllamaChat()
OLLAMA = a_provider("ollama")
TOOL = {"name": "look", "description": "d", "parameters": '{"type":"object"}'}


def call(model: str = "m", key: Secret | None = None, **fields: object) -> HttpRequest:
    return built_request(ADAPTER, OLLAMA, a_request(**fields), Model(id=model), key)


def body(model: str = "m", **fields: object) -> dict[str, object]:
    return sent_body(call(model, **fields))


def refusal(kind: FailureClass, **fields: object) -> str:
    failure = failure_of(lambda: call(**fields))
    assert kind is failure.kind
    return failure.message


def test_plain_request() -> None:
    """A minimal request streams, sets a window, and disables truncation."""
    expected = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "truncate": False,
        "options": {"num_ctx": 8192},
    }
    assert expected == body()


def test_unstreamed_request() -> None:
    """Streaming is the default, so it is turned off explicitly."""
    assert body(stream=False)["stream"] is False


def test_all_options() -> None:
    """Every option is sent."""
    expected = {
        "num_ctx": 8192,
        "num_predict": 5,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["X"],
    }
    assert expected == body(max_tokens=5, temperature=0.5, top_p=0.9, stop=["X"])["options"]


def test_extra_overrides_single_options() -> None:
    """The user's `options` are merged with ours."""
    extra = {"keep_alive": "1h", "options": {"seed": 1, "num_ctx": 2048}}
    sent = body(max_tokens=5, extra=extra)
    assert sent["keep_alive"] == "1h"
    assert sent["options"] == {"num_ctx": 2048, "num_predict": 5, "seed": 1}


def test_options_that_are_no_map_are_passed_on() -> None:
    """They are the user's mistake, for the server to refuse."""
    assert body(extra={"options": "fast"})["options"] == "fast"


@pytest.mark.parametrize(
    ("model", "effort", "think"),
    [
        ("qwen3:8b", "none", False),
        ("qwen3:8b", "minimal", "low"),
        ("qwen3:8b", "low", "low"),
        ("qwen3:8b", "medium", "medium"),
        ("qwen3:8b", "high", "high"),
        ("qwen3:8b", "xhigh", "high"),
        ("qwen3:8b", "max", "max"),
        ("gpt-oss:20b", "none", "low"),
        ("gpt-oss:20b", "medium", "medium"),
        ("someone/GPT-OSS:120b", "max", "high"),
    ],
)
def test_effort(model: str, effort: str, think: object) -> None:
    """Each effort becomes the nearest level; gpt-oss always thinks."""
    assert think == body(model, reasoning=effort)["think"]


def test_no_effort_sends_nothing() -> None:
    """The model's default applies; models that cannot think would refuse the field."""
    assert "think" not in body()


@pytest.mark.parametrize("choice", [None, "auto"])
def test_tools(choice: str | None) -> None:
    """Tools have OpenAI's schema, and no choice is sent."""
    sent = body(tools=[TOOL], tool_choice=choice)
    function = {"name": "look", "description": "d", "parameters": {"type": "object"}}
    assert [{"type": "function", "function": function}] == sent["tools"]
    assert "tool_choice" not in sent


def test_tool_choice_none_sends_no_tools() -> None:
    """A model that does not see tools cannot call them."""
    assert "tools" not in body(tools=[TOOL], tool_choice="none", parallel_tool_calls=False)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tool_choice": "required"}, "tool_choice: Ollama cannot force a tool call"),
        ({"tool_choice": {"name": "look"}}, "tool_choice: Ollama cannot force a tool call"),
        (
            {"parallel_tool_calls": False},
            "parallel_tool_calls: Ollama cannot be limited to one call",
        ),
    ],
)
def test_unsupported_fields_are_refused(fields: dict[str, object], message: str) -> None:
    """Nothing is dropped silently; the message names the field."""
    assert refusal(FailureClass.UNSUPPORTED, tools=[TOOL], **fields).startswith(message)


def test_a_tool_in_ollamas_own_form() -> None:
    """It is sent as it is, beside the others."""
    own = {"type": "vendor", "api": "ollama", "data": '{"type":"function","items":1}'}
    tools = body(tools=[TOOL, own])["tools"]
    assert isinstance(tools, list)
    assert tools[1:] == [{"type": "function", "items": 1}]


@pytest.mark.parametrize(
    ("tool", "message"),
    [
        (TOOL | {"strict": True}, "tools: Ollama has no strict tools: leave out strict"),
        ({"type": "web_search"}, "tools: Ollama does not offer web_search"),
        ({"type": "custom", "name": "c"}, "tools: Ollama does not offer custom"),
        ({"type": "mcp", "name": "m", "url": "https://m"}, "tools: Ollama does not offer mcp"),
        (
            {"type": "vendor", "api": "chat", "data": "{}"},
            "tools: Ollama does not know a tool in the form of chat",
        ),
    ],
)
def test_tools_that_ollama_lacks(tool: dict[str, object], message: str) -> None:
    """The message names what is missing; nothing is dropped in silence."""
    assert refusal(FailureClass.UNSUPPORTED, tools=[tool]) == message
    assert "tools" in body(tools=[TOOL | {"strict": False, "cache": True}])


def test_modalities() -> None:
    """It answers with text only."""
    assert "modalities: Ollama does not answer with image" in refusal(
        FailureClass.UNSUPPORTED, modalities=["text", "image"]
    )


def test_an_invalid_tool_schema_is_refused() -> None:
    """The message names the tool whose parameters are not a JSON object."""
    assert "'look'" in refusal(FailureClass.BAD_REQUEST, tools=[TOOL | {"parameters": "nonsense"}])


def test_models_without_sampling() -> None:
    """The message names field and model."""
    model = Model(id="m", sampling=False)
    request = a_request(top_p=0.5)
    failure = failure_of(lambda: built_request(ADAPTER, OLLAMA, request, model, None))
    assert (
        failure.kind,
        failure.message,
    ) == (FailureClass.UNSUPPORTED, "top_p: m does not take it: leave it out")


@pytest.mark.parametrize(
    ("response_format", "sent"),
    [
        ({"type": "json_object"}, "json"),
        ({"type": "json_schema", "schema": '{"type":"array"}'}, {"type": "array"}),
    ],
)
def test_format(response_format: dict[str, object], sent: object) -> None:
    """JSON without a schema is "json"; a schema is sent as it is."""
    assert sent == body(response_format=response_format)["format"]


def test_an_invalid_schema_is_refused() -> None:
    """The message names the schema that is not a JSON object."""
    response_format = {"type": "json_schema", "schema": "["}
    assert refusal(FailureClass.BAD_REQUEST, response_format=response_format).startswith(
        "response_format.schema must be"
    )


def test_json_is_refused_for_the_cloud() -> None:
    """Ollama's cloud ignores the field and answers anything."""
    cloud = a_provider("ollama", base_url="https://ollama.com")
    request = a_request(response_format={"type": "json_object"})
    failure = failure_of(lambda: built_request(ADAPTER, cloud, request, Model(id="m"), None))
    assert FailureClass.UNSUPPORTED is failure.kind
    assert failure.message.startswith("response_format:")


def test_configured_window_wins() -> None:
    """`num_ctx` in the configuration is sent whatever the prompt is."""
    provider = a_provider("ollama", num_ctx=3000)
    request = a_request({"role": "user", "content": "x" * 100_000})
    assert body_of(ADAPTER, provider, request)["options"] == {"num_ctx": 3000}


def test_window_grows_with_the_prompt() -> None:
    """Tools and messages count; the model's maximum is the limit."""
    request = a_request(tools=[TOOL | {"description": "x" * 60_000}])
    sent = sent_body(built_request(ADAPTER, OLLAMA, request, Model(id="m"), None))
    assert sent["options"] == {"num_ctx": 32_768}
    small = sent_body(built_request(ADAPTER, OLLAMA, request, Model(id="m", window=12_000), None))
    assert small["options"] == {"num_ctx": 12_000}
