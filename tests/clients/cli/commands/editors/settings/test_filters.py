"""Editors that send text through a program; tests/e2e/tools runs Vim's settings."""

import tomllib

from aircher_cli.commands.editors.models import Model
from aircher_cli.commands.editors.settings.block import Place
from aircher_cli.commands.editors.settings.filters import helix, kakoune, lsp_ai, vim

PLACE = Place("http://u", "TOKEN", "", (Model("a", "A"),), program="/my bin/aircher-cli")


def test_vim_quotes_the_program():
    """For the shell, and for Vim."""
    assert "'''/my bin/aircher-cli'' ask --no-keep -m a -s ''Change" in vim(PLACE).text


def test_kakoune_quotes_the_program():
    """For the shell, and for Kakoune; the instruction is a variable of the shell."""
    text = kakoune(PLACE).text
    assert "| ''/my bin/aircher-cli'' ask --no-keep -m a -s ''Change" in text
    assert '"$kak_opt_aircher_instruction"); then printf' in text


def test_helix_types_the_command():
    """And leaves the cursor between the quotes of the instruction, in both modes."""
    keys = tomllib.loads(helix(PLACE).text)["keys"]
    macro = keys["normal"]["space"]["i"]
    assert macro.startswith("@|'/my bin/aircher-cli' ask --no-keep -m a -s 'Change")
    assert macro.endswith("fences.' ''<left>")
    assert keys["select"] == keys["normal"]


def test_lsp_ai_stays_within_the_window():
    """And completes nothing: it would ask at every key."""
    config = tomllib.loads(lsp_ai(PLACE).text)["language-server"]["lsp-ai"]["config"]
    assert config["chats"][0]["parameters"] == {"max_context": 100_000, "max_tokens": 8_000}
    assert "completion" not in config
