"""All editors and plugins."""

import pytest

from aircher_cli.commands.editors.models import Model
from aircher_cli.commands.editors.settings.block import TOKEN_HERE, Place, Server
from aircher_cli.commands.editors.settings.table import (
    EDITORS,
    FOLDERS,
    OTHER_NAMES,
    PORT,
    SOCKET,
    find_editor,
)

PLACE = Place(
    "http://127.0.0.1:8137",
    TOKEN_HERE,
    "/run/http.sock",
    (Model('odd"name\n', "Odd 'title'\\"), Model("b", "B")),
    (Server("agent", "Agent", ("/bin/aircher-cli", "run", "--", "agent")),),
    "/bin/aircher-cli",
    "/folder",
)


@pytest.mark.parametrize("editor", EDITORS.values(), ids=lambda editor: editor.name)
def test_settings_have_what_the_editor_needs(editor):
    """The URL and the token, or the socket; no line that a name of a model could have begun."""
    block = editor.make(PLACE)
    assert block.file
    assert (PLACE.url in block.text) == (editor.needs == PORT)
    assert (PLACE.socket in block.text) == (editor.needs == SOCKET)
    assert not block.text.endswith("\n")
    if block.language != "text":
        assert "name\n" not in block.text


@pytest.mark.parametrize("editor", [each for each in EDITORS.values() if each.make_agents])
def test_agents_are_started_by_run(editor):
    """With all words of the command."""
    text = editor.make_agents(PLACE).text
    assert all(word in text for word in ("/bin/aircher-cli", "run", "--", "agent"))


def test_folders_are_of_editors():
    """Those that have a plugin of aircher's own."""
    assert set(FOLDERS) == {each.name for each in EDITORS.values() if each.needs == "plugin"}


@pytest.mark.parametrize(
    ("written", "name"),
    [("nvim", "neovim"), ("Zed", "zed"), ("IntelliJ", "jetbrains"), ("avante.nvim", "avante")],
)
def test_other_names(written, name):
    """People write what they start, or what the repository is called."""
    found = find_editor(written)
    assert found is not None
    assert found.name == name


def test_other_names_lead_to_editors():
    """And none hides an editor."""
    assert set(OTHER_NAMES.values()) <= set(EDITORS)
    assert not set(OTHER_NAMES) & set(EDITORS)
    assert find_editor("nano") is None
