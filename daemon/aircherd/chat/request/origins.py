"""Sends signatures and reasoning back only to the model that made them: pure.

A signature proves to its model that a part is unchanged; sent to another model, it is an error or a
leak. Most models refuse reasoning without its signature, so other models do not get it at all. The
same holds for what has no word of ours, and for a vendor's own form of a citation.
"""

import msgspec

from aircherd.chat.request.answers import answerable_ids
from aircherd.chat.request.requirements import is_text_only
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.content.media import AudioPart, ImagePart
from aircherd.vocabulary.parts import (
    OtherPart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


def for_origin(request: ChatRequest, origin: str) -> ChatRequest:
    """Return `request` as it may be sent to `origin` (`provider/model`)."""
    if is_text_only(request.messages):
        return request
    messages = [_for_origin(message, origin) for message in request.messages]
    if all(new is old for new, old in zip(messages, request.messages, strict=True)):
        return request
    messages = _without_answers(messages, request.messages)
    # A turn of only reasoning is empty for other models.
    kept = [message for message in messages if message.content != []]
    return msgspec.structs.replace(request, messages=kept)


def _without_answers(messages: list[Message], before: list[Message]) -> list[Message]:
    """Leave out the results that answer parts which were left out."""
    gone = answerable_ids(before) - answerable_ids(messages)
    if not gone:
        return messages
    return [_without(message, gone) for message in messages]


def _without(message: Message, gone: set[str]) -> Message:
    content = message.content
    if isinstance(content, str):
        return message
    kept = [part for part in content if not (isinstance(part, ToolResultPart) and part.id in gone)]
    return message if len(kept) == len(content) else msgspec.structs.replace(message, content=kept)


def _for_origin(message: Message, origin: str) -> Message:
    content = message.content
    if isinstance(content, str) or not any(_is_foreign(part, origin) for part in content):
        return message
    kept = [
        _unsigned(part, origin) if _is_foreign(part, origin) else part
        for part in content
        if not (isinstance(part, ReasoningPart | OtherPart) and _is_foreign(part, origin))
    ]
    return msgspec.structs.replace(message, content=kept)


def _unsigned(part: Part, origin: str) -> Part:
    if isinstance(part, ToolResultPart) and not isinstance(part.content, str):
        content = [
            _unsigned(each, origin) if _is_foreign(each, origin) else each for each in part.content
        ]
        return msgspec.structs.replace(part, content=content)
    if isinstance(part, TextPart):
        return msgspec.structs.replace(part, signature=None, origin=None, citations=[])
    return msgspec.structs.replace(part, signature=None, origin=None)


def _is_foreign(part: Part, origin: str) -> bool:
    """Return whether something in a part is not for this model, or was changed by the client."""
    if isinstance(part, TextPart):
        return bool(part.signature is not None or part.citations) and part.origin != origin
    if isinstance(part, ReasoningPart):
        return part.origin != origin
    if isinstance(part, OtherPart):
        return part.origin != origin or not part.is_unchanged
    if isinstance(part, ToolResultPart):
        parts = [] if isinstance(part.content, str) else part.content
        return any(_is_foreign(each, origin) for each in parts)
    if isinstance(part, ToolCallPart | ImagePart | AudioPart):
        return part.signature is not None and part.origin != origin
    return False
