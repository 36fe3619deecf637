"""Bars."""

import pytest

from aircher_cli.render.bars import bar, gauge


@pytest.mark.parametrize(
    ("share", "blocks", "ascii_"),
    [
        (0.0, "", ""),
        (0.001, "▏", "#"),
        (0.5, "████", "####"),
        (0.55, "████▌", "#####"),
        (1.0, "████████", "########"),
        (7.0, "████████", "########"),
        (-1.0, "", ""),
    ],
)
def test_bar(share: float, blocks: str, ascii_: str) -> None:
    """The smallest bar is an eighth of a block; a share above 0 is always visible."""
    assert blocks == bar(share, 8, has_unicode=True)
    assert ascii_ == bar(share, 8, has_unicode=False)


@pytest.mark.parametrize(
    ("share", "blocks", "ascii_"),
    [
        (0.0, "░░░░", "...."),
        (0.99, "███░", "###."),
        (1.0, "████", "####"),
        (1.2, "████", "####"),
    ],
)
def test_gauge(share: float, blocks: str, ascii_: str) -> None:
    """A gauge has exactly the requested width, and is full only from a share of 1."""
    assert blocks == gauge(share, 4, has_unicode=True)
    assert ascii_ == gauge(share, 4, has_unicode=False)
