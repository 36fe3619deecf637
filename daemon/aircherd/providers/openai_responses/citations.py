"""Annotations of a text: our citations, and the vendor's own JSON in them, which goes back."""

import msgspec

from aircherd.providers.codec.json_in import as_map, as_text
from aircherd.providers.openai_responses.schema import text_of, value_of
from aircherd.vocabulary.content.citations import Citation

_ANY = msgspec.json.Decoder()


def citation_of(raw: msgspec.Raw) -> Citation:
    """Return an annotation as a citation, which has at least the vendor's JSON."""
    fields = as_map(value_of(raw))
    # Servers that know chat completions nest the fields under the type.
    fields = as_map(fields.get(as_text(fields.get("type")))) or fields
    return Citation(
        url=as_text(fields.get("url")) or None,
        title=as_text(fields.get("title")) or as_text(fields.get("filename")) or None,
        quote=as_text(fields.get("quote")) or None,
        start=_position(fields.get("start_index")),
        end=_position(fields.get("end_index")),
        data=text_of(raw),
    )


def identity_of(raw: msgspec.Raw) -> bytes:
    """Return what is the same for an annotation that is sent twice."""
    try:
        return msgspec.json.encode(value_of(raw), order="deterministic")
    except (ValueError, RecursionError):
        return bytes(raw)


def annotations_of(citations: list[Citation]) -> list[msgspec.Raw]:
    """Return the annotations of a text that goes back, as they came.

    A client may send anything, and what is no JSON must not get into the request.
    """
    datas = ((each.data or "").encode("utf-8", "replace") for each in citations)
    return [msgspec.Raw(data) for data in datas if _is_json(data)]


def _is_json(data: bytes) -> bool:
    try:
        _ANY.decode(data)
    except (ValueError, RecursionError):
        return False
    return True


def _position(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 2**53 else None
