"""The OpenAI Responses API (`POST /responses`), stateless: nothing is stored at the vendor.

Where it differs from what a client can say:

- `stop`: there is no such field, so it is refused.
- `max_tokens` below 16 becomes 16, the least this API takes: a little more is paid for rather than
  a request refused that every other API answers.
- thinking goes back only as the item it was (see `responses_signature`); what was never signed, as
  of a reply that broke off, stays behind.
- a failed tool has no field either: its text begins with `Error:`, as in chat completions.
- JSON of any form: the word must be in what is said, the instructions do not count, so a sentence
  with it is added where it is not.
- tools keep their schemas as they are: without `strict: false` the API would tighten them.
"""

import re
from typing import Final

from aircherd.config.model import Provider
from aircherd.errors import fail
from aircherd.providers.adapter import HttpCall
from aircherd.providers.chat_completions.models import OpenAIModelCalls
from aircherd.providers.chat_completions.request import JSON_SENTENCE, openai_effort, safe_id
from aircherd.providers.codec.json_out import encode_body, is_closed, parse_object, tool_parameters
from aircherd.providers.codec.turns import Turn, data_uri, result_images, result_text, turns
from aircherd.providers.headers import bearer, chat_headers
from aircherd.providers.openai_responses.reply import ResponsesStream, read_whole
from aircherd.providers.openai_responses.signature import phase_of, reasoning_item
from aircherd.vocabulary.chat import ChatRequest, JsonFormat, NamedTool, ResponseFormat, Tool
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import (
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret

LEAST_TOKENS = 16
CALL_ID: Final = re.compile(r".{1,64}", re.DOTALL)

Item = dict[str, object]


class OpenAIResponses(OpenAIModelCalls):
    """The adapter. Models and key checks are those of chat completions: it is the same server."""

    def chat_call(
        self, provider: Provider, request: ChatRequest, model: Model, key: Secret | None
    ) -> HttpCall:
        """Translate `request`; see `Adapter`."""
        return HttpCall(
            "POST",
            provider.base_url + "/responses",
            chat_headers(provider, bearer(key), stream=request.stream),
            encode_body(_body(request, model), request.extra),
        )

    def reply_decoder(self) -> ResponsesStream:
        """Return a decoder for one streamed reply."""
        return ResponsesStream()

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply in one piece; see `Adapter`."""
        return read_whole(body)

    def __repr__(self) -> str:
        return "<OpenAIResponses /responses>"


# ------------------------------------------------------------------ out: the request


def _body(request: ChatRequest, model: Model) -> dict[str, object]:
    if request.stop:
        fail(
            FailureClass.UNSUPPORTED,
            "stop: OpenAI's Responses API has no stop sequences: leave them out, or set "
            'api = "chat" for the provider',
        )
    body: dict[str, object] = {"model": model.id, "input": _input(request), "store": False}
    if request.stream:
        body["stream"] = True
    if request.system:
        body["instructions"] = request.system
    if request.max_tokens is not None:
        body["max_output_tokens"] = max(request.max_tokens, LEAST_TOKENS)
    if request.response_format is not None:
        body["text"] = {"format": _format(request.response_format)}
    return body | _tools(request) | _reasoning(request, model) | _sampling(request, model)


def _reasoning(request: ChatRequest, model: Model) -> dict[str, object]:
    effort = request.reasoning
    if effort == "none" and model.reasoning is False:
        effort = None  # it does not think already, and would refuse even to be told so
    fields: dict[str, object] = {}
    if effort is not None:
        effort_told = openai_effort(model.id, effort)
        # A summary must be asked for; of no thoughts there is none.
        summary = {} if effort == "none" else {"summary": "auto"}
        fields["reasoning"] = {"effort": effort_told, **summary}
    if effort is not None or model.reasoning:
        # Models that do not think refuse to be asked for this.
        fields["include"] = ["reasoning.encrypted_content"]
    return fields


def _sampling(request: ChatRequest, model: Model) -> dict[str, object]:
    given = {"temperature": request.temperature, "top_p": request.top_p}
    fields: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    if fields and model.sampling is False:
        named = " and ".join(fields)
        fail(FailureClass.UNSUPPORTED, f"{named}: {model.id} does not take it: leave it out")
    return fields


def _format(wanted: ResponseFormat) -> dict[str, object]:
    if isinstance(wanted, JsonFormat):
        return {"type": "json_object"}
    schema = parse_object(wanted.schema, "response_format: schema")
    return {
        "type": "json_schema",
        "name": wanted.name,
        "schema": schema,
        "strict": wanted.strict and is_closed(schema),
    }


def _tools(request: ChatRequest) -> dict[str, object]:
    # The choice among tools, and whether several at once, is refused where there are none.
    if not request.tools:
        return {}
    fields: dict[str, object] = {"tools": [_tool(tool) for tool in request.tools]}
    choice = request.tool_choice
    if isinstance(choice, NamedTool):
        fields["tool_choice"] = {"type": "function", "name": choice.name}
    elif choice is not None:
        fields["tool_choice"] = choice
    if request.parallel_tool_calls is not None:
        fields["parallel_tool_calls"] = request.parallel_tool_calls
    return fields


def _tool(tool: Tool) -> dict[str, object]:
    parameters = tool_parameters(tool)
    told: dict[str, object] = {"type": "function", "name": tool.name, "parameters": parameters}
    if tool.description is not None:
        told["description"] = tool.description
    return told | {"strict": False}


# ------------------------------------------------------------------ out: the conversation


def _input(request: ChatRequest) -> list[Item]:
    ordered = turns(request.messages)
    items = [item for turn in ordered for item in _items(turn)]
    if isinstance(request.response_format, JsonFormat) and not _mentions_json(ordered):
        items.insert(0, _message("system", [{"type": "input_text", "text": JSON_SENTENCE}]))
    return items


def _mentions_json(ordered: list[Turn]) -> bool:
    return any("json" in text.lower() for turn in ordered for text in turn.text)


def _message(role: str, content: object) -> Item:
    return {"type": "message", "role": role, "content": content}


def _items(turn: Turn) -> list[Item]:
    if turn.role == "assistant":
        items = [_said(part) for part in turn.parts]
        return [item for item in items if item is not None]
    # What tools answered comes first, as it came before whatever else the user says.
    results = [_output(result) for result in turn.results]
    content = [_content(part) for part in turn.parts if isinstance(part, TextPart | ImagePart)]
    if content or not results:
        results.append(_message(turn.role, content or ""))
    return results


def _said(part: Part) -> Item | None:
    if isinstance(part, ReasoningPart):
        return reasoning_item(part)
    if isinstance(part, ToolCallPart):
        return {
            "type": "function_call",
            "call_id": safe_id(part.id, CALL_ID),
            "name": part.name,
            "arguments": part.arguments or "{}",
        }
    if not isinstance(part, TextPart) or not part.text:
        return None
    item = _message("assistant", [{"type": "output_text", "text": part.text}])
    phase = phase_of(part.signature)
    return item if phase is None else item | {"phase": phase}


def _output(result: ToolResultPart) -> Item:
    return {
        "type": "function_call_output",
        "call_id": safe_id(result.id, CALL_ID),
        "output": _answer(result),
    }


def _answer(result: ToolResultPart) -> object:
    if isinstance(result.content, str) or not result_images(result):
        text = result_text(result)
        return f"Error: {text}" if result.is_error else text
    content = [_content(part) for part in result.content]
    error = [{"type": "input_text", "text": "Error:"}] if result.is_error else []
    return [*error, *content]


def _content(part: TextPart | ImagePart) -> Item:
    if isinstance(part, TextPart):
        return {"type": "input_text", "text": part.text}
    return {"type": "input_image", "image_url": data_uri(part), "detail": "auto"}
