import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.picker.view.listing.typing_errors import is_near, near_words

KNOWN = {"claude", "gpt", "mini", "minimax", "sonnet", "flash"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("calude", {"claude"}),  # swapped
        ("claode", {"claude"}),  # wrong
        ("claued", {"claude"}),
        ("sonet", {"sonnet"}),  # missing
        ("sonnnet", {"sonnet"}),  # too much
        ("osnnet", {"sonnet"}),
        ("gtp", {"gpt"}),
        ("sonn", {"sonne"}),  # not complete yet
        ("minj", {"mini"}),
        ("xsonnet", set()),  # the first letter
        ("gpx", set()),  # too short for anything but a swap
        ("g", set()),
        ("", set()),
        ("4o", set()),
    ],
)
def test_one_typing_error(typed, meant):
    """Known words are found, and their beginnings."""
    found = near_words(typed, KNOWN)
    assert meant <= found
    assert bool(found) is bool(meant)


@given(st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_nearness_has_no_direction(one, other):
    """What is missing in one word is too much in the other."""
    assert is_near(one, other) == is_near(other, one)
