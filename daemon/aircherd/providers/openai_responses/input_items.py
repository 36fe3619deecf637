"""The `input` of a Responses request: a conversation as a list of items.

What differs from other APIs:

- Thinking goes back only as the item that it came in (see `signature`). Unsigned thinking, as of a
  reply that was cut off, is left out.
- What has no word of ours goes back as the item that it was, ids included: nothing is stored, and
  OpenAI takes whole items. Fields of items that have no word of ours are left out.
- Text files become text: of a table, the API itself would show the model only the first rows.
- There is no field for a failed tool: its text begins with `Error:`, as in chat completions.
- The JSON mode requires the word JSON in a message; the instructions do not count. Where it is
  missing, a sentence with it is added.
"""

from typing import Final

import msgspec

from aircherd.providers.chat_completions.quirks import safe_id
from aircherd.providers.codec.call_arguments import call_arguments_text
from aircherd.providers.codec.turns import Takes, Turn, turns
from aircherd.providers.openai_responses.citations import annotations_of
from aircherd.providers.openai_responses.content import Item, contents
from aircherd.providers.openai_responses.results import CALL_ID, Results, parse_item
from aircherd.providers.openai_responses.signature import (
    CONTENT,
    call_fields,
    image_fields,
    is_own_image,
    phase_of,
    reasoning_item,
)
from aircherd.providers.request_fields import JSON_SENTENCE, mentions_json
from aircherd.vocabulary.chat import ChatRequest, JsonFormat
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.parts import OtherPart, Part, ReasoningPart, TextPart, ToolCallPart

TAKES: Final = Takes(
    name="OpenAI's Responses API",
    documents=True,
    result_documents=True,
    keeps_media=is_own_image,
    others=True,
)


def write_input(request: ChatRequest) -> list[Item | msgspec.Raw]:
    """Return the items of the conversation.

    Raises:
        ProviderFailed: BAD_REQUEST: a part is in a message of the wrong role, or does not answer
            its call; UNSUPPORTED: the API does not take a part.
    """
    ordered = turns(request.messages, TAKES)
    results = Results(ordered)
    items = [item for turn in ordered for item in _items(turn, results)]
    if isinstance(request.response_format, JsonFormat) and not mentions_json("", ordered):
        items.insert(0, _message("system", [{"type": "input_text", "text": JSON_SENTENCE}]))
    return items


def _message(role: str, content: object) -> Item:
    return {"type": "message", "role": role, "content": content}


def _items(turn: Turn, results: Results) -> list[Item | msgspec.Raw]:
    if turn.role == "assistant":
        items = [_assistant_item(part) for part in turn.parts]
        return [item for item in items if item is not None]
    # Tool results come first, as the calls directly precede them.
    written: list[Item | msgspec.Raw] = [results.write(each, turn.where) for each in turn.results]
    content = contents(turn.parts)
    if content or not written:
        written.append(_message(turn.role, content or ""))
    return written


def _assistant_item(part: Part) -> Item | msgspec.Raw | None:
    if isinstance(part, ReasoningPart):
        return reasoning_item(part)
    if isinstance(part, ToolCallPart):
        return _call(part)
    if isinstance(part, OtherPart):
        return _other(part)
    if isinstance(part, ImagePart):
        fields = image_fields(part.signature)
        return None if fields is None else fields | {"result": part.data or part.url}
    return _text(part) if isinstance(part, TextPart) and part.text else None


def _call(part: ToolCallPart) -> Item:
    head: Item = {"call_id": safe_id(part.id, CALL_ID), "name": part.name}
    if part.custom:
        item = {"type": "custom_tool_call", **head, "input": part.arguments}
    else:
        item = {"type": "function_call", **head, "arguments": call_arguments_text(part)}
    return item | call_fields(part.signature)


def _other(part: OtherPart) -> Item | msgspec.Raw | None:
    raw = msgspec.Raw(part.data.encode("utf-8", "replace"))
    if part.kind.startswith(CONTENT):
        return _message("assistant", [raw]) if _type_of(part) else None
    return raw if _type_of(part) == part.kind else None


def _type_of(part: OtherPart) -> object:
    return parse_item(part).get("type")


def _text(part: TextPart) -> Item:
    if part.refusal:
        return _message("assistant", [{"type": "refusal", "refusal": part.text}])
    content: Item = {"type": "output_text", "text": part.text}
    if annotations := annotations_of(part.citations):
        content["annotations"] = annotations
    item = _message("assistant", [content])
    phase = phase_of(part.signature)
    return item if phase is None else item | {"phase": phase}
