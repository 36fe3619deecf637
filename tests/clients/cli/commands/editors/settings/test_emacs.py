"""Emacs; tests/e2e/tools runs the settings in Emacs."""

import pytest

from aircher_cli.commands.editors.models import Model
from aircher_cli.commands.editors.settings.block import Place
from aircher_cli.commands.editors.settings.emacs import emacs, gptel
from aircher_cli.exit_codes import CommandFailed

PLACE = Place("", "", "/s", (Model("a", "A", images=True), Model("b:8b", "B", tools=True)))


def test_own_package():
    """Its folder in the path, and the package."""
    assert emacs(PLACE._replace(folder="/a/emacs")).text.splitlines() == [
        '(add-to-list \'load-path "/a/emacs")',
        "(require 'aircher)",
    ]


def test_an_installation_without_the_package():
    """The message says where else it is."""
    with pytest.raises(CommandFailed, match=r"docs/editors/emacs\.md"):
        emacs(PLACE)


def test_gptel_knows_what_models_can_do():
    """Pictures, tools, and the window in thousands."""
    text = gptel(PLACE).text
    assert '(a :description "A" :capabilities (media) :mime-types ("image/jpeg"' in text
    assert '(b:8b :description "B" :capabilities (tool-use) :context-window 128)' in text
    assert text.endswith("(setq gptel-model 'a)")
