"""What coding agents are given."""

import json

from aircher_cli.commands.run.tools.agents import claude, codex, copilot, goose, opencode
from aircher_cli.commands.run.tools.recipe import Door

OPENAI = Door("http://127.0.0.1:7", "TOKEN", "gpt", provider="openai")
ANTHROPIC = Door("http://127.0.0.1:7", "TOKEN", "sonnet", provider="anthropic")


def test_claude_has_one_model_for_all_kinds():
    """And no key beside the token, with which it would ask the user."""
    setup = claude(ANTHROPIC, {})
    assert setup.variables["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:7"
    assert setup.variables["ANTHROPIC_API_KEY"] == ""
    assert set(setup.models.values()) == {"sonnet"}
    assert len(setup.models) == 5


def test_codex_is_set_up_by_arguments_alone():
    """As TOML; the token comes from a variable, also for its adapter for editors."""
    setup = codex(OPENAI, {})
    pairs = dict(word.split("=", 1) for word in setup.arguments[1::2])
    assert set(setup.arguments[::2]) == {"-c"}
    assert pairs["model_providers.aircher.base_url"] == '"http://127.0.0.1:7/v1"'
    assert pairs["model_providers.aircher.supports_websockets"] == "false"
    assert pairs["model"] == '"gpt"'
    assert setup.variables["AIRCHER_TOKEN"] == "TOKEN"
    without = codex(OPENAI._replace(model=""), {}).arguments
    assert not any(word.startswith("model=") for word in without)


def test_codex_in_an_editor_is_set_up_by_json():
    """What the user has there stays, but no other provider."""
    own = {"sandbox_mode": "read-only", "model": "mine", "model_providers": {"mine": {}}}
    setup = codex(OPENAI, {"CODEX_CONFIG": json.dumps(own)})
    config = json.loads(setup.variables["CODEX_CONFIG"])
    assert (config["sandbox_mode"], config["model"]) == ("read-only", "gpt")
    assert list(config["model_providers"]) == ["aircher"]
    provider = config["model_providers"]["aircher"]
    assert (provider["base_url"], provider["env_key"]) == ("http://127.0.0.1:7/v1", "AIRCHER_TOKEN")
    assert setup.variables["MODEL_PROVIDER"] == config["model_provider"] == "aircher"
    kept = codex(OPENAI._replace(model=""), {"CODEX_CONFIG": json.dumps(own)})
    assert json.loads(kept.variables["CODEX_CONFIG"])["model"] == "mine"


def test_tools_of_several_apis_speak_that_of_the_provider():
    """So that nothing has to be translated."""
    assert copilot(OPENAI, {}).variables["COPILOT_PROVIDER_BASE_URL"].endswith("/v1")
    assert copilot(ANTHROPIC, {}).variables["COPILOT_PROVIDER_TYPE"] == "anthropic"
    assert goose(OPENAI, {}).variables["OPENAI_HOST"] == "http://127.0.0.1:7"
    assert goose(ANTHROPIC, {}).variables["GOOSE_PROVIDER"] == "anthropic"


def test_opencode_keeps_what_the_user_has_inline():
    """Only our provider and the models are added."""
    own = {"theme": "x", "provider": {"mine": {}}}
    setup = opencode(ANTHROPIC, {"OPENCODE_CONFIG_CONTENT": json.dumps(own)})
    config = json.loads(setup.variables["OPENCODE_CONFIG_CONTENT"])
    assert (config["theme"], config["model"]) == ("x", "aircher/sonnet")
    assert set(config["provider"]) == {"mine", "aircher"}
    assert config["provider"]["aircher"]["options"]["apiKey"] == "{env:AIRCHER_TOKEN}"
    assert "TOKEN" not in json.dumps(config).replace("AIRCHER_TOKEN", "")
    broken = opencode(OPENAI, {"OPENCODE_CONFIG_CONTENT": "{"})
    assert json.loads(broken.variables["OPENCODE_CONFIG_CONTENT"])["model"] == "aircher/gpt"
