"""The Anthropic messages API, version 2023-06-01.

What it wants differently from others: `max_tokens` always; the system prompt apart from the
messages; turns that alternate; the results of tools first in the user's turn; no empty text.
"""

import hashlib
import re
from typing import Final

from aircherd.config.model import Provider
from aircherd.providers.adapter import (
    Headers,
    HttpCall,
    Turn,
    call_headers,
    chat_headers,
    encode_body,
    fail,
    key_text,
    parse_object,
    result_text,
    turns,
)
from aircherd.providers.anthropic_reply import AnthropicStream, read_models, read_whole
from aircherd.vocabulary.chat import ChatRequest, NamedTool, Tool, ToolChoice
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import ToolCallPart, ToolResultPart
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret

VERSION = "2023-06-01"
"""Sent as `anthropic-version`; `headers` of the provider in the configuration may replace it."""

DEFAULT_MAX_TOKENS = 8192
"""For requests without a limit. A middle: enough for long answers, and few models allow less."""


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
            encode_body(_body(request, model.id), request.extra),
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


def _body(request: ChatRequest, model: str) -> dict[str, object]:
    ordered = turns(request.messages)
    body: dict[str, object] = {
        "model": model,
        "max_tokens": DEFAULT_MAX_TOKENS if request.max_tokens is None else request.max_tokens,
        "messages": _messages(ordered),
    }
    if system := _system(request.system, ordered):
        body["system"] = system
    if request.stream:
        body["stream"] = True
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        if request.tool_choice is not None:
            body["tool_choice"] = _tool_choice(request.tool_choice)
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.top_p is not None:
        body["top_p"] = request.top_p
    if request.stop:
        body["stop_sequences"] = request.stop
    return body


def _system(system: str | None, ordered: list[Turn]) -> str:
    # Older models take a system prompt only here, so one in mid-conversation moves up.
    texts = [
        system or "",
        *(text for turn in ordered if turn.role == "system" for text in turn.text),
    ]
    return "\n\n".join(text for text in texts if text.strip())


def _messages(ordered: list[Turn]) -> list[dict[str, object]]:
    messages: list[dict[str, object]] = []
    for role, group in _alternating(ordered):
        results = [_result(result) for turn in group for result in turn.results]
        blocks = [block for turn in group for block in _own_blocks(turn)]
        if results or blocks:
            messages.append({"role": role, "content": results + blocks})
    if not messages:
        fail(FailureClass.BAD_REQUEST, "messages: there is no text in any of them")
    return messages


def _alternating(ordered: list[Turn]) -> list[tuple[str, list[Turn]]]:
    """Group neighbours of one role; turns that hold nothing separate nobody."""
    groups: list[tuple[str, list[Turn]]] = []
    for turn in ordered:
        if turn.role == "system" or not _holds_anything(turn):
            continue
        if groups and groups[-1][0] == turn.role:
            groups[-1][1].append(turn)
        else:
            groups.append((turn.role, [turn]))
    return groups


def _holds_anything(turn: Turn) -> bool:
    return bool(turn.calls or turn.results or any(text.strip() for text in turn.text))


def _own_blocks(turn: Turn) -> list[dict[str, object]]:
    # Empty text is refused.
    texts: list[dict[str, object]] = [
        {"type": "text", "text": text} for text in turn.text if text.strip()
    ]
    return texts + [_call(call, turn.where) for call in turn.calls]


def _call(call: ToolCallPart, where: str) -> dict[str, object]:
    arguments = parse_object(call.arguments, f"{where}: arguments of tool call {call.id!r}")
    return {"type": "tool_use", "id": _safe_id(call.id), "name": call.name, "input": arguments}


def _result(result: ToolResultPart) -> dict[str, object]:
    block: dict[str, object] = {"type": "tool_result", "tool_use_id": _safe_id(result.id)}
    if text := result_text(result):
        block["content"] = text
    if result.is_error:
        block["is_error"] = True
    return block


_SAFE_ID: Final = re.compile(r"[A-Za-z0-9_-]+")


def _safe_id(call_id: str) -> str:
    """Return an id this API takes; other vendors' ids may hold more characters.

    The same id becomes the same every time, so calls and results still find each other.
    """
    if _SAFE_ID.fullmatch(call_id):
        return call_id
    return "call_" + hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _tool(tool: Tool) -> dict[str, object]:
    schema = parse_object(tool.parameters, f"parameters of tool {tool.name!r}")
    block: dict[str, object] = {"name": tool.name, "input_schema": schema or {"type": "object"}}
    if tool.description is not None:
        block["description"] = tool.description
    return block


def _tool_choice(choice: ToolChoice) -> dict[str, object]:
    if isinstance(choice, NamedTool):
        return {"type": "tool", "name": choice.name}
    return {"type": "any" if choice == "required" else choice}
