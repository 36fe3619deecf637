"""The texts in an item that is sent whole, and in the parts of a message."""

from aircherd.providers.codec.json_in import as_text
from aircherd.providers.openai_responses.schema import (
    CALLS,
    MESSAGE,
    REASONING,
    ContentPart,
    OutputItem,
    parts_of,
    thinking_text_of,
)

_PART_FIELDS = frozenset({"type", "text", "refusal", "annotations"})


def is_text(part: ContentPart) -> bool:
    """Return whether a part of a message is text, or the text of a refusal."""
    is_bare = part.type is None and (part.text is not None or part.refusal is not None)
    return is_bare or part.type in ("output_text", "text", "input_text", "refusal")


def texts_in(part: ContentPart) -> list[tuple[str, str]]:
    """Return the texts of a part, each with its kind."""
    if not is_text(part):
        return []
    kind = "refusal" if part.type == "refusal" else "text"
    texts = [(kind, as_text(part.text)), ("refusal", as_text(part.refusal))]
    return [(kind, text) for kind, text in texts if text]


def known_fields(part: ContentPart) -> frozenset[str]:
    """Return the fields of a text that need not be kept as they came."""
    unread = {
        name
        for name, value in (("text", part.text), ("refusal", part.refusal))
        if value is not None and not as_text(value)
    }
    return _PART_FIELDS - unread


def item_text(sent: OutputItem) -> str:
    """Return the text by which a whole item is compared with what was streamed."""
    if sent.kind == MESSAGE:
        texts = (text for part in parts_of(sent.content) for text in texts_in(part))
        return "".join(text for _, text in texts)
    if sent.kind == REASONING:
        return thinking_text_of(sent)
    return sent.call_arguments if sent.kind in CALLS else ""
