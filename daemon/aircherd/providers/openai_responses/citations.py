"""Annotations of a text: our citations, and the vendor's own JSON in them, which goes back."""

import msgspec

from aircherd.providers.codec.json_in import as_map, as_text
from aircherd.providers.openai_responses.schema import text_of, value_of
from aircherd.vocabulary.content.citations import Citation


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
    """Return the annotations of a text that goes back, as they came."""
    return [msgspec.Raw(each.data.encode("utf-8", "replace")) for each in citations if each.data]


def _position(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 2**53 else None
