"""Neovim's plugins; tests/e2e/tools runs the settings in Neovim."""

import pytest

from aircher_cli.commands.editors.models import Model
from aircher_cli.commands.editors.settings.block import Place, Server
from aircher_cli.commands.editors.settings.neovim import (
    avante,
    codecompanion_agents,
    gp,
    neovim,
)
from aircher_cli.exit_codes import CommandFailed

PLACE = Place("http://127.0.0.1:1", "TOKEN", "/s", (Model("a", "A"), Model("b", "B", tools=True)))


def test_own_plugin():
    """Its folder, whatever it is called."""
    text = neovim(PLACE._replace(folder='/a "b"/nvim')).text
    assert text.splitlines() == [
        'vim.opt.runtimepath:append("/a \\"b\\"/nvim")',
        'require("aircher").setup()',
    ]


def test_an_installation_without_the_plugin():
    """The message says where else it is."""
    with pytest.raises(CommandFailed, match=r"docs/editors/neovim\.md"):
        neovim(PLACE)


def test_avante_has_a_provider_for_each_model():
    """The first one has the plain name, and is the one that is used."""
    text = avante(PLACE).text
    assert 'provider = "aircher",' in text
    assert '["aircher-2"] = {' in text
    assert text.count("disable_tools = true") == 1


def test_agents_extend_the_adapters_that_codecompanion_has():
    """They keep it from signing in to their own service; the first one is for chats."""
    servers = (Server("claude", "C", ("run", "c")), Server("codex", "X", ("run", "x")))
    text = codecompanion_agents(PLACE._replace(servers=servers)).text
    assert "aircher_claude = function()" in text
    assert '.extend("claude_code", {' in text
    assert '.extend("codex", {' in text
    assert text.count("auth = function() return true end") == 2
    assert 'adapter = "aircher_claude"' in text


def test_gp_has_two_agents_for_each_model():
    """One to chat with, one for commands."""
    text = gp(PLACE).text
    assert text.count("chat = true") == text.count("command = true") == 2
    assert 'default_command_agent = "aircher command a"' in text
