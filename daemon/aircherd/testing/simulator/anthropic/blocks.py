"""The blocks of an Anthropic message: reading and validating them.

A thought that is sent back must match its signature; a redacted one must be unchanged.
"""

import base64
import re
from typing import Any

from aircherd.testing.simulator.errors.bodies import Refusal, refuse
from aircherd.testing.simulator.script import signature

Json = dict[str, Any]

TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+")
MEDIA_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
THOUGHTS = ("thinking", "redacted_thinking")
REDACTED = signature("hidden thinking")


def blocks_of(message: Json) -> list[Json]:
    """Return the blocks of a message; plain text is one block."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content if isinstance(content, list) else []


def is_kind(block: Json, kind: str) -> bool:
    """Return whether a block is of this kind."""
    return block.get("type") == kind


def texts_of(content: object) -> list[str]:
    """Return the texts of a content, including those in tool results."""
    if isinstance(content, str):
        return [content]
    if not isinstance(content, list):
        return []
    texts: list[str] = []
    for block in content:
        texts += [block["text"]] if is_kind(block, "text") else texts_of(block.get("content"))
    return texts


def images_of(content: object) -> list[str]:
    """Return the media type or URL of each image and document, except in tool results."""
    blocks = content if isinstance(content, list) else []
    sources = [block["source"] for block in blocks if block.get("type") in ("image", "document")]
    return [source.get("media_type") or source["url"] for source in sources]


def result_of(block: Json) -> str:
    """Return a tool result as text, with its images in brackets."""
    content = block.get("content", "")
    return "\n".join([*texts_of(content), *(f"[{image}]" for image in images_of(content))])


def check_blocks(at: int, role: str, blocks: list[Json]) -> None:
    """Validate each block of the message at index `at`.

    Raises:
        Refusal: the API would refuse one of them.
    """
    if not blocks:
        raise _bad(f"messages.{at}: all messages must have non-empty content")
    for number, block in enumerate(blocks):
        where = f"messages.{at}.content.{number}"
        if is_kind(block, "text") and not block.get("text"):
            raise _bad("messages: text content blocks must be non-empty")
        if is_kind(block, "tool_use"):
            _check_call(where, block)
        _check_file(where, role, block)
        if block.get("type") in THOUGHTS:
            _check_thought(where, role, block)
        if is_kind(block, "tool_result") and isinstance(block.get("content"), list):
            for inner, each in enumerate(block["content"]):
                _check_file(f"{where}.tool_result.content.{inner}", role, each)


def _bad(message: str) -> Refusal:
    return refuse("anthropic", message)


def _check_call(where: str, block: Json) -> None:
    if not isinstance(block.get("input"), dict):
        raise _bad(f"{where}.tool_use.input: Input should be a valid dictionary")
    if not TOOL_ID.fullmatch(block.get("id") or ""):
        raise _bad(f"{where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")


def _check_file(where: str, role: str, block: Json) -> None:
    if is_kind(block, "image"):
        _check_image(where, role, block["source"])
    if is_kind(block, "document"):
        _check_document(where, role, block)


def _check_document(where: str, role: str, block: Json) -> None:
    extra = set(block) - {"type", "source", "title", "context", "citations", "cache_control"}
    source = block["source"]
    if role != "user" or extra:
        raise _bad(f"{where}: `document` blocks are only permitted in user messages {extra or ''}")
    if source["type"] == "url":
        if not source["url"].startswith("https://"):
            raise _bad(f"{where}.document.source.url: Only HTTPS URLs are supported.")
    elif source["type"] == "text":
        if source["media_type"] != "text/plain" or not source["data"]:
            raise _bad(f"{where}.document.source.text.media_type: Input should be 'text/plain'")
    elif source["media_type"] != "application/pdf":
        raise _bad(f"{where}.document.source.base64.media_type: Input should be 'application/pdf'")
    elif not base64.b64decode(source["data"]).startswith(b"%PDF-"):
        raise _bad(f"{where}.document.source.base64.data: The PDF specified was not valid.")


def _check_image(where: str, role: str, source: Json) -> None:
    if role != "user":
        raise _bad(f"{where}: `image` blocks are only permitted in user messages")
    if source["type"] == "url":
        if not source["url"].startswith("https://"):
            raise _bad(f"{where}.image.source.url: Only HTTPS URLs are supported.")
        return
    if source["media_type"] not in MEDIA_TYPES:
        known = "'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
        raise _bad(f"{where}.image.source.base64.media_type: Input should be {known}")
    try:
        base64.b64decode(source["data"], validate=True)
    except ValueError:
        raise _bad(f"{where}.image.source.base64.data: Invalid base64 data") from None


def _check_thought(where: str, role: str, block: Json) -> None:
    if role != "assistant":
        raise _bad(f"{where}: `{block['type']}` blocks are only permitted in assistant messages")
    if is_kind(block, "redacted_thinking"):
        if block.get("data") != REDACTED:
            raise _bad(f"{where}: Invalid `data` in `redacted_thinking` block")
        return
    if block.get("signature") is None:
        raise _bad(f"{where}.thinking.signature: Field required")
    if block["signature"] != signature(block["thinking"]):
        raise _bad(f"{where}: Invalid `signature` in `thinking` block")
