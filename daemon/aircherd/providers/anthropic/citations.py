"""Citations of the Anthropic Messages API: read from a reply, and sent back as they came.

A text names the passages that it is based on: of a document by its pages, characters or blocks, or
of a search. Each kind has its own fields; ours hold what they share, `data` holds all of it.
"""

import msgspec

from aircherd.providers.codec.json_in import as_text, branch
from aircherd.vocabulary.content.citations import Citation

Fields = dict[str, msgspec.Raw]


class _Citation(msgspec.Struct, gc=False):
    cited_text: object = None
    title: object = None
    document_title: object = None
    document_index: object = None
    url: object = None
    source: object = None


_CITATION = msgspec.json.Decoder(_Citation)
_FIELDS = msgspec.json.Decoder(Fields)
_NONE = _Citation()


def read_citation(raw: msgspec.Raw) -> Citation:
    """Return a vendor's citation as ours."""
    found = branch(_CITATION, raw) or _NONE
    index = found.document_index
    return Citation(
        url=as_text(found.url) or _url(found.source),
        title=as_text(found.title) or as_text(found.document_title) or None,
        quote=as_text(found.cited_text) or None,
        document=index if type(index) is int and index >= 0 else None,
        data=bytes(raw).decode("utf-8", "replace"),
    )


def _url(source: object) -> str | None:
    # The source of a search result is what the client named it, which need not be a URL.
    text = as_text(source)
    return text if text.startswith(("https://", "http://")) else None


def citation_fields(citation: Citation) -> Fields | None:
    """Return a citation as the vendor sent it, None if it is not the vendor's.

    The API sends `file_id` in every citation of a document, and refuses it back if it is null.
    """
    if citation.data is None:
        return None
    data = citation.data.encode("utf-8", "replace")
    fields = branch(_FIELDS, msgspec.Raw(data))
    if not fields or "type" not in fields:
        return None
    if bytes(fields.get("file_id", b"")) == b"null":
        del fields["file_id"]
    return fields
