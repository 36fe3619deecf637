"""Sends signatures and reasoning back only to the model that made them: pure.

A signature proves to its model that a part is unchanged; sent to another model, it is an error or a
leak. Most models refuse reasoning without its signature, so other models do not get it at all. The
same holds for what has no word of ours, and for a vendor's own form of a citation.
"""

from collections.abc import Callable

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

Test = Callable[[Part], bool]


def for_origin(request: ChatRequest, origin: str) -> ChatRequest:
    """Return `request` as it may be sent to `origin` (`provider/model`)."""
    return _without_foreign(request, lambda part: _is_foreign(part, lambda of: of == origin))


def for_daemon(request: ChatRequest, provider: str) -> ChatRequest:
    """Return `request` as it may be sent to the daemon that is `provider` here.

    It gets what any of its models made, and decides for itself which of them may have it back.
    """
    prefix = f"{provider}/"
    return _without_foreign(
        request, lambda part: _is_foreign(part, lambda of: (of or "").startswith(prefix))
    )


def _without_foreign(request: ChatRequest, is_foreign: Test) -> ChatRequest:
    if is_text_only(request.messages):
        return request
    messages = [_for_origin(message, is_foreign) for message in request.messages]
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


def _for_origin(message: Message, is_foreign: Test) -> Message:
    content = message.content
    if isinstance(content, str) or not any(is_foreign(part) for part in content):
        return message
    kept = [
        _unsigned(part, is_foreign) if is_foreign(part) else part
        for part in content
        if not (isinstance(part, ReasoningPart | OtherPart) and is_foreign(part))
    ]
    return msgspec.structs.replace(message, content=kept)


def _unsigned(part: Part, is_foreign: Test) -> Part:
    if isinstance(part, ToolResultPart) and not isinstance(part.content, str):
        content = [
            _unsigned(each, is_foreign) if is_foreign(each) else each for each in part.content
        ]
        return msgspec.structs.replace(part, content=content)
    if isinstance(part, TextPart):
        return msgspec.structs.replace(part, signature=None, origin=None, citations=[])
    return msgspec.structs.replace(part, signature=None, origin=None)


def _is_foreign(part: Part, is_own: Callable[[str | None], bool]) -> bool:
    """Return whether something in a part is not for this origin, or was changed by the client."""
    if isinstance(part, TextPart):
        return bool(part.signature is not None or part.citations) and not is_own(part.origin)
    if isinstance(part, ReasoningPart):
        return not is_own(part.origin)
    if isinstance(part, OtherPart):
        return not is_own(part.origin) or not part.is_unchanged
    if isinstance(part, ToolResultPart):
        parts = [] if isinstance(part.content, str) else part.content
        return any(_is_foreign(each, is_own) for each in parts)
    if isinstance(part, ToolCallPart | ImagePart | AudioPart):
        return part.signature is not None and not is_own(part.origin)
    return False
