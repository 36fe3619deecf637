"""Form B, with keys in plain text."""

import pytest

from aircher_cli.commands.migrate.old_files.configs import read_old_config
from helpers.old_aircher.samples import FORM_B, PLAIN_CLAUDE, PLAIN_OPENROUTER


def read(text=FORM_B):
    return read_old_config(text.encode(), "old.toml")


def test_reads_every_value():
    """Keys, servers and models are read; the other sections are listed."""
    config = read()
    assert config.form == "b"
    assert {n: p.api_key for n, p in config.providers.items()} == {
        "claude": PLAIN_CLAUDE,
        "openrouter": PLAIN_OPENROUTER,
        "ollama": "",
    }
    assert not config.providers["openrouter"].is_enabled
    assert [n.subject for n in config.notes] == ["[embedding]", "[search]", "[ui]", "[session]"]


@pytest.mark.parametrize(
    ("text", "default"),
    [
        (FORM_B, ("claude", "claude-3-5-sonnet-20241022")),
        (FORM_B.replace(PLAIN_CLAUDE, ""), ("ollama", "llama3.3")),
        ('[providers.x]\ndefault_model = "m"\n', ("", "")),
        ('[providers.x]\napi_key = "k"\ndefault_model = "m"\n', ("x", "m")),
    ],
)
def test_the_default_is_the_one_the_program_chose(text, default):
    """Claude if it has a key, else the first provider that can be used."""
    config = read(text)
    assert (config.default_provider, config.default_model) == default
