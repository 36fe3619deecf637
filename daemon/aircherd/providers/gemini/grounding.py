"""Citations from what Gemini says about a whole reply: grounding and citation metadata.

Google counts positions in bytes of UTF-8, from the beginning of the answer or of one of its parts;
ours are in characters of the part that they end up in. A position is checked against the text that
Google repeats beside it, and left out if it does not match.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from aircherd.providers.codec.json_in import as_map, as_text
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.text import TextBuffer

MAX_CITATIONS: Final = 1000
"""Per reply; all of them are in the metadata, which is kept whole."""

MAX_QUOTE: Final = 1000
"""Characters of a source that are quoted."""

_BLOCK: Final = 4096

Json = dict[str, object]


class AnswerText:
    """The text of a reply so far, and where its parts begin, in characters."""

    def __init__(self) -> None:
        self._text = TextBuffer()
        self._length = 0
        self._is_open = False
        self.parts = [0]
        """Where the parts of our message begin; only those with text."""
        self.pieces = array("q")
        """Where the parts of the vendor begin, also those without text."""

    def add(self, text: str, *, ends: bool = False) -> None:
        """Add text; `ends` says that later text belongs to another part."""
        if not self._is_open:
            self.parts.append(self._length)
        self._is_open = not ends
        self._text.add(text)
        self._length += len(text)

    def close(self) -> None:
        """End the current part: something else follows."""
        self._is_open = False

    def begin_piece(self) -> None:
        """Note the beginning of one of the vendor's parts."""
        self.pieces.append(self._length)

    def __str__(self) -> str:
        return str(self._text)


class CitationReader:
    """Reads the citations in the metadata of one answer, up to `MAX_CITATIONS` in all."""

    def __init__(self, answer: AnswerText) -> None:
        self._answer = answer
        self._places: _Places | None = None
        self._room = MAX_CITATIONS

    def read(self, name: str, value: object) -> list[Citation]:
        """Return the citations in metadata called `name`; none without a text they belong to."""
        if self._places is None:
            self._places = _Places(str(self._answer), self._answer)
        if self._places.is_empty or not self._room:
            return []
        found = list(islice(_citations(name, value, self._places), self._room))
        self._room -= len(found)
        return found


def _citations(name: str, value: object, places: "_Places") -> Iterator[Citation]:
    if name == "groundingMetadata":
        return _grounding(as_map(value), places)
    return _quotations(as_map(value), places)


def _grounding(metadata: Json, places: "_Places") -> Iterator[Citation]:
    sources = [_source(each) for each in _maps(metadata.get("groundingChunks"), keep=True)]
    used: set[int] = set()
    for support in _maps(metadata.get("groundingSupports")):
        listed = support.get("groundingChunkIndices")
        indices = listed if isinstance(listed, list) else []
        known = [each for each in indices if type(each) is int and 0 <= each < len(sources)]
        if known:
            start, end = places.of_segment(as_map(support.get("segment")))
            for index in known:
                used.add(index)
                yield msgspec.structs.replace(sources[index], start=start, end=end)
    yield from (source for index, source in enumerate(sources) if index not in used)


def _source(chunk: Json) -> Citation:
    """Return a web page, a place, a picture or a piece of a file as a citation."""
    source = next((each for each in chunk.values() if isinstance(each, dict)), {})
    url = as_text(source.get("uri")) or as_text(source.get("sourceUri"))
    quote = as_text(source.get("text"))[:MAX_QUOTE]
    return Citation(
        url=url or None, title=as_text(source.get("title")) or None, quote=quote or None
    )


def _quotations(metadata: Json, places: "_Places") -> Iterator[Citation]:
    # The API and Vertex AI have different names for the list.
    listed = metadata.get("citationSources") or metadata.get("citations")
    for each in _maps(listed):
        start, end = places.of_segment(each)
        url, title = as_text(each.get("uri")), as_text(each.get("title"))
        yield Citation(url=url or None, title=title or None, start=start, end=end)


def _maps(value: object, *, keep: bool = False) -> list[Json]:
    """Return the maps in a list; `keep` has empty ones for the others, so that indices hold."""
    items = value if isinstance(value, list) else []
    return [as_map(each) for each in items if keep or isinstance(each, dict)]


class _Places:
    """Positions in bytes -> positions in characters of the last part."""

    def __init__(self, text: str, answer: AnswerText) -> None:
        self._text = text
        self._pieces = answer.pieces
        self._last_part = answer.parts[-1]
        self._marks = [0]
        for at in range(0, len(text), _BLOCK):
            self._marks.append(self._marks[-1] + len(_encode(text[at : at + _BLOCK])))

    def of_segment(self, segment: Json) -> tuple[int | None, int | None]:
        """Return start and end in the part, None for both if they are unknown or elsewhere."""
        first, last = segment.get("startIndex", 0), segment.get("endIndex")
        if type(first) is not int or type(last) is not int or not 0 <= first <= last:
            return None, None
        expected = segment.get("text")
        for base in self._bases(segment.get("partIndex")):
            offset = self._byte_at(base)
            start, end = self._character_at(offset + first), self._character_at(offset + last)
            if not isinstance(expected, str) or self._has(expected, start, end):
                if start < self._last_part or offset + last > self._marks[-1]:
                    break
                return start - self._last_part, end - self._last_part
        return None, None

    @property
    def is_empty(self) -> bool:
        """Whether there is no text."""
        return not self._text

    def _has(self, expected: str, start: int, end: int) -> bool:
        # Without a copy of the text, which may be long.
        return len(expected) == end - start and self._text.startswith(expected, start)

    def _bases(self, index: object) -> list[int]:
        # Streams count from the beginning of the answer, whatever the index says.
        if type(index) is int and 0 < index < len(self._pieces):
            return [self._pieces[index], 0]
        return [0]

    def _byte_at(self, character: int) -> int:
        block, rest = divmod(character, _BLOCK)
        return self._marks[block] + len(_encode(self._text[block * _BLOCK : block * _BLOCK + rest]))

    def _character_at(self, byte: int) -> int:
        block = bisect_right(self._marks, byte) - 1
        start = min(block * _BLOCK, len(self._text))
        piece = _encode(self._text[start : start + _BLOCK])[: byte - self._marks[block]]
        return start + len(piece.decode("utf-8", "ignore"))


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")
