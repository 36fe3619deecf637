"""What tools that take a file are given."""

import json

from aircher_cli.commands.run.tools.recipe import Door
from aircher_cli.commands.run.tools.with_files import (
    aichat,
    cline,
    continue_cli,
    crush,
    gemini,
    qwen,
)

DOOR = Door("http://127.0.0.1:7", "TOKEN", "sonnet", folder="/f")


def test_gemini_keeps_the_settings_of_the_system(tmp_path):
    """Only how it signs in is set."""
    own = tmp_path / "settings.json"
    own.write_text('{"security": {"auth": {"selectedType": "oauth", "x": 1}}, "ui": {}}')
    setup = gemini(DOOR, {"GEMINI_CLI_SYSTEM_SETTINGS_PATH": str(own)})
    assert setup.variables["GEMINI_CLI_SYSTEM_SETTINGS_PATH"] == "/f/gemini.json"
    assert json.loads(setup.files["gemini.json"]) == {
        "security": {"auth": {"selectedType": "gemini-api-key", "x": 1}},
        "ui": {},
    }


def test_settings_that_cannot_be_read_are_left_out(tmp_path):
    """The tool will say what is wrong with them."""
    (tmp_path / "x").write_bytes(b"\xff")
    for path in (tmp_path / "x", tmp_path / "gone", tmp_path):
        setup = qwen(DOOR, {"QWEN_CODE_SYSTEM_SETTINGS_PATH": str(path)})
        found = json.loads(setup.files["qwen.json"])
        assert found == {"security": {"auth": {"selectedType": "openai"}}}


def test_crush_gets_a_folder_without_the_users_other_providers(tmp_path):
    """They may have keys; what else is there stays."""
    (tmp_path / "crush.json").write_text('{"providers": {"o": {"api_key": "sk"}}, "lsp": {"a": 1}}')
    setup = crush(DOOR, {"CRUSH_GLOBAL_CONFIG": str(tmp_path)})
    config = json.loads(setup.files["crush.json"])
    assert setup.variables["CRUSH_GLOBAL_CONFIG"] == "/f"
    assert set(config["providers"]) == {"aircher"}
    assert config["lsp"] == {"a": 1}
    assert config["models"]["large"] == {"provider": "aircher", "model": "sonnet"}


def test_files_that_are_named_by_a_variable_or_an_argument():
    """In the folder that goes with the tool."""
    assert aichat(DOOR, {}).variables == {"AICHAT_CONFIG_FILE": "/f/aichat.yaml"}
    assert continue_cli(DOOR, {}).arguments == ("--config", "/f/config.yaml")
    assert cline(DOOR, {}).variables == {"CLINE_PROVIDER_SETTINGS_PATH": "/f/providers.json"}
    assert json.loads(aichat(DOOR, {}).files["aichat.yaml"])["model"] == "aircher:sonnet"
