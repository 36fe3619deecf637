"""The Anthropic messages API, version 2023-06-01.

What it wants differently from others: `max_tokens` always; the system prompt apart from the
messages; a form of its own for thinking (`anthropic_thinking`) and for messages
(`anthropic_prompt`). It has no form for "any JSON object", and refuses it.
"""

from aircherd.config.model import Provider
from aircherd.errors import fail
from aircherd.providers.adapter import HttpCall
from aircherd.providers.anthropic.models import read_models
from aircherd.providers.anthropic.reply import AnthropicStream, read_whole
from aircherd.providers.anthropic.request import message_blocks, system_text
from aircherd.providers.anthropic.thinking import Block, ask_to_think, refuse_to_go_on
from aircherd.providers.codec.json_out import encode_body, parse_object, tool_parameters
from aircherd.providers.codec.turns import turns
from aircherd.providers.headers import Headers, call_headers, chat_headers, key_text
from aircherd.vocabulary.chat import ChatRequest, JsonFormat, NamedTool, ResponseFormat, Tool
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret

VERSION = "2023-06-01"
"""Sent as `anthropic-version`; `headers` of the provider in the configuration may replace it."""

DEFAULT_MAX_TOKENS = 8192
"""For requests without a limit to a model whose own is not known.

A middle: enough for long answers, and few models allow less.
"""


class AnthropicMessages:
    """The adapter."""

    def chat_call(
        self, provider: Provider, request: ChatRequest, model: Model, key: Secret | None
    ) -> HttpCall:
        """Translate `request`; see `Adapter`."""
        return HttpCall(
            "POST",
            _root(provider) + "/v1/messages",
            chat_headers(provider, _own_headers(key), stream=request.stream),
            encode_body(_body(request, model), request.extra),
        )

    def reply_decoder(self) -> AnthropicStream:
        """Return a decoder for one streamed reply."""
        return AnthropicStream()

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply in one piece; see `Adapter`."""
        return read_whole(body)

    def key_check_call(self, provider: Provider, key: Secret) -> HttpCall:
        """Return the free check: one entry of the list of models."""
        url = _root(provider) + "/v1/models?limit=1"
        return HttpCall("GET", url, call_headers(provider, _own_headers(key)))

    def models_call(self, provider: Provider, key: Secret | None) -> HttpCall:
        """Return the call that lists the models; see `Adapter`."""
        url = _root(provider) + "/v1/models?limit=1000"
        return HttpCall("GET", url, call_headers(provider, _own_headers(key)))

    def read_models(self, body: bytes) -> list[Model]:
        """Return what is listed; see `Adapter`."""
        return read_models(body)

    def __repr__(self) -> str:
        return f"<AnthropicMessages {VERSION}>"


def _root(provider: Provider) -> str:
    # The vendor's SDK takes the base URL without /v1, others' habits add it.
    return provider.base_url.removesuffix("/v1")


def _own_headers(key: Secret | None) -> Headers:
    headers: Headers = [("anthropic-version", VERSION)]
    if key:
        headers.append(("x-api-key", key_text(key)))
    return headers


# ------------------------------------------------------------------ out: the request


def _body(request: ChatRequest, model: Model) -> dict[str, object]:
    ordered = turns(request.messages)
    max_tokens = request.max_tokens or model.max_output or DEFAULT_MAX_TOKENS
    messages = message_blocks(ordered)
    refuse_to_go_on(messages, model)
    asked = ask_to_think(request, model, max_tokens, messages)
    body: dict[str, object] = {
        "model": model.id,
        "max_tokens": max_tokens,
        "messages": messages,
    }
    said: dict[str, object] = {
        "system": system_text(request.system, ordered),
        "stream": request.stream,
        "tools": [_tool(tool) for tool in request.tools],
        "tool_choice": _tool_choice(request),
        "thinking": asked.thinking,
        "output_config": _output_config(asked.effort, request.response_format),
        "stop_sequences": request.stop,
    }
    body |= {name: value for name, value in said.items() if value}
    sampling = {"temperature": request.temperature, "top_p": request.top_p}
    return body | {name: value for name, value in sampling.items() if value is not None}


def _tool(tool: Tool) -> Block:
    schema = tool_parameters(tool)
    block: Block = {"name": tool.name, "input_schema": schema or {"type": "object"}}
    if tool.description is not None:
        block["description"] = tool.description
    return block


def _tool_choice(request: ChatRequest) -> Block | None:
    """Return the choice, None for the API's own: it takes none without tools."""
    choice, one_by_one = request.tool_choice, request.parallel_tool_calls is False
    if not request.tools or (choice is None and not one_by_one):
        return None
    if choice == "none":
        return {"type": "none"}
    limit: Block = {"disable_parallel_tool_use": True} if one_by_one else {}
    if isinstance(choice, NamedTool):
        return {"type": "tool", "name": choice.name, **limit}
    return {"type": "any" if choice == "required" else "auto", **limit}


# ------------------------------------------------------------------ out: the form of the answer


def _output_config(effort: str | None, form: ResponseFormat | None) -> Block:
    config: Block = {} if effort is None else {"effort": effort}
    if isinstance(form, JsonFormat):
        fail(
            FailureClass.UNSUPPORTED,
            "response_format: Anthropic has no json_object: give a json_schema",
        )
    if form is not None:
        schema = parse_object(form.schema, "response_format.schema")
        config["format"] = {"type": "json_schema", "schema": _closed(schema)}
    return config


def _closed(schema: Block) -> Block:
    """Return the schema with every object closed: this API demands that it is said.

    Whatever fits then fits the client's schema too. What a client says himself is left alone, also
    where the API will refuse it.
    """
    try:
        return _closed_part(schema)
    except RecursionError:
        fail(FailureClass.BAD_REQUEST, "response_format.schema nests too deeply")


def _closed_part(schema: Block) -> Block:
    closed = {name: _closed_value(name, value) for name, value in schema.items()}
    if _is_object(schema):
        closed.setdefault("additionalProperties", False)
    return closed


def _closed_value(name: str, value: object) -> object:
    # Only where a schema may stand: in `enum` or `const` the same words are data.
    if isinstance(value, dict):
        if name in ("properties", "$defs", "definitions"):
            return {key: _closed_value("items", each) for key, each in value.items()}
        return _closed_part(value) if name == "items" else value
    if isinstance(value, list) and name in ("anyOf", "allOf", "oneOf"):
        return [_closed_value("items", each) for each in value]
    return value


def _is_object(schema: Block) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind)
