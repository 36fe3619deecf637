"""What an answer is based on, from all forms of lists."""

import msgspec
import pytest

from aircherd.providers.chat_completions.parts.further import new_held
from aircherd.providers.chat_completions.parts.sources import Sources, read_source
from aircherd.vocabulary.content.citations import Citation

URL = "https://host/a"


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


NESTED = {"url": URL, "title": "A", "start_index": 2, "end_index": 5}
DATED = {"title": "A", "url": URL, "date": "2026-01-01", "snippet": "words"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"type": "url_citation", "url_citation": NESTED}, Citation(URL, "A", start=2, end=5)),
        ({"type": "url_citation", **NESTED}, Citation(URL, "A", start=2, end=5)),
        (
            {"type": "url_citation", "url_citation": {"url": URL, "content": "words"}},
            Citation(URL, quote="words"),
        ),
        (NESTED | {"start_index": 0, "end_index": 0}, Citation(URL, "A")),
        (NESTED | {"start_index": -1, "end_index": 2.5}, Citation(URL, "A")),
        (URL, Citation(URL)),
        (DATED, Citation(URL, "A", "words", data=msgspec.json.encode(DATED).decode())),
        ({"link": URL, "title": "A", "icon": ""}, Citation(URL, "A")),
        *((value, None) for value in ("a", 5, None, [], {}, {"url": "file:///a"})),
        ({"type": "file", "file": {"hash": "x"}}, None),
    ],
)
def test_sources(value: object, expected: Citation | None) -> None:
    """What our fields do not hold stays as it came; what has no URL is no source."""
    assert read_source(raw(value)) == expected


def test_each_source_comes_once() -> None:
    """Repeated lists add nothing, nor does the bare URL of a source."""
    sources = Sources(new_held())
    assert sources.add(raw([URL, "https://host/b"])) == []
    assert sources.add(raw([URL, "https://host/b"])) == []
    assert sources.add(raw([{"url": URL, "title": "A"}])) == []
    found = [each.citation for each in sources.close()]
    assert found == [Citation(URL, "A"), Citation("https://host/b")]


def test_what_is_no_source_is_returned() -> None:
    """Items, and values that are no list."""
    sources = Sources(new_held())
    assert sources.add(raw([URL, {"a": 1}])) == [raw({"a": 1})]
    assert sources.add(raw("x")) == [raw("x")]
