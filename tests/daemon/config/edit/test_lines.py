"""Lines of a text, with the line ends of the text."""

import pytest

from aircherd.config.edit.lines import (
    append,
    delete_lines,
    insert_after,
    insert_at_top,
    replace_statement,
)
from aircherd.config.toml.locate import LineIndex

SCHEMA = "#:schema ./config.schema.json\n"


def statement(text, number=0):
    return LineIndex(text).statements[number][1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "new\n"),
        ("[s]\n", "new\n\n[s]\n"),
        ("# of s\n[s]\n", "new\n\n# of s\n[s]\n"),
        ("# mine\n\n[s]\n", "# mine\n\nnew\n\n[s]\n"),
        ("# alone", "# alone\nnew\n"),
        ("# alone\n", "# alone\nnew\n"),
        (f"{SCHEMA}[s]\n", f"{SCHEMA}new\n\n[s]\n"),
        (f"{SCHEMA}# of s\n[s]\n", f"{SCHEMA}new\n\n# of s\n[s]\n"),
        (f"{SCHEMA}# mine\n\n[s]\n", f"{SCHEMA}# mine\n\nnew\n\n[s]\n"),
        ("[s]\r\n", "new\r\n\r\n[s]\r\n"),
    ],
)
def test_the_top_is_below_the_heading(text, expected):
    """A comment above a section stays there, and the line for editors stays the first."""
    assert insert_at_top(text, ["new"]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "[s]\na = 1\n"),
        ("x = 1", "x = 1\n\n[s]\na = 1\n"),
        ("x = 1\n\n", "x = 1\n\n[s]\na = 1\n"),
        ("x = 1\r\n", "x = 1\r\n\r\n[s]\r\na = 1\r\n"),
    ],
)
def test_a_section_at_the_end_follows_a_blank_line(text, expected):
    """The file ends with a newline then."""
    assert append(text, ["[s]", "a = 1"]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1\nb = 2\n", "a = 1\nl = [\n]\nb = 2\n"),
        ("a = 1", "a = 1\nl = [\n]"),
        ("a = 1\r\n", "a = 1\r\nl = [\r\n]\r\n"),
        ("# c\r\na = 1", "# c\r\na = 1\r\nl = [\r\n]"),
    ],
)
def test_lines_after_a_statement(text, expected):
    """All of them have the line ends of the text."""
    assert insert_after(text, statement(text), ["l = [", "]"]) == expected


def test_a_statement_over_several_lines_is_replaced():
    """By any number of lines."""
    text = "a = [\r\n  1,\r\n]\r\nb = 1\r\n"
    assert replace_statement(text, statement(text), ["a = 2"]) == "a = 2\r\nb = 1\r\n"


@pytest.mark.parametrize(
    ("text", "first", "count", "expected"),
    [
        ("a\nb\nc\n", 2, 1, "a\nc\n"),
        ("a\n\nb\n\nc\n", 3, 1, "a\n\nc\n"),
        ("a\nb\n\nc\n", 2, 1, "a\n\nc\n"),
        ("a\n\nb\n", 3, 1, "a\n"),
        ("a\n", 1, 1, ""),
        ("a\n\nb\n", 1, 1, "b\n"),
        ("a\r\n\r\nb", 3, 1, "a"),
        ("a\u2028b\nc\n", 2, 1, "a\u2028b\n"),
    ],
)
def test_deleted_lines_leave_no_gap(text, first, count, expected):
    """Blank lines around them are not doubled, and do not end the text."""
    assert delete_lines(text, first, count) == expected
