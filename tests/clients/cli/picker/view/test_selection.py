import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.picker.view.marks import Mark
from aircher_cli.picker.view.rows import Group, Row
from aircher_cli.picker.view.selection import (
    all_rows,
    first_choice,
    move,
    next_favourite,
    select_row,
)


def group(names: str, *, default: str = "", favourites: str = "") -> Group:
    rows = tuple(
        Row(n, "model", "p", n, Mark.READY, is_default=n == default, is_favourite=n in favourites)
        for n in names
    )
    return Group("group", rows)


@pytest.mark.parametrize(
    ("selected", "old", "new", "expected"),
    [
        ("b", ["abc"], ["cba"], "b"),  # it is still there
        ("b", ["abc"], ["ac"], "c"),  # the next one below
        ("c", ["ab", "c"], ["ab"], "b"),  # the last one: the next above
        ("b", ["abc"], ["xyz"], "y"),  # nothing is left: the same place
        ("c", ["abc"], ["x"], "x"),
        ("b", ["abc"], [""], ""),
        ("", [], ["ab"], "a"),
        ("z", ["abc"], ["ab"], "a"),
    ],
)
def test_a_row_that_vanishes_leaves_the_selection_near(selected, old, new, expected):
    """The user does not lose the place in the list."""
    found = select_row(selected, [group(each) for each in old], [group(each) for each in new])
    assert found == expected


NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True).map("".join)


@given(NAMES, NAMES, st.sampled_from("abcdefgh") | st.just(""))
def test_the_selection_is_always_a_row(old, new, selected):
    """Never a heading, never a row that is gone; nothing only if there is nothing."""
    found = select_row(selected, [group(old)], [group(""), group(new)])
    assert found in new if new else not found
    if selected and selected in new:
        assert found == selected


@given(NAMES, st.integers(-20, 20), st.sampled_from("abcdefgh"))
def test_moving_stays_in_the_list(names, steps, selected):
    """The ends stop."""
    found = move(selected, [group(names[:3]), group(names[3:])], steps)
    assert found in names if names else not found


def test_the_default_is_selected_at_first():
    """Enter at once changes nothing."""
    assert first_choice([group("abc", default="b")]) == "b"
    assert first_choice([group(""), group("abc")]) == "a"
    assert first_choice([]) == ""


def test_a_key_steps_through_the_favourites():
    """After the last one it begins again."""
    groups = [group("abc", favourites="ac"), group("d")]
    assert [next_favourite(name, groups) for name in "abcd"] == ["c", "c", "a", "a"]
    assert next_favourite("d", [group("d")]) == "d"


def test_rows_are_those_of_all_groups():
    """Headings are not rows."""
    assert [row.name for row in all_rows([group("ab"), group(""), group("c")])] == ["a", "b", "c"]
