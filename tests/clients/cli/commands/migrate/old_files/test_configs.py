"""Both forms of an old configuration, and files that have both or neither."""

import pytest

from aircher_cli.commands.migrate.old_files.configs import read_old_config
from helpers.old_aircher.samples import FORM_A, FORM_B, PLAIN_CLAUDE


def read(text):
    data = text if isinstance(text, bytes) else text.encode()
    return read_old_config(data, "old.toml")


def test_a_name_that_is_not_utf8_is_skipped():
    """A provider whose name cannot be read is a problem; the others are read."""
    config = read(b'[providers."a\xff"]\napi_key_env = "X"\n[providers.b]\napi_key_env = "Y"\n')
    assert list(config.providers) == ["b"]
    assert any("its name contains bytes" in note.message for note in config.notes)


def test_unknown_sections_are_reported():
    """A section that the earlier aircher did not have is a problem."""
    config = read(FORM_A + "\n[surprise]\nx = 1\n")
    assert [note.subject for note in config.notes if note.kind == "problem"] == ["[surprise]"]


@pytest.mark.parametrize("text", ["", "[x]\ny = 1\n", 'default_model = "a/b"\n'])
def test_other_files_have_no_values(text):
    """What is not of an old form is not read."""
    config = read(text)
    assert config.form not in ("a", "b", "a and b")
    assert config.providers == {}


def test_both_forms_in_one_file():
    """A key in plain text and a variable can be in one entry."""
    text = (
        '[global]\ndefault_provider = "openai"\n[providers.openai]\napi_key = "sk-canary-1"\n'
        'api_key_env = "OPENAI_API_KEY"\ndefault_model = "gpt-4o"\nenabled = true\n'
    )
    config = read(text)
    provider = config.providers["openai"]
    assert config.form == "a and b"
    assert (provider.api_key, provider.key_variable) == ("sk-canary-1", "OPENAI_API_KEY")
    assert (config.default_provider, config.default_model) == ("openai", "gpt-4o")


@pytest.mark.parametrize("wrong", [b"providers = 3\n[global]\n", b"[cost]\nprovider_limits = 3\n"])
def test_sections_of_another_type(wrong):
    """A value where a section should be is a problem, not a crash."""
    assert any(note.kind == "problem" for note in read(wrong).notes)


def test_a_bom_and_a_cut():
    """A byte order mark is ignored, and what comes before a cut is read."""
    assert read(b"\xef\xbb\xbf" + FORM_B.encode()).form == "b"
    cut = read(FORM_B[: FORM_B.index("[providers.ollama]") + 5])
    assert cut.is_partial
    assert set(cut.providers) == {"claude", "openrouter"}
    assert cut.providers["claude"].api_key == PLAIN_CLAUDE
