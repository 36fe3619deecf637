"""Citations from grounding and citation metadata."""

import pytest

from aircherd.providers.gemini import grounding
from aircherd.providers.gemini.grounding import AnswerText, CitationReader
from aircherd.vocabulary.content.citations import Citation

WEB = {"web": {"uri": "https://a/", "title": "A"}}
FILE = {"retrievedContext": {"uri": "u", "title": "t", "text": "q" * 2000}}
IMAGE = {"image": {"sourceUri": "https://b/", "imageUri": "https://b/i", "title": "B"}}


def answer(*texts: str | None) -> AnswerText:
    """Return an answer of these texts; None begins another part."""
    made = AnswerText()
    for text in texts:
        made.begin_piece()
        if text is None:
            made.close()
        else:
            made.add(text)
    return made


def support(*indices: object, **segment: object) -> dict[str, object]:
    return {"segment": segment, "groundingChunkIndices": list(indices)}


def cited(made: AnswerText, *supports: object, chunks: object = (WEB,)) -> list[Citation]:
    metadata = {"groundingChunks": list(chunks), "groundingSupports": list(supports)}  # type: ignore[call-overload]
    return CitationReader(made).read("groundingMetadata", metadata)


def at(start: int | None, end: int | None) -> Citation:
    return Citation(url="https://a/", title="A", start=start, end=end)


@pytest.mark.parametrize(
    ("texts", "segment", "place"),
    [
        (["Hello you"], {"startIndex": 6, "endIndex": 9, "text": "you"}, (6, 9)),
        (["Hello"], {"endIndex": 5}, (0, 5)),
        # bytes of UTF-8, also over several pieces
        (["Łódź ", "🦀 x"], {"startIndex": 8, "endIndex": 12, "text": "🦀"}, (5, 6)),
        (["ł" * 5000 + "x"], {"startIndex": 9998, "endIndex": 10_001}, (4999, 5001)),
        # a part's own positions, and a stream's, which count from the beginning
        (["one ", "two"], {"partIndex": 1, "startIndex": 0, "endIndex": 3, "text": "two"}, (4, 7)),
        (["one ", "two"], {"partIndex": 1, "startIndex": 4, "endIndex": 7, "text": "two"}, (4, 7)),
        (["one", None, "two"], {"startIndex": 3, "endIndex": 6, "text": "two"}, (0, 3)),
        # in an earlier part of ours, and what does not fit
        (["one", None, "two"], {"startIndex": 0, "endIndex": 3, "text": "one"}, (None, None)),
        (["Hello"], {"startIndex": 1, "endIndex": 3, "text": "no"}, (None, None)),
        (["Hello"], {"startIndex": 4, "endIndex": 99}, (None, None)),
        (["Hello"], {"startIndex": 3, "endIndex": 2}, (None, None)),
        (["Hello"], {"startIndex": "1", "endIndex": None}, (None, None)),
        (["Hello"], {}, (None, None)),
    ],
)
def test_places(
    texts: list[str | None], segment: dict[str, object], place: tuple[int | None, int | None]
) -> None:
    """Positions are in characters of the last part, or left out."""
    assert cited(answer(*texts), support(0, **segment)) == [at(*place)]


def test_sources() -> None:
    """Each source of a text is a citation, and so is a source that no text names."""
    segment = {"startIndex": 0, "endIndex": 1}
    supports = (support(0, 1, 9, "x", **segment), "odd", support())
    assert cited(answer("ab"), *supports, chunks=(WEB, FILE, 5, IMAGE)) == [
        at(0, 1),
        Citation(url="u", title="t", quote="q" * 1000, start=0, end=1),
        Citation(),
        Citation(url="https://b/", title="B"),
    ]


def test_citation_metadata() -> None:
    """What the model recited is a citation too, under either name of the list."""
    source = {"startIndex": 1, "endIndex": 2, "uri": "https://a/", "license": "mit"}
    expected = [Citation(url="https://a/", start=1, end=2)]
    for name in ("citationSources", "citations"):
        assert expected == CitationReader(answer("abc")).read("citationMetadata", {name: [source]})


@pytest.mark.parametrize("value", [None, 5, [], {}, {"groundingChunks": 5, "groundingSupports": 5}])
def test_malformed_metadata_cites_nothing(value: object) -> None:
    """It is kept whole elsewhere."""
    assert CitationReader(answer("abc")).read("groundingMetadata", value) == []


def test_an_answer_without_text_has_no_citations() -> None:
    """There is nothing that they could belong to."""
    assert cited(answer(), support(0)) == []


def test_the_number_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reply of citations does not grow without limit."""
    monkeypatch.setattr(grounding, "MAX_CITATIONS", 3)
    assert len(cited(answer("abc"), *[support(0, endIndex=1)] * 9)) == 3
