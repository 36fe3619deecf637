"""The conversation of a request as messages.

What another model made in an earlier answer comes back in carriers (see `common.carriers`): its
thinking, the signatures of its calls, its other parts. They get their origin from there. Thinking
and other parts of this API's own models have no origin: only a provider that gets the body as it is
can use them.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from aircherd.http_api.dialects.anthropic.request import blocks
from aircherd.http_api.dialects.anthropic.request.blocks import MAX_BLOCKS, TURN, AnyBlock, Turn
from aircherd.http_api.dialects.anthropic.request.media import (
    document_part,
    image_part,
    search_result_part,
)
from aircherd.http_api.dialects.anthropic.request.unknown import Unsaid, read_turn
from aircherd.http_api.dialects.common.attached import cache_mark
from aircherd.http_api.dialects.common.carriers import (
    CALL,
    OTHER,
    REASONING,
    TEXT,
    Carried,
    carried,
)
from aircherd.http_api.dialects.common.ids import original_id
from aircherd.http_api.dialects.common.reading import text_of
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.content.media import DocumentPart, ImagePart
from aircherd.vocabulary.parts import (
    OtherPart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    seal,
)

OWN: Final = "anthropic"
"""The origin of other blocks: no model's, so no provider gets them that is asked in another API."""


def read_turns(raws: Sequence[msgspec.Raw], unsaid: Unsaid) -> list[Turn]:
    """Return the messages of a request.

    Raises:
        RequestProblem: one of them does not have the form of a message.
    """
    turns: list[Turn] = []
    for number, raw in enumerate(raws):
        try:
            turns.append(TURN.decode(raw))
        except msgspec.ValidationError:
            turns.append(read_turn(raw, f"messages[{number}]", unsaid))
        except (ValueError, RecursionError) as error:
            raise invalid(f"messages[{number}]: is not JSON: {error}") from None
    if sum(map(_blocks_in, turns)) > MAX_BLOCKS:
        raise invalid(f"messages: have more than {MAX_BLOCKS} blocks", "messages")
    return turns


def _blocks_in(turn: Turn) -> int:
    """Return the number of blocks of a message, those in results included."""
    content = turn.content
    if isinstance(content, str):
        return 0
    results = [block.content for block in content if type(block) is blocks.ToolResult]
    return len(content) + sum(len(each) for each in results if isinstance(each, list))


def messages_of(turns: Sequence[Turn], unsaid: Unsaid) -> list[Message]:
    """Return the conversation in our words.

    Raises:
        RequestProblem: a picture or a document is none.
    """
    return [_message(turn, number, unsaid) for number, turn in enumerate(turns)]


def _message(turn: Turn, number: int, unsaid: Unsaid) -> Message:
    content = turn.content
    if isinstance(content, str):
        return Message(turn.role, content)
    if len(content) == 1 and type(only := content[0]) is blocks.Text and not only.cache_control:
        return Message(turn.role, only.text)  # the same, and cheaper to handle
    parts: list[Part] = []
    signed: dict[str, Carried] = {}
    for at, block in enumerate(content):
        if type(block) is blocks.Text:
            parts.append(TextPart(block.text, cache=cache_mark(block.cache_control)))
        elif type(block) is blocks.RedactedThinking:
            _add_redacted(block, parts, signed)
        else:
            path = f"messages[{number}].content[{at}]"
            parts.append(_part(block, path, unsaid))
    return Message(turn.role, _with_signatures(parts, signed) if signed else parts)


def _part(block: AnyBlock, path: str, unsaid: Unsaid) -> Part:
    if isinstance(block, blocks.ToolUse):
        # Nothing at all is no argument.
        arguments = text_of(block.input) or "{}"
        return ToolCallPart(original_id(block.id), block.name, arguments)
    if isinstance(block, blocks.ToolResult):
        return ToolResultPart(
            original_id(block.tool_use_id),
            _result_content(block, path, unsaid),
            bool(block.is_error),
            cache_mark(block.cache_control),
        )
    if isinstance(block, blocks.Thinking):
        return _reasoning(block)
    if isinstance(block, blocks.Other):
        return _other(block.kind, block.data)
    return _plain_part(block, path, unsaid)


def _plain_part(block: AnyBlock, path: str, unsaid: Unsaid) -> Part:
    """Return the part of a block that tool results may have in them, too."""
    part = _inner_part(block, path, unsaid)
    return _other("file", "{}") if part is None else part


def _inner_part(
    block: AnyBlock, path: str, unsaid: Unsaid
) -> TextPart | ImagePart | DocumentPart | None:
    if isinstance(block, blocks.Text):
        return TextPart(block.text, cache=cache_mark(block.cache_control))
    if isinstance(block, blocks.Image):
        return image_part(block, path, unsaid)
    if isinstance(block, blocks.Document):
        return document_part(block, path, unsaid)
    if isinstance(block, blocks.SearchResult):
        return search_result_part(block, path, unsaid)
    assert isinstance(block, blocks.ToolReference)  # all others were handled before
    return TextPart(block.tool_name, cache=cache_mark(block.cache_control))


def _result_content(
    block: blocks.ToolResult, path: str, unsaid: Unsaid
) -> str | list[TextPart | ImagePart | DocumentPart]:
    content = block.content
    if not isinstance(content, list):
        return content or ""
    found = (_inner_part(each, f"{path}.content[{n}]", unsaid) for n, each in enumerate(content))
    return [part for part in found if part is not None]


def _other(kind: str, data: str) -> OtherPart:
    return OtherPart(kind, OWN, data)


# ------------------------------------------------------------------ what other models made


def _reasoning(block: blocks.Thinking) -> ReasoningPart:
    found = carried(block.signature or "")
    if found is None or found.kind != REASONING:
        return ReasoningPart(block.thinking, block.signature)
    return ReasoningPart(block.thinking, found.values[0] if found.values else None, found.origin)


def _add_redacted(
    block: blocks.RedactedThinking, parts: list[Part], signed: dict[str, Carried]
) -> None:
    found = carried(block.data)
    if found is None:
        parts.append(ReasoningPart(signature=block.data))
        return
    first, second = (*found.values, None, None)[:2]
    if found.kind == REASONING:
        parts.append(ReasoningPart(signature=first, origin=found.origin))
    elif found.kind == OTHER and first and second:
        kind = first[:200]
        sealed = seal(kind, found.origin, second)
        parts.append(OtherPart(kind, found.origin, second, sealed))
    elif found.kind == CALL and first:
        signed[first] = found
    elif found.kind == TEXT and parts and isinstance(last := parts[-1], TextPart):
        parts[-1] = msgspec.structs.replace(last, signature=first, origin=found.origin)


def _with_signatures(parts: list[Part], signed: dict[str, Carried]) -> list[Part]:
    """Return the parts with the signatures of their calls, which came beside them."""
    return [
        msgspec.structs.replace(part, signature=found.values[1], origin=found.origin)
        if isinstance(part, ToolCallPart)
        and (found := signed.get(part.id)) is not None
        and len(found.values) > 1
        else part
        for part in parts
    ]
