"""The `input` of a Responses request: a conversation as a list of items.

What differs from other APIs:

- Thinking goes back only as the item that it came in (see `signature`). Unsigned thinking, as of a
  reply that was cut off, is left out.
- There is no field for a failed tool: its text begins with `Error:`, as in chat completions.
- The JSON mode requires the word JSON in a message; the instructions do not count. Where it is
  missing, a sentence with it is added.
"""

import re
from typing import Final

from aircherd.providers.chat_completions.quirks import safe_id
from aircherd.providers.codec.call_arguments import call_arguments_text
from aircherd.providers.codec.turns import Takes, Turn, data_uri, result_images, result_text, turns
from aircherd.providers.openai_responses.signature import phase_of, reasoning_item
from aircherd.providers.request_fields import JSON_SENTENCE, mentions_json
from aircherd.vocabulary.chat import ChatRequest, JsonFormat
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.parts import (
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

CALL_ID: Final = re.compile(r".{1,64}", re.DOTALL)

Item = dict[str, object]

TAKES: Final = Takes(name="OpenAI's Responses API")


def write_input(request: ChatRequest) -> list[Item]:
    """Return the items of the conversation.

    Raises:
        ProviderFailed: BAD_REQUEST: a part is in a message of the wrong role.
    """
    ordered = turns(request.messages, TAKES)
    items = [item for turn in ordered for item in _items(turn)]
    if isinstance(request.response_format, JsonFormat) and not mentions_json("", ordered):
        items.insert(0, _message("system", [{"type": "input_text", "text": JSON_SENTENCE}]))
    return items


def _message(role: str, content: object) -> Item:
    return {"type": "message", "role": role, "content": content}


def _items(turn: Turn) -> list[Item]:
    if turn.role == "assistant":
        items = [_assistant_item(part) for part in turn.parts]
        return [item for item in items if item is not None]
    # Tool results come first, as the calls directly precede them.
    results = [_call_output(result) for result in turn.results]
    content = [_content(part) for part in turn.parts if isinstance(part, TextPart | ImagePart)]
    if content or not results:
        results.append(_message(turn.role, content or ""))
    return results


def _assistant_item(part: Part) -> Item | None:
    if isinstance(part, ReasoningPart):
        return reasoning_item(part)
    if isinstance(part, ToolCallPart):
        return {
            "type": "function_call",
            "call_id": safe_id(part.id, CALL_ID),
            "name": part.name,
            "arguments": call_arguments_text(part),
        }
    if not isinstance(part, TextPart) or not part.text:
        return None
    item = _message("assistant", [{"type": "output_text", "text": part.text}])
    phase = phase_of(part.signature)
    return item if phase is None else item | {"phase": phase}


def _call_output(result: ToolResultPart) -> Item:
    return {
        "type": "function_call_output",
        "call_id": safe_id(result.id, CALL_ID),
        "output": _output_content(result),
    }


def _output_content(result: ToolResultPart) -> object:
    if isinstance(result.content, str) or not result_images(result):
        text = result_text(result)
        return f"Error: {text}" if result.is_error else text
    content = [_content(part) for part in result.content if isinstance(part, TextPart | ImagePart)]
    error = [{"type": "input_text", "text": "Error:"}] if result.is_error else []
    return [*error, *content]


def _content(part: TextPart | ImagePart) -> Item:
    if isinstance(part, TextPart):
        return {"type": "input_text", "text": part.text}
    return {"type": "input_image", "image_url": data_uri(part), "detail": "auto"}
