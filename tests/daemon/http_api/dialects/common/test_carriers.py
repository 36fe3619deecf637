"""Signatures of other models, in a form that clients keep."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.http_api.dialects.common.carriers import (
    MARK,
    MAX_CARRIED,
    Carried,
    carried,
    carry,
)


@given(st.text(min_size=1, max_size=40), st.lists(st.none() | st.text(max_size=40), max_size=3))
def test_what_is_carried_comes_back(origin: str, values: list[str | None]) -> None:
    """With its origin and its kind, in characters that a signature may have."""
    text = carry(origin, "r", *values)

    assert text is not None
    assert MARK in text.encode()
    assert text.isascii()
    assert carried(text) == Carried(origin, "r", tuple(values))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EpkBCkYIBxgCKkA",
        "air1.",
        "air1.!!!!",
        "air1.eyJhIjoxfQ==",
        "air1.W10=",
        "air1.WyJhIl0=",
    ],
)
def test_other_signatures_are_no_carriers(text: str) -> None:
    """Another vendor's, and one that was cut or changed."""
    assert carried(text) is None


def test_what_is_too_large_is_left_out() -> None:
    """Clients would send it back each time."""
    assert carry("p/m", "o", "x" * (MAX_CARRIED + 1)) is None


def test_halves_of_characters_are_not_carried() -> None:
    """They would not come back as they were."""
    assert carry("p/m", "r", "\ud83d") is None
