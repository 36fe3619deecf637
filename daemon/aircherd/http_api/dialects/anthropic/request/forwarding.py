"""The body of a request as a provider of this API gets it: as it came, but for what others made.

A conversation may hold answers of other vendors' models. What of them only their model can use is
taken out: this API refuses thinking and citations that it did not sign. So are other models that
the vendor is to ask.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.anthropic.reply.searches import OURS
from aircherd.http_api.dialects.anthropic.request import blocks
from aircherd.http_api.dialects.anthropic.request.blocks import Turn
from aircherd.http_api.dialects.anthropic.request.fields import EMPTY, Request
from aircherd.http_api.dialects.common.carriers import MARK, PREFIX
from aircherd.http_api.dialects.common.reading import FIELDS, ITEMS, Fields
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.vocabulary.verbatim import VerbatimRequest

HEADERS: Final = ("anthropic-beta", "anthropic-version")
"""Headers with a meaning for the vendor."""


class _Signed(msgspec.Struct, gc=False):
    """What a block may have from another model."""

    id: object = None
    tool_use_id: object = None
    signature: object = None
    data: object = None
    encrypted_index: object = None


_SEARCH: Final = OURS.encode()
_SIGNED: Final = msgspec.json.Decoder(_Signed)
_THOUGHTS: Final = (blocks.Thinking, blocks.RedactedThinking)


def verbatim_request(
    call: ApiCall,
    request: Request,
    turns: Sequence[Turn],
    *,
    unsaid: str | None,
    reply_model: str | None,
) -> VerbatimRequest:
    """Return what a provider of this API gets."""
    body = call.body
    if MARK in body:
        body = _without_carriers(body)
    if _must_not_think(request, turns):
        body = _without_thinking(body)
    if request.fallbacks and bytes(request.fallbacks) not in EMPTY:
        body = _without_fallbacks(body)
    found = call.headers
    return VerbatimRequest(
        dialect="anthropic",
        body=body,
        headers=tuple((name, found[name]) for name in HEADERS if name in found),
        query="beta=true" if call.query.get("beta") == "true" else "",
        unsaid=unsaid,
        reply_model=reply_model,
    )


# ------------------------------------------------------------------ what others made


def _without_carriers(body: bytes) -> bytes:
    """Return the body without what other vendors' models made for themselves."""
    fields = FIELDS.decode(body)
    before = ITEMS.decode(fields["messages"])
    after = [kept for each in before if (kept := _message_without(each)) is not None]
    if _are_same(after, before):
        return body  # a text about it
    fields["messages"] = msgspec.Raw(json_bytes(after))
    return json_bytes(fields)


def _are_same(new: list[msgspec.Raw], old: list[msgspec.Raw]) -> bool:
    return len(new) == len(old) and all(n is o for n, o in zip(new, old, strict=True))


def _message_without(raw: msgspec.Raw) -> msgspec.Raw | None:
    """Return a message without carriers, None if nothing is left of it."""
    if MARK not in bytes(raw):
        return raw
    fields = FIELDS.decode(raw)
    content = fields["content"]
    if bytes(content)[:1] != b"[":
        return raw
    before = ITEMS.decode(content)
    after = [kept for each in before if (kept := _block_without(each)) is not None]
    if _are_same(after, before):
        return raw
    if not after:
        return None
    fields["content"] = msgspec.Raw(json_bytes(after))
    return msgspec.Raw(json_bytes(fields))


def _block_without(raw: msgspec.Raw) -> msgspec.Raw | None:
    """Return a block without carriers, None if it is one."""
    text = bytes(raw)
    if MARK not in text and _SEARCH not in text:
        return raw
    if _is_carrier(raw):
        return None
    fields = FIELDS.decode(raw)
    cited = fields.get("citations")
    return raw if cited is None else _uncited(raw, fields, cited)


def _uncited(raw: msgspec.Raw, fields: Fields, cited: msgspec.Raw) -> msgspec.Raw:
    """Return a text without the citations that another vendor's model made."""
    try:
        before = ITEMS.decode(cited)
    except msgspec.ValidationError:
        return raw  # of a document: whether it is cited
    after = [each for each in before if not _is_carrier(each)]
    if len(after) == len(before):
        return raw
    del fields["citations"]
    if after:
        fields["citations"] = msgspec.Raw(json_bytes(after))
    return msgspec.Raw(json_bytes(fields))


def _is_carrier(raw: msgspec.Raw) -> bool:
    try:
        found = _SIGNED.decode(raw)
    except (ValueError, RecursionError):
        return False
    texts = (found.signature, found.data, found.encrypted_index)
    if any(isinstance(text, str) and text.startswith(PREFIX) for text in texts):
        return True
    ids = (found.id, found.tool_use_id)
    return any(isinstance(text, str) and text.startswith(OURS) for text in ids)


# ------------------------------------------------------------------ a round without thinking


def _must_not_think(request: Request, turns: Sequence[Turn]) -> bool:
    """Return whether a budget for thinking would be refused.

    With a budget, a round of tool calls that began without thinking must end without it, as where
    another vendor's model began it. Source: Anthropic's documentation on extended thinking, 2026.
    """
    if request.thinking is None or request.thinking.type != "enabled":
        return False
    first: Turn | None = None
    for turn in reversed(turns):
        if turn.role == "assistant":
            first = turn
        elif not _has_results(turn):
            break  # the user's question
    if first is None:
        return False
    if isinstance(first.content, str):
        return bool(first.content)
    kept = [block for block in first.content if not _is_carried(block)]
    return bool(kept) and not isinstance(kept[0], _THOUGHTS)


def _has_results(turn: Turn) -> bool:
    content = turn.content
    return not isinstance(content, str) and any(isinstance(b, blocks.ToolResult) for b in content)


def _is_carried(block: blocks.AnyBlock) -> bool:
    if isinstance(block, blocks.Thinking):
        return (block.signature or "").startswith(PREFIX)
    return isinstance(block, blocks.RedactedThinking) and block.data.startswith(PREFIX)


def _without_thinking(body: bytes) -> bytes:
    fields = FIELDS.decode(body)
    del fields["thinking"]
    if b"clear_thinking" in bytes(fields.get("context_management", b"")):
        del fields["context_management"]  # it is refused without thinking
    return json_bytes(fields)


def _without_fallbacks(body: bytes) -> bytes:
    """Return the body without other models to ask: a client may be bound to one, and so is a price.

    The daemon has fallbacks of its own.
    """
    fields = FIELDS.decode(body)
    del fields["fallbacks"]
    return json_bytes(fields)
