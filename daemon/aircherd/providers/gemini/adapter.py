"""The Gemini API of Google AI Studio: `generateContent`, streamed and not.

What it wants differently from others: the model and the wish for a stream in the path; the options
in a `generationConfig`; and it cannot be held to one call at a time.
"""

import re
from typing import Final
from urllib.parse import quote

from aircherd.config.model import Provider
from aircherd.errors import fail
from aircherd.providers.adapter import HttpCall
from aircherd.providers.codec.json_out import encode_body, parse_object, tool_parameters
from aircherd.providers.codec.turns import turns
from aircherd.providers.gemini.models import bare_name, read_models, thinking_config
from aircherd.providers.gemini.reply import GeminiStream, read_whole
from aircherd.providers.gemini.request import write_contents, write_system
from aircherd.providers.headers import Headers, call_headers, chat_headers, key_text
from aircherd.vocabulary.chat import ChatRequest, NamedTool, SchemaFormat, Tool, ToolChoice
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret

MAX_STOPS = 5


class GeminiContent:
    """The adapter."""

    def chat_call(
        self, provider: Provider, request: ChatRequest, model: Model, key: Secret | None
    ) -> HttpCall:
        """Translate `request`; see `Adapter`."""
        method = "streamGenerateContent?alt=sse" if request.stream else "generateContent"
        return HttpCall(
            "POST",
            f"{_root(provider)}/models/{_in_path(model.id)}:{method}",
            chat_headers(provider, _own_headers(key), stream=request.stream),
            encode_body(_merged(_body(request, model), request.extra), {}),
        )

    def reply_decoder(self) -> GeminiStream:
        """Return a decoder for one streamed reply."""
        return GeminiStream()

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply in one piece; see `Adapter`."""
        return read_whole(body)

    def key_check_call(self, provider: Provider, key: Secret) -> HttpCall:
        """Return the free check: one entry of the list of models."""
        url = _root(provider) + "/models?pageSize=1"
        return HttpCall("GET", url, call_headers(provider, _own_headers(key)))

    def models_call(self, provider: Provider, key: Secret | None) -> HttpCall:
        """Return the call that lists the models; see `Adapter`."""
        url = _root(provider) + "/models?pageSize=1000"
        return HttpCall("GET", url, call_headers(provider, _own_headers(key)))

    def read_models(self, body: bytes) -> list[Model]:
        """Return what is listed; see `Adapter`."""
        return read_models(body)

    def __repr__(self) -> str:
        return "<GeminiContent>"


_VERSION: Final = re.compile(r"/v[0-9]+(?:alpha|beta)?[0-9]*$")


def _root(provider: Provider) -> str:
    # The vendor's SDK takes the base URL without a version, its documentation writes it with one.
    base = provider.base_url
    return base if _VERSION.search(base) else base + "/v1beta"


def _in_path(model: str) -> str:
    """Return a model's name as one segment of a path, whatever is in it."""
    return quote(bare_name(model), safe="", errors="replace")


def _own_headers(key: Secret | None) -> Headers:
    # In a header only: a URL is written down by whoever sees it.
    return [("x-goog-api-key", key_text(key))] if key else []


# ------------------------------------------------------------------ out: the request


def _body(request: ChatRequest, model: Model) -> dict[str, object]:
    ordered = turns(request.messages)
    body: dict[str, object] = {"contents": write_contents(ordered, model.id)}
    if system := write_system(request.system, ordered):
        body["systemInstruction"] = system
    if request.tools:
        body |= _tools(request)
    if config := _generation_config(request, model):
        body["generationConfig"] = config
    return body


def _merged(body: dict[str, object], extra: dict[str, object]) -> dict[str, object]:
    """Lay `extra` over the body; two maps of one name are joined, so that one option can be added.

    Nearly all options are in `generationConfig`: to replace it would lose the request's own.
    """
    merged = body | extra
    for name, value in extra.items():
        own = body.get(name)
        if isinstance(own, dict) and isinstance(value, dict):
            merged[name] = own | value
    return merged


def _tools(request: ChatRequest) -> dict[str, object]:
    if request.parallel_tool_calls is False:
        fail(
            FailureClass.UNSUPPORTED,
            "parallel_tool_calls: Gemini cannot be held to one call at a time",
        )
    declared = [_declaration(tool) for tool in request.tools]
    fields: dict[str, object] = {"tools": [{"functionDeclarations": declared}]}
    if request.tool_choice is not None:
        fields["toolConfig"] = {"functionCallingConfig": _tool_choice(request.tool_choice)}
    return fields


def _declaration(tool: Tool) -> dict[str, object]:
    schema = tool_parameters(tool)
    declared: dict[str, object] = {"name": tool.name}
    if tool.description is not None:
        declared["description"] = tool.description
    # The other field, `parameters`, knows a part of JSON Schema only.
    return {**declared, "parametersJsonSchema": schema or {"type": "object"}}


_MODES: Final = {"auto": "AUTO", "none": "NONE", "required": "ANY"}


def _tool_choice(choice: ToolChoice) -> dict[str, object]:
    if isinstance(choice, NamedTool):
        return {"mode": "ANY", "allowedFunctionNames": [choice.name]}
    return {"mode": _MODES[choice]}


def _generation_config(request: ChatRequest, model: Model) -> dict[str, object]:
    config: dict[str, object] = _sampling(request, model)
    if request.max_tokens is not None:
        config["maxOutputTokens"] = request.max_tokens
    if len(request.stop) > MAX_STOPS:
        fail(FailureClass.UNSUPPORTED, f"stop: Gemini takes at most {MAX_STOPS} stop sequences")
    if request.stop:
        config["stopSequences"] = request.stop
    if request.response_format is not None:
        config["responseMimeType"] = "application/json"
    if isinstance(request.response_format, SchemaFormat):
        schema = parse_object(request.response_format.schema, "response_format: schema")
        config["responseJsonSchema"] = schema
    if request.reasoning is not None and (thinking := thinking_config(request.reasoning, model.id)):
        config["thinkingConfig"] = thinking
    return config


def _sampling(request: ChatRequest, model: Model) -> dict[str, object]:
    asked = {"temperature": request.temperature, "top_p": request.top_p}
    given = {name: value for name, value in asked.items() if value is not None}
    if given and model.sampling is False:
        fail(FailureClass.UNSUPPORTED, f"{', '.join(given)}: {model.id} does not take it")
    return {"topP" if name == "top_p" else name: value for name, value in given.items()}
