"""The parts of a conversation as content blocks of a request, see `messages`.

What a model of this API made goes back as it came: other blocks in their place, sources with their
text, and what a call or a text had besides our fields.
"""

import hashlib
import re
from typing import Final

import msgspec

from aircherd.providers.anthropic.citations import Fields, citation_fields
from aircherd.providers.anthropic.thinking import Block, reasoning_block
from aircherd.providers.codec.cache_marks import cache_control
from aircherd.providers.codec.call_arguments import call_arguments
from aircherd.providers.codec.json_in import as_map, as_text, branch
from aircherd.providers.codec.turns import Turn, result_text
from aircherd.vocabulary.content.media import DocumentPart, ImagePart
from aircherd.vocabulary.parts import (
    OtherPart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

OWN_TYPES: Final = frozenset(
    ("text", "image", "document", "thinking", "redacted_thinking", "tool_use", "tool_result")
)
"""Types of blocks that have words of ours; another part never goes back as one of them."""

CONTAINER: Final = "container"

_FIELDS = msgspec.json.Decoder(Fields)
_VALUE = msgspec.json.Decoder()


class OtherBlocks(msgspec.Struct, frozen=True):
    """The other blocks that go back, by the identity of their part, and the ids of all calls."""

    blocks: dict[int, Block]
    calls: frozenset[str]


NO_OTHERS: Final = OtherBlocks({}, frozenset())


def text_block(part: TextPart) -> Block | None:
    """Return the block of a text, None if it is empty, which the API refuses."""
    if not part.text.strip():
        return None
    block: Block = {"type": "text", "text": part.text}
    if part.cache:
        block["cache_control"] = cache_control(part.cache)
    return block


def block_of(part: Part, others: OtherBlocks) -> Block | None:
    """Return the block of a part, None if nothing of it is sent here.

    Tool results are not: see `result_block`.
    """
    if isinstance(part, TextPart):
        block = text_block(part)
        return block if block is None or part.origin is None else _as_it_came(block, part)
    if isinstance(part, ImagePart):
        return _image(part)
    if isinstance(part, DocumentPart):
        return _document(part)
    if isinstance(part, ToolCallPart):
        return _call(part, others)
    if isinstance(part, ReasoningPart):
        return reasoning_block(part)
    return others.blocks.get(id(part)) if isinstance(part, OtherPart) else None


def _as_it_came(block: Block, part: TextPart) -> Block:
    """Add what a text of this model came with."""
    cited = [fields for each in part.citations if (fields := citation_fields(each)) is not None]
    if cited:
        block["citations"] = cited
    return _sealed(part.signature) | block


def _sealed(signature: str | None) -> Block:
    """Return the fields that a signature holds, see `blocks`; none if it is not ours."""
    if signature is None:
        return {}
    fields = branch(_FIELDS, msgspec.Raw(signature.encode("utf-8", "replace")))
    return dict(fields) if fields else {}


def _image(image: ImagePart) -> Block:
    if image.url is not None:
        block: Block = {"type": "image", "source": {"type": "url", "url": image.url}}
    else:
        source = {"type": "base64", "media_type": image.media_type, "data": image.data}
        block = {"type": "image", "source": source}
    if image.cache:
        block["cache_control"] = cache_control(image.cache)
    return block


def _document(document: DocumentPart) -> Block:
    block: Block = {"type": "document", "source": _source(document)}
    if document.name is not None:
        block["title"] = document.name
    if document.citations:
        block["citations"] = {"enabled": True}
    if document.cache:
        block["cache_control"] = cache_control(document.cache)
    return block


def _source(document: DocumentPart) -> Block:
    if document.url is not None:
        return {"type": "url", "url": document.url}
    text = document.text
    if text is None:
        return {"type": "base64", "media_type": "application/pdf", "data": document.data}
    # Of texts, the API knows no other media type.
    return {"type": "text", "media_type": "text/plain", "data": text}


# ------------------------------------------------------------------ calls and results


def _call(call: ToolCallPart, others: OtherBlocks) -> Block:
    block: Block = {
        "type": "tool_use",
        "id": _safe_id(call.id),
        "name": call.name,
        "input": call_arguments(call),
    }
    if call.signature is None:
        return block
    sealed = _sealed(call.signature)
    if _is_orphan(sealed, others.calls):
        del sealed["caller"]  # refused where the code that called is not there
    return sealed | block


def toolsets(ordered: list[Turn]) -> dict[str, str]:
    """Return the toolset of each call that has one, by the call's id: its result names it too."""
    found: dict[str, str] = {}
    for turn in ordered:
        if turn.said is None and turn.role == "assistant":
            for call in turn.calls:
                if call.signature and (name := _text_in(_sealed(call.signature), "toolset_name")):
                    found[call.id] = name
    return found


def result_block(result: ToolResultPart, toolset: str | None) -> Block:
    """Return the block of a tool's result."""
    block: Block = {"type": "tool_result", "tool_use_id": _safe_id(result.id)}
    if content := _result_content(result):
        block["content"] = content
    if result.is_error:
        block["is_error"] = True
    if toolset is not None:
        block["toolset_name"] = toolset
    if result.cache:
        block["cache_control"] = cache_control(result.cache)
    return block


def _result_content(result: ToolResultPart) -> str | list[Block]:
    parts = result.content
    if isinstance(parts, str) or not any(map(_needs_block, parts)):
        return result_text(result)
    blocks = [block_of(part, NO_OTHERS) for part in parts]
    return [block for block in blocks if block is not None]


def _needs_block(part: TextPart | ImagePart | DocumentPart) -> bool:
    return not isinstance(part, TextPart) or bool(part.cache)


_SAFE_ID: Final = re.compile(r"[A-Za-z0-9_-]+")


def _safe_id(call_id: str) -> str:
    """Return `call_id`, or a hash of it if it has characters that this API does not take.

    The same id always becomes the same hash, so results still match their calls.
    """
    if _SAFE_ID.fullmatch(call_id):
        return call_id
    return "call_" + hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:24]


# ------------------------------------------------------------------ other blocks


def other_blocks(ordered: list[Turn]) -> OtherBlocks:
    """Return the other blocks that go back.

    A call of a server tool goes back with its result, a result with its call, and what code called
    with the call of that code: the API refuses the one without the other, as where a client changed
    or removed one. In the last message of the assistant, a call may still be under way.
    """
    listed = _others(ordered)
    if not listed:
        return NO_OTHERS
    last = max((n for n, turn in enumerate(ordered) if turn.role == "assistant"), default=0)
    calls = frozenset(_text_in(block, "id") for _, _, block in listed if _is_call(block))
    results = {_text_in(block, "tool_use_id") for _, _, block in listed}
    found: dict[int, Block] = {}
    for at, part, block in listed:
        answered = _text_in(block, "tool_use_id")
        is_lone_result = bool(answered) and answered not in calls
        is_lone_call = at != last and _is_call(block) and _text_in(block, "id") not in results
        if not (is_lone_result or is_lone_call or _is_orphan(block, calls)):
            found[id(part)] = block
    return OtherBlocks(found, calls)


def _is_orphan(block: Block, calls: frozenset[str]) -> bool:
    """Return whether code called this whose own call is not there."""
    raw = block.get("caller")
    caller = as_map(branch(_VALUE, raw)) if isinstance(raw, msgspec.Raw) else {}
    return "tool_id" in caller and as_text(caller["tool_id"]) not in calls


def _others(ordered: list[Turn]) -> list[tuple[int, OtherPart, Block]]:
    return [
        (at, part, block)
        for at, turn in enumerate(ordered)
        if turn.said is None
        for part in turn.parts
        if isinstance(part, OtherPart) and (block := _other(part)) is not None
    ]


def _other(part: OtherPart) -> Block | None:
    """Return the block that a part holds, None for what is only said about a message."""
    if part.kind in OWN_TYPES or part.kind.endswith("_delta"):
        return None
    fields = _fields(part)
    if fields is None or _text_in(fields, "type") != part.kind:
        return None
    return {**fields, "type": part.kind}


def _fields(part: OtherPart) -> Fields | None:
    return branch(_FIELDS, msgspec.Raw(part.data.encode("utf-8", "replace")))


def _is_call(block: Block) -> bool:
    return str(block["type"]).endswith("tool_use")


def _text_in(fields: Block | Fields, name: str) -> str:
    raw = fields.get(name)
    return as_text(branch(_VALUE, raw)) if isinstance(raw, msgspec.Raw) else ""


def container_id(ordered: list[Turn]) -> str | None:
    """Return the container of a turn that is under way, None if there is none.

    A turn goes on in the container where it began. A later question needs none, and containers
    expire: a client that wants an older one names it in `extra`.
    """
    if not ordered or not (ordered[-1].role == "assistant" or ordered[-1].results):
        return None
    for turn in reversed(ordered):
        for part in reversed(turn.parts):
            if isinstance(part, OtherPart) and part.kind == CONTAINER:
                return _text_in(_fields(part) or {}, "id") or None
    return None
