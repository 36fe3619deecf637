"""Chat requests in the form of OpenAI's chat completions, for all who speak it.

Servers differ in what they take; `Quirks` says how. What the form cannot hold has a substitute, or
is refused by its name:

- a picture in a tool's answer: words stand there, and it follows in the user's next message;
- a failed tool: its text begins with "Error: ";
- JSON of any form: the word must be in the prompt, so a sentence with it is added where it is not;
- an effort the server does not know: the nearest that it does;
- thinking: see `openai_thinking`.
"""

import hashlib
import re
import string
from collections.abc import Callable
from typing import Final, get_args

import msgspec

from aircherd.config.model import MaxTokensField
from aircherd.errors import fail
from aircherd.providers.chat_completions.thinking import with_thinking
from aircherd.providers.codec.json_out import is_closed, parse_object, tool_parameters
from aircherd.providers.codec.turns import Turn, data_uri, result_images, result_text, turns
from aircherd.vocabulary.chat import (
    ChatRequest,
    Effort,
    JsonFormat,
    NamedTool,
    ResponseFormat,
    Tool,
    ToolChoice,
)
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import (
    ImagePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

Body = dict[str, object]

EVERY_EFFORT: dict[Effort, str] = {effort: effort for effort in get_args(Effort)}
THREE_EFFORTS: dict[Effort, str] = {
    "none": "low",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}

# What OpenAI's older models know, by the beginning of their names; all others know every word.
_OLDER_EFFORTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("o1", ("low", "medium", "high")),
    ("o3", ("low", "medium", "high")),
    ("o4", ("low", "medium", "high")),
    ("gpt-5.1", ("none", "low", "medium", "high")),
    ("gpt-5.", get_args(Effort)),
    ("gpt-5", ("minimal", "low", "medium", "high")),
)


def openai_effort(model: str, effort: Effort) -> str:
    """Return the effort nearest to `effort` that this model of OpenAI's knows.

    Source: OpenAI's model pages, November 2026; a router calls its models `openai/NAME`.
    """
    name = model.rpartition("/")[2]
    steps: tuple[str, ...] = get_args(Effort)
    known = next((known for start, known in _OLDER_EFFORTS if name.startswith(start)), steps)
    wanted = steps.index(effort)
    return min(known, key=lambda each: abs(steps.index(each) - wanted))


JSON_SENTENCE = "Answer with a JSON object."

ANY_ID: Final = re.compile(r".+", re.DOTALL)


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """What one server takes; `name` is what a refusal calls it.

    `efforts` has its word for each of ours, `max_tokens_field` is its name for the limit,
    `max_stop` how many stop texts it takes, `call_id` what the id of a tool call may look like,
    `put_thinking` how thinking goes back to it.
    """

    name: str
    efforts: dict[Effort, str]
    max_tokens_field: MaxTokensField = "max_tokens"
    max_stop: int | None = None
    call_id: re.Pattern[str] = ANY_ID
    put_thinking: Callable[[Body, list[ReasoningPart]], Body] = with_thinking


def chat_body(request: ChatRequest, model: Model, quirks: Quirks) -> Body:
    """Return the body of `request`, all but what it says of reasoning.

    Raises:
        ProviderFailed: UNSUPPORTED: the server or the model cannot take it; BAD_REQUEST: nobody
            could.
    """
    _check(request, model, quirks)
    body: Body = {"model": model.id, "messages": _messages(request, quirks)}
    if request.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if request.tools:
        body |= _tools(request)
    if request.response_format is not None:
        body["response_format"] = _response_format(request.response_format)
    if request.max_tokens is not None:
        body[quirks.max_tokens_field] = request.max_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.top_p is not None:
        body["top_p"] = request.top_p
    if request.stop:
        body["stop"] = request.stop
    return body


def effort_of(request: ChatRequest, model: Model, quirks: Quirks) -> str | None:
    """Return the effort as the server calls it, None where nothing is to be said of it."""
    # A model that cannot think does not think already; it would refuse even to be told so.
    if request.reasoning is None or (request.reasoning == "none" and model.reasoning is False):
        return None
    if quirks.efforts is EVERY_EFFORT:
        return openai_effort(model.id, request.reasoning)
    return quirks.efforts[request.reasoning]


def _check(request: ChatRequest, model: Model, quirks: Quirks) -> None:
    given = {"temperature": request.temperature, "top_p": request.top_p}
    for field, value in given.items():
        if value is not None and model.sampling is False:
            fail(FailureClass.UNSUPPORTED, f"{field}: {model.id} does not take it: leave it out")
    if quirks.max_stop is not None and len(request.stop) > quirks.max_stop:
        told = f"stop: {quirks.name} takes at most {quirks.max_stop} texts, not {len(request.stop)}"
        fail(FailureClass.UNSUPPORTED, told)


# ------------------------------------------------------------------ options


def _tools(request: ChatRequest) -> Body:
    body: Body = {"tools": [_tool(tool) for tool in request.tools]}
    if request.tool_choice is not None:
        body["tool_choice"] = _tool_choice(request.tool_choice)
    if request.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = request.parallel_tool_calls
    return body


def _tool(tool: Tool) -> Body:
    parameters = tool_parameters(tool)
    function: Body = {"name": tool.name, "parameters": parameters}
    if tool.description is not None:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _tool_choice(choice: ToolChoice) -> object:
    if isinstance(choice, NamedTool):
        return {"type": "function", "function": {"name": choice.name}}
    return choice


def _response_format(wanted: ResponseFormat) -> Body:
    if isinstance(wanted, JsonFormat):
        return {"type": "json_object"}
    schema = parse_object(wanted.schema, "response_format: schema")
    form = {"name": wanted.name, "schema": schema, "strict": wanted.strict and is_closed(schema)}
    return {"type": "json_schema", "json_schema": form}


# ------------------------------------------------------------------ messages


def _messages(request: ChatRequest, quirks: Quirks) -> list[Body]:
    ordered = turns(request.messages)
    system = request.system or ""
    if isinstance(request.response_format, JsonFormat) and not _mentions_json(system, ordered):
        system = f"{system}\n\n{JSON_SENTENCE}" if system else JSON_SENTENCE
    messages: list[Body] = [{"role": "system", "content": system}] if system else []
    for turn in ordered:
        messages += _turn_messages(turn, quirks)
    return messages


def _mentions_json(system: str, ordered: list[Turn]) -> bool:
    texts = [system, *(text for turn in ordered for text in turn.text)]
    return any("json" in text.lower() for text in texts)


def _turn_messages(turn: Turn, quirks: Quirks) -> list[Body]:
    if turn.role == "assistant":
        return [_assistant_message(turn, quirks)]
    if turn.said is not None:
        return [{"role": turn.role, "content": turn.said}]
    # Answers to tools come first: they must follow the calls directly.
    messages = [_tool_message(result, quirks) for result in turn.results]
    content = _content(turn, quirks)
    if content or turn.text or not messages:
        messages.append({"role": turn.role, "content": content})
    return messages


def _assistant_message(turn: Turn, quirks: Quirks) -> Body:
    text = _joined(turn)
    message: Body = {"role": "assistant", "content": text}
    if turn.calls:
        calls = [_call(call, quirks) for call in turn.calls]
        message = {"role": "assistant", "content": text or None, "tool_calls": calls}
    thoughts = [part for part in turn.parts if isinstance(part, ReasoningPart)]
    return quirks.put_thinking(message, thoughts) if thoughts else message


def _call(call: ToolCallPart, quirks: Quirks) -> Body:
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    return {"id": safe_id(call.id, quirks.call_id), "type": "function", "function": function}


def _tool_message(result: ToolResultPart, quirks: Quirks) -> Body:
    text = result_text(result)
    if result_images(result):
        text = "\n".join(filter(None, (text, "(Its pictures are in the user's next message.)")))
    # This API has no field for a failed tool, so the text says it.
    content = f"Error: {text}" if result.is_error else text
    return {
        "role": "tool",
        "tool_call_id": safe_id(result.id, quirks.call_id),
        "content": content,
    }


def _content(turn: Turn, quirks: Quirks) -> str | list[Body]:
    """Return what a user or the system says: parts in order, the pictures of tools first."""
    blocks = [block for result in turn.results for block in _result_pictures(result, quirks)]
    has_pictures = any(isinstance(part, ImagePart) for part in turn.parts)
    if not (blocks or has_pictures):
        # One string, not a list of parts: servers exist that take nothing else.
        return _joined(turn)
    for part in turn.parts:
        if isinstance(part, ImagePart):
            blocks.append(_picture(part))
        elif isinstance(part, TextPart) and part.text:
            blocks.append({"type": "text", "text": part.text})
    return blocks


def _result_pictures(result: ToolResultPart, quirks: Quirks) -> list[Body]:
    images = result_images(result)
    if not images:
        return []
    lead = f"Pictures from the result of tool call {safe_id(result.id, quirks.call_id)}:"
    return [{"type": "text", "text": lead}, *(_picture(image) for image in images)]


def _picture(image: ImagePart) -> Body:
    return {"type": "image_url", "image_url": {"url": data_uri(image)}}


def _joined(turn: Turn) -> str:
    return "\n\n".join(turn.text)


# ------------------------------------------------------------------ ids

_ALPHANUMERIC = string.ascii_letters + string.digits


def safe_id(call_id: str, allowed: re.Pattern[str]) -> str:
    """Return an id that fits `allowed`; other vendors' may be longer or of other characters.

    The same id becomes the same every time, so calls and results still find each other. What
    stands in for it is nine letters and digits: Mistral takes nothing else.
    """
    if allowed.fullmatch(call_id):
        return call_id
    digest = hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).digest()
    return "".join(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in digest[:9])
