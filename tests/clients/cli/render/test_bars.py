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
    """An eighth of a block is the least that is seen, and something is never nothing."""
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
    """As wide as it is told to be, and full only when nothing is left."""
    assert blocks == gauge(share, 4, has_unicode=True)
    assert ascii_ == gauge(share, 4, has_unicode=False)
