"""Reads a request to Ollama's own `/api/chat`, with the checks that the server makes.

The server is written in Go: a field of the wrong type is refused, an unknown field is ignored.
Source: ollama/ollama, `api/types.go` and `server/routes.go`, 2026.
"""

import base64
import json
from typing import Any

from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.errors.bodies import Refusal, refuse
from aircherd.testing.simulator.ollama.models import Installed, installed
from aircherd.testing.simulator.script import Prompt, count_tokens

Json = dict[str, Any]

LEVELS = ("high", "medium", "low", "max")
DEFAULT_WINDOW = 4096
OPTIONS: dict[str, type | tuple[type, ...]] = {
    "num_ctx": int,
    "num_predict": int,
    "temperature": (int, float),
    "top_p": (int, float),
    "stop": list,
}
_GO_NAMES = {dict: "object", list: "array", str: "string", bool: "bool"}
_MAGIC = {b"\x89PNG": "image/png", b"\xff\xd8": "image/jpeg", b"GIF8": "image/gif"}


def read_prompt(context: Context) -> Prompt:
    """Validate the request and return its prompt.

    Raises:
        Refusal: the API would refuse it.
    """
    body = context.body
    if not isinstance(body, dict):
        raise _bad("missing request body")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise _bad("model is required")
    _check_types(body)
    if not context.behaviour.serves("ollama", body["model"]):
        raise refuse("ollama", f"model '{body['model']}' not found", name="model_not_found")
    model = installed(body["model"])
    thinks = _reads_thinking(body, model)
    _check_abilities(body, model)
    messages = _fit(body, model)
    options = body.get("options") or {}
    limit = options.get("num_predict", -1)
    return Prompt(
        text=next((m["content"] for m in reversed(messages) if m["role"] == "user"), ""),
        input_tokens=_count(messages),
        results=_last_results(messages),
        tools=[tool["function"]["name"] for tool in body.get("tools") or []],
        max_tokens=limit if limit >= 0 else None,
        stop=options.get("stop") or [],
        thinks=thinks,
        images=_last_images(messages),
        rounds=sum(bool(each.get("tool_calls")) for each in body.get("messages") or []),
        schema={} if body.get("format") == "json" else body.get("format") or None,
    )


def _bad(message: str) -> Refusal:
    return refuse("ollama", message)


# ------------------------------------------------------------------ types


def _check_types(body: Json) -> None:
    _expect(body, "messages", list, "ChatRequest.messages", "[]api.Message")
    _expect(body, "stream", bool, "ChatRequest.stream", "bool")
    _expect(body, "options", dict, "ChatRequest.options", "map[string]interface {}")
    for message in body.get("messages") or []:
        _check_message(message)
    if body.get("format") not in (None, "json") and not isinstance(body["format"], dict):
        given = json.dumps(body["format"])
        raise _bad(f'invalid format: {given}; expected "json" or a valid JSON Schema object')
    for name, kind in OPTIONS.items():
        value = (body.get("options") or {}).get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
            raise refuse("ollama", f'option "{name}" must be of another type', name="server")


def _check_message(message: Json) -> None:
    _expect(message, "role", str, "Message.messages.role", "string")
    for field in ("content", "thinking", "tool_name", "tool_call_id"):
        _expect(message, field, str, f"Message.messages.{field}", "string")
    for call in message.get("tool_calls") or []:
        _expect(
            call["function"],
            "arguments",
            dict,
            "Message.messages.tool_calls.function.arguments",
            "map[string]interface {}",
        )
    for image in message.get("images") or []:
        _decode_image(image)


def _expect(holder: Json, field: str, kind: type, where: str, go_type: str) -> None:
    value = holder.get(field)
    if value is not None and not isinstance(value, kind):
        given = _GO_NAMES.get(type(value), "number")
        raise _bad(f"json: cannot unmarshal {given} into Go struct field {where} of type {go_type}")


def _decode_image(image: object) -> bytes:
    try:
        return base64.b64decode(str(image), validate=True)
    except ValueError:
        raise _bad("illegal base64 data at input byte 4") from None


# ------------------------------------------------------------------ what the model can do


def _reads_thinking(body: Json, model: Installed) -> bool:
    think = body.get("think")
    if think is None:
        return model.thinks_unasked
    if not isinstance(think, bool) and think not in LEVELS:
        raise _bad(
            f'invalid think value: "{think}" (must be "high", "medium", "low", "max", true, or '
            "false)"
        )
    if think and not model.can("thinking"):
        raise _bad(f'"{body["model"]}" does not support thinking')
    # gpt-oss takes levels, and always thinks.
    return bool(think) or model.family == "gptoss"


def _check_abilities(body: Json, model: Installed) -> None:
    if not model.can("completion"):
        raise _bad(f'"{body["model"]}" does not support chat')
    if body.get("tools") and not model.can("tools"):
        raise _bad(f"registry.ollama.ai/library/{body['model']} does not support tools")
    for message in body.get("messages") or []:
        for media in message.get("images") or []:
            kind = "audio" if _kind(_decode_image(media)).startswith("audio/") else "image"
            if not model.can("vision" if kind == "image" else "audio"):
                raise refuse(
                    "ollama",
                    f"{kind} input is not supported - hint: if this is unexpected, you may need to "
                    "provide the mmproj",
                    name="server",
                )


def _fit(body: Json, model: Installed) -> list[Json]:
    """Return the messages that fit the window; the oldest are dropped silently by default."""
    messages = [{"content": "", **message} for message in body.get("messages") or []]
    window = min((body.get("options") or {}).get("num_ctx") or DEFAULT_WINDOW, model.window)
    if _count(messages) <= window:
        return messages
    if body.get("truncate") is False:
        raise refuse(
            "ollama",
            f"request ({_count(messages)} tokens) exceeds the available context size "
            f"({window} tokens), try increasing it",
            name="context",
        )
    while len(messages) > 1 and _count(messages) > window:
        del messages[next((at for at, m in enumerate(messages) if m["role"] != "system"), 0)]
    return messages


def _count(messages: list[Json]) -> int:
    return count_tokens(*(message["content"] for message in messages))


def _last_results(messages: list[Json]) -> list[str]:
    results: list[str] = []
    for message in reversed(messages):
        if message["role"] != "tool":
            break
        results.append(message["content"])
    return results[::-1]


def _last_images(messages: list[Json]) -> list[str]:
    users = [message for message in messages if message["role"] == "user"]
    return [_kind(_decode_image(image)) for image in users[-1].get("images") or []] if users else []


def _kind(data: bytes) -> str:
    if data[8:12] == b"WEBP":
        return "image/webp"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "audio/wav"
    if data[:3] == b"ID3" or (data[:1] == b"\xff" and data[1] & 0xE0 == 0xE0 and data[1] != 0xD8):
        return "audio/mpeg"
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "image")
