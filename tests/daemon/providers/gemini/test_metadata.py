"""What a reply says about itself as a whole."""

import msgspec
import pytest

from aircherd.providers.gemini import metadata
from aircherd.providers.gemini.grounding import MAX_CITATIONS, AnswerText
from aircherd.providers.gemini.metadata import ReplyMetadata
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import AboutDelta, CitationDelta, ReplyEvent
from helpers.providers.provider_calls import failure_of

WEB = {"web": {"uri": "https://a/", "title": "A"}}
OTHER_WEB = {"web": {"uri": "https://b/", "title": "B"}}


def collected(*fields: tuple[str, object], text: str = "abc") -> list[ReplyEvent]:
    collector = ReplyMetadata()
    for name, value in fields:
        collector.add(name, msgspec.Raw(msgspec.json.encode(value)))
    answer = AnswerText()
    answer.add(text)
    return collector.close(answer)


def other(kind: str, value: object) -> AboutDelta:
    return AboutDelta(kind, msgspec.json.encode(value).decode())


def test_citations_come_before_the_fields() -> None:
    """They belong to the text; the field has everything else, as what must be shown with it."""
    value = {"groundingChunks": [WEB], "searchEntryPoint": {"renderedContent": "<div>"}}
    expected = [
        CitationDelta(Citation(url="https://a/", title="A")),
        other("urlContextMetadata", {"a": 1}),
        other("groundingMetadata", value),
    ]
    assert collected(("urlContextMetadata", {"a": 1}), ("groundingMetadata", value)) == expected


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([{"a": [1]}, {"a": [1, 2], "b": 3}], {"a": [1, 2], "b": 3}),
        ([{"a": 1}, {"a": 1}], {"a": 1}),
        ([{"a": [1]}, {"a": [2]}], [{"a": [1]}, {"a": [2]}]),
        ([{"a": 1}, [1]], [{"a": 1}, [1]]),
        ([None, {}, [], "", 0], 0),
    ],
)
def test_fields_of_a_stream(values: list[object], kept: object) -> None:
    """A value that contains the one before replaces it; others are a list; empty ones are none."""
    assert collected(*[("logprobsResult", value) for value in values]) == [
        other("logprobsResult", kept)
    ]


@pytest.mark.parametrize(
    ("ratings", "count"),
    [([{"probability": "LOW"}], 0), ([{"blocked": False}], 0), ([{"blocked": True}], 1), ("x", 1)],
)
def test_safety_ratings(ratings: object, count: int) -> None:
    """They come with every reply, and matter if they blocked something."""
    assert len(collected(("safetyRatings", ratings))) == count


def test_long_names_are_cut() -> None:
    """The message must remain one that a client can send back."""
    (event,) = collected(("x" * 999, 1))
    assert event == AboutDelta("x" * 200, "1")


def test_the_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server cannot fill the memory with it."""
    monkeypatch.setattr(metadata, "MAX_METADATA", 20)
    failure = failure_of(lambda: collected(*[("x", [n]) for n in range(9)]))
    assert failure.kind is FailureClass.PROTOCOL


def test_many_values_of_a_long_answer_take_little_time() -> None:
    """The answer is measured once, and all citations together are bounded."""
    text = "ä" * 500_000
    segment = {"startIndex": 0, "endIndex": 1_000_000, "text": text[:-1]}
    values = [
        {
            "groundingChunks": [{"web": {"uri": f"https://{number}/"}}],
            "groundingSupports": [{"segment": {"endIndex": 2}, "groundingChunkIndices": [0]}],
        }
        for number in range(2_000)
    ]
    supports = [{"segment": segment | {"text": "a" * 9}, "groundingChunkIndices": [0]}] * 2_000
    events = collected(
        *(("groundingMetadata", value) for value in values),
        ("groundingMetadata", {"groundingChunks": [{}], "groundingSupports": supports}),
        text=text,
    )
    assert sum(type(event) is CitationDelta for event in events) == MAX_CITATIONS


def test_empty_values_are_bounded() -> None:
    """Each of them takes memory too."""
    made = ReplyMetadata()

    def add_many() -> None:
        for number in range(metadata.MAX_METADATA // metadata.VALUE_COST + 1):
            made.add(f"m{number}", msgspec.Raw(b"1"))

    assert failure_of(add_many).kind is FailureClass.PROTOCOL
