"""The text inside the arguments of a tool that takes any text."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.http_api.dialects.openai_responses.reply.freeform_input import FreeformInput

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[a:b] for a, b in itertools.pairwise(places)]


def taken(pieces: list[str]) -> list[str]:
    read = FreeformInput()
    sent = [read.add(piece) for piece in pieces]
    sent.append(read.end())
    assert read.text == "".join(sent)
    return sent


@given(TEXTS, st.lists(st.integers(0, 500), max_size=8), st.booleans())
def test_the_text_comes_in_any_pieces(text: str, cuts: list[int], is_ascii: bool) -> None:
    """Escapes that are cut in two, and characters that need two escapes, are whole."""
    arguments = json.dumps({"input": text}, ensure_ascii=is_ascii)
    sent = taken(pieces_of(arguments, cuts))
    assert "".join(sent) == text
    "".join(sent).encode()


def test_a_piece_is_sent_at_once() -> None:
    """A patch is long, and the client shows it while it comes."""
    sent = taken(['{"inp', 'ut": "*** Be', "gin\\", 'nx"', "}"])
    assert sent == ["", "*** Be", "gin", "\nx", "", ""]


def test_text_that_does_not_begin_is_searched_once() -> None:
    """A server may send anything; it does not cost more with each piece."""
    junk = FreeformInput()
    assert {junk.add(" " * 300) for _ in range(10_000)} == {""}
    assert junk.add('{"input":"a') == ""
    assert "a" not in junk.end()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"patch":"a"}', "a"),
        ('{"reason":"b","input":"a"}', "a"),
        ('{"input":"a","reason":"b"}', "a"),
        ('"a"', "a"),
        ("a", "a"),
        ("", ""),
        ('{"a":1,"b":2}', '{"a":1,"b":2}'),
        ('{"input":5}', '{"input":5}'),
        ('{"input":"cut o', "cut o"),
        ('{"input":"cut \\u00', "cut "),
        ('{"input":"\\ud83d"}', "\ud83d"),
    ],
)
def test_other_arguments_are_sent_at_their_end(arguments: str, text: str) -> None:
    """Models do not always keep to the form."""
    assert "".join(taken([arguments])) in (text, "")
    if "cut" not in arguments and "ud83d" not in arguments:
        assert "".join(taken(list(arguments))) == text
