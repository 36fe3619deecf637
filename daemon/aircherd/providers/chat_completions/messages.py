"""A conversation in the chat completions format.

Where the format has no field, a substitute is used:

- Images in a tool result: a text says so, and they follow in the user's next message.
- A failed tool: its text begins with "Error: ".
- JSON without a schema: the prompt must mention JSON, so a sentence is added where it does not.
- Thinking: see `thinking`.
"""

from aircherd.providers.chat_completions.quirks import Quirks, safe_id
from aircherd.providers.chat_completions.thinking import MessageJson
from aircherd.providers.codec.call_arguments import call_arguments_text
from aircherd.providers.codec.turns import Takes, Turn, data_uri, result_images, result_text, turns
from aircherd.providers.request_fields import IMAGES_FOLLOW, with_json_sentence
from aircherd.vocabulary.chat import ChatRequest, JsonFormat
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.parts import (
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


def write_messages(request: ChatRequest, quirks: Quirks) -> list[object]:
    """Return the messages to be encoded, the system prompt first.

    Raises:
        ProviderFailed: BAD_REQUEST: a part is in a message of the wrong role.
    """
    system, is_json = request.system or "", isinstance(request.response_format, JsonFormat)
    if not is_json and {type(message.content) for message in request.messages} <= {str}:
        # Messages with only text are encoded as they are.
        prompt: list[object] = [{"role": "system", "content": system}] if system else []
        return prompt + request.messages
    ordered = turns(request.messages, Takes(name=quirks.name))
    if is_json:
        system = with_json_sentence(system, ordered)
    messages: list[object] = [{"role": "system", "content": system}] if system else []
    for turn in ordered:
        messages += _turn_messages(turn, quirks)
    return messages


def _turn_messages(turn: Turn, quirks: Quirks) -> list[MessageJson]:
    if turn.role == "assistant":
        return [_assistant_message(turn, quirks)]
    if turn.said is not None:
        return [{"role": turn.role, "content": turn.said}]
    # Tool results must directly follow the calls.
    messages = [_tool_message(result, quirks) for result in turn.results]
    content = _content(turn, quirks)
    if content or turn.text or not messages:
        messages.append({"role": turn.role, "content": content})
    return messages


def _assistant_message(turn: Turn, quirks: Quirks) -> MessageJson:
    text = _joined_text(turn)
    message: MessageJson = {"role": "assistant", "content": text}
    if turn.calls:
        calls = [_call(call, quirks) for call in turn.calls]
        message = {"role": "assistant", "content": text or None, "tool_calls": calls}
    thoughts = [part for part in turn.parts if isinstance(part, ReasoningPart)]
    return quirks.add_thinking(message, thoughts) if thoughts else message


def _call(call: ToolCallPart, quirks: Quirks) -> MessageJson:
    function = {"name": call.name, "arguments": call_arguments_text(call)}
    return {"id": safe_id(call.id, quirks.call_id), "type": "function", "function": function}


def _tool_message(result: ToolResultPart, quirks: Quirks) -> MessageJson:
    text = result_text(result)
    if result_images(result):
        text = "\n".join(filter(None, (text, IMAGES_FOLLOW)))
    # The format has no field for a failed tool.
    content = f"Error: {text}" if result.is_error else text
    return {
        "role": "tool",
        "tool_call_id": safe_id(result.id, quirks.call_id),
        "content": content,
    }


def _content(turn: Turn, quirks: Quirks) -> str | list[MessageJson]:
    """Return what the user or the system says, in order; images of tool results come first."""
    blocks = [block for result in turn.results for block in _result_images(result, quirks)]
    has_images = any(isinstance(part, ImagePart) for part in turn.parts)
    if not (blocks or has_images):
        # A string, not a list of parts: some servers take nothing else.
        return _joined_text(turn)
    for part in turn.parts:
        if isinstance(part, ImagePart):
            blocks.append(_image_block(part))
        elif isinstance(part, TextPart) and part.text:
            blocks.append({"type": "text", "text": part.text})
    return blocks


def _result_images(result: ToolResultPart, quirks: Quirks) -> list[MessageJson]:
    images = result_images(result)
    if not images:
        return []
    intro = f"Pictures from the result of tool call {safe_id(result.id, quirks.call_id)}:"
    return [{"type": "text", "text": intro}, *(_image_block(image) for image in images)]


def _image_block(image: ImagePart) -> MessageJson:
    return {"type": "image_url", "image_url": {"url": data_uri(image)}}


def _joined_text(turn: Turn) -> str:
    return "\n\n".join(turn.text)
