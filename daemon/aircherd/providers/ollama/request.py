"""The body of a chat request to Ollama's own API."""

from aircherd.config.model import Provider
from aircherd.errors import fail
from aircherd.providers.codec.json_out import parse_object
from aircherd.providers.ollama.context_window import window_for
from aircherd.providers.ollama.messages import Json, write_messages
from aircherd.providers.request_fields import (
    check_modalities,
    check_tools,
    function_tool,
    sampling_fields,
)
from aircherd.vocabulary.chat import ChatRequest, Effort, SchemaFormat
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

CLOUD = "https://ollama.com:443"
"""The origin of Ollama's cloud."""

LEVELS: dict[Effort, bool | str] = {
    "none": False,
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "max",
}
"""The value of `think`. A model that knows only on and off treats every level as on."""

GPT_OSS_LEVELS = LEVELS | {"none": "low", "max": "high"}
"""For gpt-oss, which always thinks and has no level above high."""


def chat_body(provider: Provider, request: ChatRequest, model: Model) -> Json:
    """Return the body, with `options` always in it.

    Raises:
        ProviderFailed: UNSUPPORTED: Ollama or the model cannot express something in the request;
            BAD_REQUEST: no API could.
    """
    check_modalities(request, "Ollama")
    body: Json = {
        "model": model.id,
        "messages": write_messages(request),
        "stream": request.stream,  # Ollama streams by default
        # Otherwise Ollama silently drops the oldest messages of a prompt that is too long.
        "truncate": False,
    }
    if tools := _tools(request):
        body["tools"] = tools
    if request.response_format is not None:
        body["format"] = _format(provider, request)
    if request.reasoning is not None:
        levels = GPT_OSS_LEVELS if "gpt-oss" in model.id.lower() else LEVELS
        body["think"] = levels[request.reasoning]
    return body | {"options": _options(provider, request, model, body)}


def _options(provider: Provider, request: ChatRequest, model: Model, body: Json) -> Json:
    options: Json = {"num_ctx": provider.num_ctx or window_for(body, request.max_tokens, model)}
    if request.max_tokens is not None:
        options["num_predict"] = request.max_tokens
    options |= sampling_fields(request, model)
    if request.stop:
        options["stop"] = request.stop
    return options


def merge_extra(extra: Json, options: object) -> Json:
    """Return `extra` with its `options` merged over ours one by one, so that none of ours is lost.

    `options` that are not a map are the user's mistake, and passed on for the server to refuse.
    """
    overrides = extra.get("options")
    if not isinstance(overrides, dict) or not isinstance(options, dict):
        return extra
    return extra | {"options": options | overrides}


def _tools(request: ChatRequest) -> list[Json]:
    if not request.tools or request.tool_choice == "none":
        return []
    check_tools(request.tools, "Ollama", ("function", "vendor"), form="ollama")
    if any(tool.strict for tool in request.tools):
        fail(FailureClass.UNSUPPORTED, "tools: Ollama has no strict tools: leave out strict")
    if request.tool_choice not in (None, "auto"):
        fail(
            FailureClass.UNSUPPORTED,
            'tool_choice: Ollama cannot force a tool call: use "auto" or "none"',
        )
    if request.parallel_tool_calls is False:
        fail(
            FailureClass.UNSUPPORTED,
            "parallel_tool_calls: Ollama cannot be limited to one call at a time: leave it out",
        )
    return [_tool(tool) for tool in request.tools]


def _tool(tool: Tool) -> Json:
    if tool.type == "vendor":
        return parse_object(tool.data or "", "tools: data of a vendor's tool")
    return function_tool(tool)


def _format(provider: Provider, request: ChatRequest) -> object:
    if provider.origin == CLOUD:
        # docs/capabilities/structured-outputs: the cloud ignores it.
        fail(FailureClass.UNSUPPORTED, "response_format: Ollama's cloud cannot enforce JSON")
    if isinstance(request.response_format, SchemaFormat):
        return parse_object(request.response_format.schema, "response_format.schema")
    return "json"
