"""The width of characters on a terminal."""

import pytest

from aircher_cli.render.answer.cells import cell_width, is_wide


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("abc", 3),
        ("中文", 4),
        ("e\u0301", 1),
        ("한글", 4),
        ("\u200b", 0),
        ("😀", 2),
        ("é", 1),
        ("", 0),
    ],
)
def test_width(text: str, cells: int) -> None:
    """Wide characters take two cells, accents and invisible characters none."""
    assert cell_width(text) == cells


def test_wide() -> None:
    """Full-width forms are wide, half-width ones are not."""
    assert is_wide("Ａ")  # noqa: RUF001 - a full-width letter
    assert not is_wide("A")
