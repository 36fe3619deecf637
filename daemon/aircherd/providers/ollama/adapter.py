"""Ollama's own API, `/api/chat`: not the half that is compatible with OpenAI's.

Only here can be said how large a window the model shall have (by default it may be as small as 4096
tokens, and what does not fit is cut off without a word) and how hard it shall think.
Sources: ollama/ollama, `api/types.go`, `server/routes.go` and `docs/`, 2026.
"""

from aircherd.config.model import Provider
from aircherd.errors import fail
from aircherd.providers.adapter import HttpCall
from aircherd.providers.codec.json_out import encode_body, parse_object, tool_parameters
from aircherd.providers.headers import bearer, call_headers
from aircherd.providers.ollama.context_window import window_for
from aircherd.providers.ollama.reply import OllamaStream, read_models, read_whole
from aircherd.providers.ollama.request import Json, all_messages
from aircherd.vocabulary.chat import ChatRequest, Effort, SchemaFormat, Tool
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret

CLOUD = "https://ollama.com:443"

LEVELS: dict[Effort, bool | str] = {
    "none": False,
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "max",
}
"""What `think` says. A model that knows only on and off takes every level for on."""

GPT_OSS_LEVELS = LEVELS | {"none": "low", "max": "high"}
"""For gpt-oss, which cannot be kept from thinking and has nothing above high."""


class OllamaChat:
    """The adapter."""

    def chat_call(
        self, provider: Provider, request: ChatRequest, model: Model, key: Secret | None
    ) -> HttpCall:
        """Translate `request`; see `Adapter`."""
        accept = "application/x-ndjson" if request.stream else "application/json"
        own = [("content-type", "application/json"), *bearer(key)]
        body = _body(provider, request, model)
        return HttpCall(
            "POST",
            _root(provider) + "/api/chat",
            call_headers(provider, own, accept=accept),
            encode_body(body, _extra(request.extra, body["options"])),
        )

    def reply_decoder(self) -> OllamaStream:
        """Return a decoder for one streamed reply."""
        return OllamaStream()

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply in one piece; see `Adapter`."""
        return read_whole(body)

    def key_check_call(self, provider: Provider, key: Secret) -> HttpCall:
        """Return the free check. Only a server that asks for keys everywhere refuses one here."""
        return HttpCall(
            "GET", _root(provider) + "/api/version", call_headers(provider, bearer(key))
        )

    def models_call(self, provider: Provider, key: Secret | None) -> HttpCall:
        """Return the call that lists what is installed; see `Adapter`."""
        return HttpCall("GET", _root(provider) + "/api/tags", call_headers(provider, bearer(key)))

    def read_models(self, body: bytes) -> list[Model]:
        """Return what is listed; see `Adapter`."""
        return read_models(body)

    def __repr__(self) -> str:
        return "<OllamaChat /api/chat>"


def _root(provider: Provider) -> str:
    # People copy its URL with the /v1 of its compatible half, or with the /api of its cloud.
    return provider.base_url.removesuffix("/v1").removesuffix("/api")


# ------------------------------------------------------------------ out: the request


def _body(provider: Provider, request: ChatRequest, model: Model) -> Json:
    body: Json = {
        "model": model.id,
        "messages": all_messages(request),
        "stream": request.stream,  # it streams unless told not to
        # It would leave out the oldest messages where all do not fit, and say nothing.
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
    for field, value in (("temperature", request.temperature), ("top_p", request.top_p)):
        if value is None:
            continue
        if model.sampling is False:
            fail(FailureClass.UNSUPPORTED, f"{field}: {model.id} does not take it: leave it out")
        options[field] = value
    if request.stop:
        options["stop"] = request.stop
    return options


def _extra(extra: Json, options: object) -> Json:
    """Lay the user's options over ours one by one: who sets one does not mean to lose the others.

    Anything but a map is the user's own mistake, and goes on as it is.
    """
    own = extra.get("options")
    if not isinstance(own, dict) or not isinstance(options, dict):
        return extra
    return extra | {"options": options | own}


def _tools(request: ChatRequest) -> list[Json]:
    if not request.tools or request.tool_choice == "none":
        return []
    if request.tool_choice not in (None, "auto"):
        fail(FailureClass.UNSUPPORTED, "tool_choice: Ollama cannot be made to call a tool")
    if request.parallel_tool_calls is False:
        fail(
            FailureClass.UNSUPPORTED,
            "parallel_tool_calls: Ollama cannot be kept from calling several tools at once",
        )
    return [_tool(tool) for tool in request.tools]


def _tool(tool: Tool) -> Json:
    parameters = tool_parameters(tool)
    function: Json = {"name": tool.name, "parameters": parameters}
    if tool.description is not None:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _format(provider: Provider, request: ChatRequest) -> object:
    if provider.origin == CLOUD:
        # docs/capabilities/structured-outputs: the cloud passes over it.
        fail(FailureClass.UNSUPPORTED, "response_format: Ollama's cloud cannot be held to JSON")
    if isinstance(request.response_format, SchemaFormat):
        return parse_object(request.response_format.schema, "response_format.schema")
    return "json"
