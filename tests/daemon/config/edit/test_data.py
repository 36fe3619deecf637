"""The data before and after a change."""

import pytest

from aircherd.config.edit.data import MISSING, changed_data, find_value, is_same, pruned
from aircherd.errors import BadRequest

DATA = {"a": {"b": {"c": 1}}, "l": [{"x": 1}], "s": "text"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((), DATA),
        (("a", "b", "c"), 1),
        (("l", 0, "x"), 1),
        (("l", 1), MISSING),
        (("l", "x"), MISSING),
        (("s", 0), MISSING),
        (("a", 0), MISSING),
        (("a", "b", "c", "d"), MISSING),
    ],
)
def test_values_are_found(path, value):
    """By names and indexes; what does not exist is missing."""
    assert find_value(DATA, path) == value


def test_a_change_leaves_the_data_itself():
    """The copy has the entry, in sections that it makes."""
    assert changed_data(DATA, ("n", "m"), 2) == {**DATA, "n": {"m": 2}}
    assert changed_data(DATA, ("l", 0, "x"), 2)["l"] == [{"x": 2}]
    assert DATA["l"] == [{"x": 1}]


def test_a_removal_leaves_no_empty_sections():
    """What does not exist is ignored."""
    assert changed_data(DATA, ("a", "b", "c"), MISSING) == {"l": [{"x": 1}], "s": "text"}
    assert changed_data(DATA, ("a", "q", "r"), MISSING) == DATA
    assert changed_data(DATA, ("s", 0), MISSING) == DATA
    assert pruned({"a": {"b": {}}, "c": {}}, ("a", "b", "x")) == {"c": {}}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (("s", "x"), "s.x: what is above it in the file is not a section"),
        (("l", "x"), "l.x: what is above it in the file is a list"),
        (("a", 0), r"a\[0\]: what is above it in the file is a section"),
        (("l", 1), r"l\[1\]: there is no such entry in the list"),
        (("l", 1, "x"), r"l\[1\].x: there is no such entry in the list"),
    ],
)
def test_impossible_changes(path, message):
    """The message has the path."""
    with pytest.raises(BadRequest, match=message):
        changed_data(DATA, path, 1)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1, True),
        (1, True, False),
        (0, False, False),
        (1, 1.0, False),
        ([1, {"a": 1}], [1, {"a": 1}], True),
        ([1], [True], False),
        ({"a": [0]}, {"a": [False]}, False),
        ({"a": 1}, {"b": 1}, False),
        (MISSING, MISSING, True),
        (MISSING, 1, False),
    ],
)
def test_equal_values_of_other_types_are_not_the_same(one, other, expected):
    """Setting `true` where the file has `1` is a change."""
    assert is_same(one, other) is expected
