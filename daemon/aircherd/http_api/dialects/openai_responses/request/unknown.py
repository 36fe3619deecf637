"""Takes what is not known out of a body: fields, and the inside of items of other kinds.

That is slow, and most requests do not need it: the API grows, and tools send its newest fields.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.openai_responses.request.body import (
    VALUE,
    Body,
    Content,
    Format,
    Item,
    Reasoning,
    TextConfig,
)
from aircherd.http_api.dialects.openai_responses.request.conversation import KNOWN_ITEMS, PICTURE

Names = frozenset[str]


def _names(struct: type[msgspec.Struct]) -> Names:
    return frozenset(field.encode_name for field in msgspec.structs.fields(struct))


_BODY: Final = _names(Body)
_ITEM: Final = _names(Item)
_CONTENT: Final = _names(Content)
_INSIDE: Final[Mapping[str, Names]] = {
    "text": _names(TextConfig),
    "format": _names(Format),
    "reasoning": _names(Reasoning),
}
_LISTS: Final = ("content", "summary")


def without_unknown(body: bytes, notes: Unsaid) -> bytes:
    """Return the body with nothing in it that is not known; what says something is noted."""
    fields = VALUE.decode(body)
    if not isinstance(fields, dict):
        return body
    _clean(fields, _BODY, "", notes)
    items = fields.get("input")
    if isinstance(items, list):
        fields["input"] = [_clean_item(item, f"input[{n}]", notes) for n, item in enumerate(items)]
    return msgspec.json.encode(fields)


def _clean_item(item: object, path: str, notes: Unsaid) -> object:
    if not isinstance(item, dict):
        return item
    kind = item.get("type") or "message"
    if kind == PICTURE:
        return {"type": kind, "result": item.get("result")}
    if kind not in KNOWN_ITEMS:
        return {"type": str(kind)}  # it is noted or left out as a whole
    _clean(item, _ITEM, path, notes)
    for name in _LISTS:
        parts = item.get(name)
        for number, part in enumerate(parts if isinstance(parts, list) else ()):
            _clean_content(part, f"{path}.{name}[{number}]", notes)
    return item


def _clean_content(part: object, path: str, notes: Unsaid) -> None:
    if not isinstance(part, dict):
        return
    # Chat completions nest the address, and some tools send that here.
    image = part.get("image_url")
    if isinstance(image, dict) and isinstance(image.get("url"), str):
        part["image_url"] = image["url"]
    _clean(part, _CONTENT, path, notes)


def _clean(fields: dict[str, object], known: Names, path: str, notes: Unsaid) -> None:
    for name in [name for name in fields if name not in known]:
        value = fields.pop(name)
        if value not in (None, [], {}):
            notes.add(f"{path}.{name}" if path else name)
    for name, inside in _INSIDE.items():
        value = fields.get(name)
        if name in known and isinstance(value, dict):
            _clean(value, inside, f"{path}.{name}" if path else name, notes)
