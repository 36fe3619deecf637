"""Citations in the form of this API."""

from typing import Final

import msgspec

from aircherd.http_api.dialects.common.carriers import PREFIX
from aircherd.vocabulary.content.citations import Citation

_OWN: Final = frozenset(
    {
        *("char_location", "page_location", "content_block_location"),
        *("web_search_result_location", "search_result_location"),
    }
)

FOREIGN: Final = PREFIX + "citation"
"""Marks a citation that this API's own models did not make: it is not sent to them."""


class _Typed(msgspec.Struct, gc=False):
    type: object = None


class _Web(msgspec.Struct, tag_field="type", tag="web_search_result_location"):
    url: str
    title: str | None
    cited_text: str
    encrypted_index: str = FOREIGN


_TYPED: Final = msgspec.json.Decoder(_Typed)


def citation_of(citation: Citation) -> msgspec.Raw | msgspec.Struct | None:
    """Return a citation, None if this API has no word for it: all but the address is needed there.

    One that a server of this API made stays as it came.
    """
    if citation.data is not None:
        data = citation.data.encode("utf-8", "replace")
        try:
            kind = _TYPED.decode(data).type
        except (ValueError, RecursionError):
            kind = None
        if kind in _OWN:
            return msgspec.Raw(data)
    if not citation.url:
        return None
    return _Web(citation.url, citation.title, citation.quote or "")
