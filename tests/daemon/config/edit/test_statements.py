"""Statements that have an entry, and their change."""

import pytest

from aircherd.config.edit.data import MISSING
from aircherd.config.edit.statements import (
    changed_statement,
    defines_only,
    find_holder,
    is_inline,
    last_of_section,
)
from aircherd.config.toml.locate import LineIndex

TEXT = """\
top = 1
[p.w]
k = 1
h = { x = 1 }
# a comment
d.e = 2
[q]
[[l]]
y = 1
"""
INDEX = LineIndex(TEXT)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("p", "w", "k"), 3),
        (("p", "w", "h"), 4),
        (("p", "w", "h", "x"), 4),
        (("p", "w", "d"), 6),
        (("l", 0, "y"), 9),
        (("p", "w"), None),
        (("p", "w", "z"), None),
        (("q", "z"), None),
    ],
)
def test_the_statement_of_an_entry(path, line):
    """A section with a header of its own has none."""
    holder = find_holder(INDEX, path)
    assert (holder and holder[1].first) == line


@pytest.mark.parametrize(
    ("section", "line"),
    [(("p", "w"), 6), (("q",), 7), (("l", 0), 9), (("x",), None), (("p",), None)],
)
def test_the_last_statement_of_a_section(section, line):
    """Its header if it is empty."""
    found = last_of_section(INDEX, section)
    assert (found and found.first) == line


def test_values_in_braces():
    """Dotted names are sections without braces."""
    for path, expected in ((("p", "w", "h", "x"), True), (("p", "w", "d", "e"), False)):
        holder = find_holder(INDEX, path)
        assert holder is not None
        assert is_inline(holder, path) is expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a = 1\n", ("a",), True),
        ("a.b = 1\n", ("a",), True),
        ("a.b = 1\n", ("a", "b"), True),
        ("a = {b = 1}\n", ("a",), True),
        ("a = {b = 1}\n", ("a", "b"), False),
        ("a = 1\n", ("b",), False),
        ("[a]\n", ("a",), False),
        ("a = [1]\n", ("a", 0), False),
    ],
)
def test_statements_that_define_one_entry_only(text, path, expected):
    """They can be removed as a whole."""
    assert defines_only(LineIndex(text).statements[0][1], path) is expected


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("a = 1  # why\n", ("a",), 2, ["a = 2  # why"]),
        ("a = { b = 1 }  # why\n", ("a", "c"), 2, ["a = { b = 1, c = 2 }  # why"]),
        ("a = { b = 1, c = 2 }\n", ("a", "b"), MISSING, ["a = { c = 2 }"]),
        ("a = {}\n", ("a", "b", "c"), 2, ["a = { b = { c = 2 } }"]),
        ("a = [\n  1, # one\n  2,\n]\n", ("a", 1), 3, ["a = [", "  1, # one", "  3,", "]"]),
    ],
)
def test_a_change_keeps_the_rest_of_the_statement(text, path, value, expected):
    """Comments above all."""
    holder = find_holder(LineIndex(text), path[:1])
    assert holder is not None
    assert changed_statement(holder, path, value) == expected
