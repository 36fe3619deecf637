"""The help of the picker."""

import pytest

from aircher_cli.picker.screen.help_text import help_lines
from aircher_cli.picker.screen.keys import KEYS
from aircher_cli.render.marks import Mark


def text(width: int) -> str:
    return "\n".join("".join(piece for piece, _ in line) for line in help_lines(width))


def test_help_has_every_key_and_every_state() -> None:
    """Each key and each state is explained."""
    found = text(100)
    assert not [key.name for key in KEYS if f"{key.name} " not in found]
    assert not [mark.word for mark in Mark if f"{mark.symbol} {mark.word} " not in found]


@pytest.mark.parametrize("width", [22, 30, 38, 60, 100])
def test_help_fits(width: int) -> None:
    """No line is wider than the screen."""
    assert max(len(line) for line in text(width).splitlines()) <= width
