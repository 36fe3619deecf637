"""What Textual draws of the lines."""

import pytest
from rich.cells import cell_len

from aircher_cli.picker.screen.canvas import STYLES, printable, strip_of, style_of
from aircher_cli.render.marks import Mark


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x07", "?[31mred?"),
        ("a\u202eb\u200bc", "a?b?c"),
        ("模 é ✓", "模 é ✓"),
        ("a\nb\tc", "a?b?c"),
        ("\udcff", "?"),
    ],
)
def test_nothing_reaches_the_terminal_that_does_not_print(text: str, expected: str) -> None:
    """Controls, bidirectional marks and broken characters of a server become question marks."""
    assert expected == printable(text)


@pytest.mark.parametrize("width", [0, 1, 5, 40])
def test_strip_has_exactly_the_width(width: int) -> None:
    """A line is cut or filled to the width, also in the middle of a wide character."""
    strip = strip_of([("模型", "good"), ("", "bad"), (" rest", "")], width)
    assert width == strip.cell_length == cell_len(strip.text)


def test_every_state_has_a_style_that_is_known() -> None:
    """The styles of the states can be drawn."""
    assert {mark.style for mark in Mark} <= {*STYLES, ""}


def test_unknown_styles_are_ignored() -> None:
    """A style without a drawing is plain text."""
    assert not style_of("no-such-style")
    assert style_of("").bold is None
    assert style_of("bold unknown").bold


def test_colours_are_those_of_the_terminal() -> None:
    """Only the 16 colours of the terminal's theme are used: it may be a light one."""
    numbers = [style.color.number for style in STYLES.values() if style.color]
    assert numbers
    assert max(number or 0 for number in numbers) < 16
