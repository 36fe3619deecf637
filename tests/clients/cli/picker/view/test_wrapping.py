import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.picker.view.wrapping import (
    MIN_ROOM,
    cell_width,
    clean,
    cut_size,
    hanging,
    labelled,
    wrap_cells,
)


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("模型", 4), ("e\u0301", 1), ("", 0)])
def test_wide_characters_take_two_cells(text, cells):
    """And marks that combine with a letter take none."""
    assert cell_width(text) == cells


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\nb\tc", "a b c"), ("\x1b[2Ja", "[2Ja"), ("a\u202eb", "ab"), ("ok", "ok")],
)
def test_control_characters_are_removed(text, expected):
    """And marks that turn the direction of a line; white space becomes a space."""
    assert clean(text) == expected


def test_a_long_word_is_cut_after_a_separator():
    """A long name is easier to read like that."""
    assert wrap_cells("anthropic/claude-sonnet-5", 16) == ["anthropic/", "claude-sonnet-5"]


def test_a_cut_leaves_at_least_one_character():
    """A wide character in a column of one cell must not loop forever."""
    assert cut_size("模", 1) == 1


@given(st.text(max_size=200), st.integers(-5, 60))
def test_no_line_is_wider_than_the_room_and_nothing_is_lost(text, room):
    """Whatever the text is."""
    lines = wrap_cells(text, room)
    assert all(cell_width(line) <= max(MIN_ROOM, room) for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(clean(text).split())


def test_a_paragraph_hangs():
    """Continued lines are indented by two more."""
    lines = hanging("one two three", 10, indent=" ")
    assert lines == [[(" one two", "")], [("   three", "")]]


def test_a_value_wraps_next_to_its_label():
    """The label is there once."""
    lines = labelled("key", "one two", 8, column=4)
    assert lines == [[("key ", "dim"), ("one", "")], [("    ", "dim"), ("two", "")]]


def test_words_of_wide_characters_are_wrapped_by_their_cells():
    """Each takes two."""
    assert wrap_cells("日本 日本 日本", 10) == ["日本 日本", "日本"]
