"""Values and names as TOML."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.config.edit.toml_text import LONG_LIST, dotted, entry_lines, value_text
from aircherd.errors import BadRequest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", '"a"'),
        ('"\\\n', '"\\"\\\\\\n"'),
        (True, "true"),
        (2.0, "2.0"),
        ([], "[]"),
        (["a", 1], '["a", 1]'),
        ({}, "{}"),
        ({"X-A": "b", "c d": [1]}, '{ X-A = "b", "c d" = [1] }'),
    ],
)
def test_values(value, expected):
    """In one line."""
    assert value_text(value) == expected


def test_a_long_list_has_a_line_for_each_item():
    """So that it can be read."""
    items = ["x" * LONG_LIST, "y"]
    assert entry_lines(("a", "b"), items) == ["a.b = [", f'  "{items[0]}",', '  "y",', "]"]


def test_names():
    """Quoted where they need it; there is no form for an index."""
    assert dotted(("catalog", "a/b", "c-d_e")) == 'catalog."a/b".c-d_e'
    with pytest.raises(BadRequest, match=r"l\[0\]: there is no such entry"):
        dotted(("l", 0))


VALUES = st.recursive(
    st.integers(-(2**40), 2**40) | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES, st.text(min_size=1))
def test_any_value_is_read_back(value, name):
    """And any name, but for control characters that TOML forbids."""
    text = "\n".join(entry_lines((name,), value))
    if "\x7f" not in text:
        assert tomllib.loads(text) == {name: value}
