"""What is in a request that is not known here: named, and left out of what is translated.

Requests are decoded by strict structs. Only a message or a field that they refuse is taken apart
here, so that a new field of the API costs nothing elsewhere.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from aircherd.http_api.dialects.anthropic.request import blocks
from aircherd.http_api.dialects.anthropic.request.blocks import AnyBlock, ResultBlock, Turn
from aircherd.http_api.dialects.common.reading import (
    FIELDS,
    ITEMS,
    Fields,
    no_json,
    text_of,
    wrong_form,
)
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.problem import RequestProblem, invalid
from aircherd.vocabulary.validation_messages import describe_invalid

T = TypeVar("T")
MAX_NAME: Final = 200
MAX_NAMED: Final = 20
"""Unknown fields that are named; one is enough to know."""


class _Typed(msgspec.Struct, gc=False):
    type: object = None


class _LooseTurn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    role: blocks.Role
    content: msgspec.Raw


class _LooseResult(blocks.Block, tag="tool_result"):
    tool_use_id: str
    content: msgspec.Raw = blocks.ABSENT
    is_error: bool | None = None
    cache_control: blocks.CacheControl | None = None
    toolset_name: msgspec.Raw = blocks.ABSENT


_TYPED: Final = msgspec.json.Decoder(_Typed)
_LOOSE_TURN: Final = msgspec.json.Decoder(_LooseTurn)
_LOOSE_RESULT: Final = msgspec.json.Decoder(_LooseResult)


def _decoders(*kinds: type[AnyBlock]) -> Mapping[str, "msgspec.json.Decoder[AnyBlock]"]:
    return {str(kind.__struct_config__.tag): msgspec.json.Decoder(kind) for kind in kinds}


_IN_RESULTS: Final = _decoders(
    blocks.Text, blocks.Image, blocks.Document, blocks.SearchResult, blocks.ToolReference
)
_IN_MESSAGES: Final = {
    **_IN_RESULTS,
    **_decoders(blocks.Thinking, blocks.RedactedThinking, blocks.ToolUse),
}
_SOURCES: Final = frozenset({"base64", "url", "file", "text", "content"})


class Unsaid:
    """What could not be said, in order of appearance."""

    def __init__(self) -> None:
        self._found: dict[str, None] = {}

    def add(self, what: str) -> None:
        """Note something. Parts of it are the client's, and it is shown."""
        if len(self._found) < MAX_NAMED:
            self._found[what if what.isprintable() else ascii(what)[1:-1]] = None

    def text(self) -> str | None:
        """Return all of it for people, None if there is nothing."""
        return ", ".join(self._found) or None


def read_strictly(
    decoder: "msgspec.json.Decoder[T]", raw: msgspec.Raw | bytes, path: str, unsaid: Unsaid
) -> T:
    """Decode an object by a strict struct; fields that it does not have are left out, and noted.

    Raises:
        RequestProblem: it does not have the struct's form.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        known = _without_unknown(decoder, raw, path, unsaid)
        if known is None:
            raise wrong(error, path) from None
    except (ValueError, RecursionError) as error:
        raise no_json(error) from None
    try:
        return decoder.decode(known)
    except msgspec.ValidationError as error:
        raise wrong(error, path) from None


def _without_unknown(
    decoder: "msgspec.json.Decoder[T]", raw: msgspec.Raw | bytes, path: str, unsaid: Unsaid
) -> bytes | None:
    """Return an object without the fields that the decoder does not know, None if it has none."""
    try:
        fields = FIELDS.decode(raw)
    except msgspec.ValidationError:
        return None
    except (ValueError, RecursionError) as error:
        raise no_json(error) from None  # behind what the decoder refused
    kind = decoder.type
    known = {*kind.__struct_encode_fields__, kind.__struct_config__.tag_field}  # type: ignore[attr-defined]
    unknown = [name for name in fields if name not in known]
    for name in unknown:
        if bytes(fields.pop(name)) != b"null":
            unsaid.add(f"{path}.{name[:MAX_NAME]}" if path else name[:MAX_NAME])
    return json_bytes(fields) if unknown else None


def wrong(error: msgspec.ValidationError, path: str) -> RequestProblem:
    """Return the problem of a value at a path."""
    if not path:
        return wrong_form(error)
    message = describe_invalid(error)
    inner, colon, text = message.partition(": ")
    if not colon or " " in inner:
        return invalid(f"{path}: {message}", path)
    dot = "" if inner.startswith("[") else "."
    return invalid(f"{path}{dot}{inner}: {text}", f"{path}{dot}{inner}")


# ------------------------------------------------------------------ messages


def read_turn(raw: msgspec.Raw, path: str, unsaid: Unsaid) -> Turn:
    """Read a message that the strict decoder refused.

    Raises:
        RequestProblem: it does not have the form of a message.
    """
    loose = read_strictly(_LOOSE_TURN, raw, path, unsaid)
    if bytes(loose.content)[:1] != b"[":
        return _read_plain(loose, path)
    is_models = loose.role == "assistant"
    content: list[AnyBlock] = [
        _read_block(each, f"{path}.content[{number}]", unsaid, is_models=is_models)
        for number, each in enumerate(_items(loose.content, f"{path}.content"))
    ]
    return Turn(loose.role, content)


def _items(raw: msgspec.Raw, path: str) -> list[msgspec.Raw]:
    items = ITEMS.decode(raw)
    if len(items) > blocks.MAX_BLOCKS:
        raise invalid(f"{path}: has more than {blocks.MAX_BLOCKS} blocks", path)
    return items


def _read_plain(loose: _LooseTurn, path: str) -> Turn:
    try:
        return Turn(loose.role, msgspec.json.decode(loose.content, type=str))
    except msgspec.ValidationError:
        raise invalid(
            f"{path}.content: has to be a string or a list of blocks", f"{path}.content"
        ) from None


def _read_block(raw: msgspec.Raw, path: str, unsaid: Unsaid, *, is_models: bool) -> AnyBlock:
    kind = kind_of(raw, path)
    if kind == "tool_result":
        return _read_result(raw, path, unsaid)
    decoder = _IN_MESSAGES.get(kind)
    if decoder is not None and _has_known_source(raw, kind, path, unsaid):
        return read_strictly(decoder, raw, path, unsaid)
    if decoder is None and not is_models:
        # What the model itself made only it can use; another one does without it.
        unsaid.add(f'{path}.type "{kind[:MAX_NAME]}"')
    return blocks.Other(kind[:MAX_NAME], text_of(raw))


def _read_result(raw: msgspec.Raw, path: str, unsaid: Unsaid) -> blocks.ToolResult:
    loose = read_strictly(_LOOSE_RESULT, raw, path, unsaid)
    start = bytes(loose.content)[:1]
    if start == b"[":
        items = enumerate(_items(loose.content, f"{path}.content"))
        found = [_read_inner(each, f"{path}.content[{n}]", unsaid) for n, each in items]
        content: str | list[ResultBlock] | None = [each for each in found if each is not None]
    elif start in (b'"', b""):
        content = msgspec.json.decode(loose.content, type=str) if start else None
    elif bytes(loose.content) == b"null":
        content = None
    else:
        raise invalid(f"{path}.content: has to be a string or a list of blocks", f"{path}.content")
    return blocks.ToolResult(loose.tool_use_id, content, loose.is_error, loose.cache_control)


def _read_inner(raw: msgspec.Raw, path: str, unsaid: Unsaid) -> ResultBlock | None:
    kind = kind_of(raw, path)
    decoder = _IN_RESULTS.get(kind)
    if decoder is None:
        unsaid.add(f'{path}.type "{kind[:MAX_NAME]}"')
        return None
    if not _has_known_source(raw, kind, path, unsaid):
        return None
    return read_strictly(decoder, raw, path, unsaid)  # type: ignore[return-value]


def _has_known_source(raw: msgspec.Raw, kind: str, path: str, unsaid: Unsaid) -> bool:
    """Return whether the source of a picture or a document is of a known type."""
    if kind not in ("image", "document"):
        return True
    source = _fields(raw).get("source")
    if source is None:
        return True  # the struct says that it is missing
    found = kind_of(source, f"{path}.source")
    if found in _SOURCES:
        return True
    unsaid.add(f'{path}.source.type "{found[:MAX_NAME]}"')
    return False


def kind_of(raw: msgspec.Raw, path: str) -> str:
    """Return the type of an object.

    Raises:
        RequestProblem: it is none, or has no type.
    """
    try:
        kind = _TYPED.decode(raw).type
    except msgspec.ValidationError:
        raise invalid(f"{path}: has to be a map", path) from None
    if not isinstance(kind, str) or not kind:
        raise invalid(f"{path}.type: is missing", f"{path}.type")
    return kind


def _fields(raw: msgspec.Raw) -> Fields:
    try:
        return FIELDS.decode(raw)
    except (ValueError, RecursionError):
        return {}
