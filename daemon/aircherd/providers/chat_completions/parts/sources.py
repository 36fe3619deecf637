"""What a reply says its answer is based on: annotations, and lists of sources.

    annotations                   OpenAI, OpenRouter: passages of the answer and their pages
    citations                     Perplexity, xAI: URLs, or objects; others: objects
    search_results, web_search    Perplexity, Z.ai: what was found

Streams repeat the lists while they grow. All of it comes at the end, when the text is complete.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from aircherd.providers.chat_completions.parts.fields import items_of, text_in, value_of
from aircherd.providers.codec.held import Held
from aircherd.providers.codec.json_in import MAX_COUNT, as_map, as_text
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import CitationDelta

NAMES: Final = frozenset(("annotations", "citations", "search_results", "web_search"))

_COST: Final = 1000
_LINKS: Final = ("http://", "https://")
_READ: Final = frozenset(
    (
        *(
            "type",
            "url",
            "link",
            "uri",
            "title",
            "name",
            "snippet",
            "content",
            "text",
            "quote",
            "cited_text",
            "start_index",
            "end_index",
        ),
        *("url_citation",),
    )
)


class Sources:
    """The sources so far, each once."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._seen: set[bytes] = set()
        self._citations: list[Citation] = []
        self._links: dict[str, Citation] = {}

    def add(self, raw: msgspec.Raw) -> list[msgspec.Raw]:
        """Add a list of sources; return the items that are none."""
        items = items_of(raw)
        if items is None:
            return [raw]
        return [item for item in items if not self._add_item(item)]

    def _add_item(self, raw: msgspec.Raw) -> bool:
        key = bytes(raw)
        if key in self._seen:
            return True
        citation = read_source(raw)
        if citation is None:
            return False
        self._held.add(len(key) + _COST)
        self._seen.add(key)
        if citation == Citation(url=citation.url):
            self._links.setdefault(citation.url or "", citation)
        else:
            self._citations.append(citation)
        return True

    def close(self) -> list[CitationDelta]:
        """Return all of them; a bare URL only if nothing else has it."""
        known = {each.url for each in self._citations}
        bare = [each for url, each in self._links.items() if url not in known]
        return [CitationDelta(each) for each in (*self._citations, *bare)]

    def __repr__(self) -> str:
        return f"<Sources {len(self._seen)}>"


def read_source(raw: msgspec.Raw) -> Citation | None:
    """Return a source as ours, None if it has no URL.

    What our fields do not hold stays in `data`.
    """
    value = value_of(raw)
    if isinstance(value, str):
        return Citation(url=value) if value.startswith(_LINKS) else None
    outer = as_map(value)
    if outer.get("type") not in (None, "url_citation", "web", "web_search_result"):
        return None
    fields = as_map(outer.get("url_citation")) or outer
    url = _first(fields, "url", "link", "uri")
    if not url.startswith(_LINKS):
        return None
    start, end = _position(fields.get("start_index")), _position(fields.get("end_index"))
    is_span = start is not None and end is not None and start < end
    rest = {name for each in (outer, fields) for name, got in each.items() if got} - _READ
    return Citation(
        url=url,
        title=_first(fields, "title", "name") or None,
        quote=_first(fields, "quote", "cited_text", "snippet", "content", "text") or None,
        start=start if is_span else None,
        end=end if is_span else None,
        data=text_in(raw) if rest else None,
    )


def _first(fields: Mapping[str, object], *names: str) -> str:
    return next((text for name in names if (text := as_text(fields.get(name)))), "")


def _position(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= MAX_COUNT else None
