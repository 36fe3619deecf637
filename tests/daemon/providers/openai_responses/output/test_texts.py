"""What of a text is new, when the server sends it again."""

import pytest

from aircherd.providers.openai_responses.output.texts import (
    MAX_PARTS,
    StreamedParts,
    StreamedText,
)
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import failure_of


@pytest.mark.parametrize(
    ("pieces", "whole", "rest"),
    [
        ((), "hello", "hello"),
        (("hel", "lo"), "hello", ""),
        (("hel",), "hello", "lo"),
        (("hello",), "hel", ""),
        ((" hello",), "hello", ""),
        (("hallo",), "hello there", ""),
    ],
)
def test_only_the_rest_is_new(pieces: tuple[str, ...], whole: str, rest: str) -> None:
    """A whole text that differs from the pieces adds nothing: they were passed on."""
    text = StreamedText()
    for piece in pieces:
        text.add(piece)
    assert text.rest_of(whole) == rest


def test_an_unnumbered_part_ends_with_the_event_that_repeats_it() -> None:
    """What follows is another part, though other events may repeat this one as well."""
    parts = StreamedParts()
    first = parts.for_piece(("text", None))
    first.add("a")
    assert parts.for_whole(("text", None), "text.done", "a") is first
    assert parts.for_whole(("text", None), "part.done", "a") is first
    assert parts.for_piece(("text", None)) is not first


def test_parts_that_all_have_the_same_number_are_distinguished_by_their_text() -> None:
    """Some servers number every part 0."""
    parts = StreamedParts("\n\n")
    first = parts.for_whole(("summary", 0), "part.done", "a")
    first.add("a")
    second = parts.for_whole(("summary", 0), "part.done", "b")
    second.add("b")
    assert parts.for_whole(("summary", 0), "part.done", "b") is second
    assert str(parts) == "a\n\nb"
    assert parts.rest_of("a\n\nb c") == " c"


def test_parts_are_bounded() -> None:
    """An item with more of them is an error."""
    parts = StreamedParts()
    for index in range(MAX_PARTS):
        parts.begin(("text", index))
    failure = failure_of(lambda: parts.begin(("text", MAX_PARTS)))
    assert failure.kind is FailureClass.PROTOCOL
