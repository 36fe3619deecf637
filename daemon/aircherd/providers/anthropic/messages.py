"""The conversation in a request to the Anthropic Messages API.

Roles alternate, tool results come first in the user's message, and no text is empty. Everything
else, thinking above all, keeps the client's order.
"""

import hashlib
import re
from typing import Final

import msgspec

from aircherd.errors import fail
from aircherd.providers.anthropic.thinking import Block, RequestMessage, reasoning_block
from aircherd.providers.codec.call_arguments import call_arguments
from aircherd.providers.codec.turns import Takes, Turn, result_images, result_text
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import (
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

TAKES: Final = Takes(name="Anthropic")


class _Message(msgspec.Struct):
    role: str
    results: list[Block]
    blocks: list[Block]


def system_text(system: str | None, ordered: list[Turn]) -> str:
    """Return the system prompt, "" if there is none.

    System messages inside the conversation are moved up to it: older models accept no others.
    """
    texts = [
        system or "",
        *(text for turn in ordered if turn.role == "system" for text in turn.text),
    ]
    return "\n\n".join(text for text in texts if text.strip())


def write_messages(ordered: list[Turn]) -> list[RequestMessage]:
    """Return the messages. Neighbours of one role are merged, and empty messages left out.

    Raises:
        ProviderFailed: BAD_REQUEST: all messages are empty.
    """
    merged: list[_Message] = []
    for turn in ordered:
        message = _message(turn)
        if turn.role == "system" or not (message.results or message.blocks):
            continue
        if merged and merged[-1].role == turn.role:
            merged[-1].results += message.results
            merged[-1].blocks += message.blocks
        else:
            merged.append(message)
    if not merged:
        fail(FailureClass.BAD_REQUEST, "messages: all of them are empty: send some text")
    return [{"role": each.role, "content": each.results + each.blocks} for each in merged]


def _message(turn: Turn) -> _Message:
    blocks = [_block(part) for part in turn.parts]
    return _Message(
        turn.role,
        [_result(result) for result in turn.results],
        [block for block in blocks if block is not None],
    )


def _block(part: Part) -> Block | None:
    """Return the block of a part, None for empty text and for tool results (see `_result`)."""
    if isinstance(part, TextPart):
        return _text(part)
    if isinstance(part, ImagePart):
        return _image(part)
    if isinstance(part, ToolCallPart):
        return _call(part)
    if isinstance(part, ReasoningPart):
        return reasoning_block(part)
    return None


def _text(part: TextPart) -> Block | None:
    return {"type": "text", "text": part.text} if part.text.strip() else None


def _image(image: ImagePart) -> Block:
    if image.url is not None:
        return {"type": "image", "source": {"type": "url", "url": image.url}}
    source = {"type": "base64", "media_type": image.media_type, "data": image.data}
    return {"type": "image", "source": source}


def _call(call: ToolCallPart) -> Block:
    arguments = call_arguments(call)
    return {"type": "tool_use", "id": _safe_id(call.id), "name": call.name, "input": arguments}


def _result(result: ToolResultPart) -> Block:
    block: Block = {"type": "tool_result", "tool_use_id": _safe_id(result.id)}
    if content := _result_content(result):
        block["content"] = content
    if result.is_error:
        block["is_error"] = True
    return block


def _result_content(result: ToolResultPart) -> str | list[Block]:
    if isinstance(result.content, str) or not result_images(result):
        return result_text(result)
    blocks = [
        _image(part) if isinstance(part, ImagePart) else _text(part)
        for part in result.content
        if isinstance(part, TextPart | ImagePart)
    ]
    return [block for block in blocks if block is not None]


_SAFE_ID: Final = re.compile(r"[A-Za-z0-9_-]+")


def _safe_id(call_id: str) -> str:
    """Return `call_id`, or a hash of it if it has characters that this API does not take.

    The same id always becomes the same hash, so results still match their calls.
    """
    if _SAFE_ID.fullmatch(call_id):
        return call_id
    return "call_" + hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:24]
