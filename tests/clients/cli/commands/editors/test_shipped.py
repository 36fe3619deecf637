"""Where the files of aircher's own plugins are. tests/e2e/packaging looks into the wheel."""

from pathlib import Path

import pytest

from aircher_cli.commands.editors import shipped

ROOT = Path(__file__).parents[5]


@pytest.mark.parametrize("editor", ["nvim", "emacs"])
def test_a_checkout_has_them(editor):
    """Those of the program that runs."""
    assert shipped.shipped_folder(editor) == str(ROOT / "clients" / editor)


def test_an_installation_without_them(monkeypatch):
    """Nothing is guessed."""
    monkeypatch.setattr(shipped, "MARKS", {"nvim": "plugin/none.lua"})
    assert shipped.shipped_folder("nvim") is None
