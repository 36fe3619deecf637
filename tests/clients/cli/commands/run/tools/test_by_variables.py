"""What tools are given that take variables."""

from aircher_cli.commands.run.tools.by_variables import aider, every_variable
from aircher_cli.commands.run.tools.recipe import Door

DOOR = Door("http://127.0.0.1:7", "TOKEN", "sonnet", provider="anthropic")


def test_a_script_gets_what_all_sdks_understand():
    """With the version in the URL only where they want it."""
    found = every_variable(DOOR, {}).variables
    with_version = {name for name, value in found.items() if value.endswith("/v1")}
    assert with_version == {"OPENAI_BASE_URL", "OPENAI_API_BASE"}
    assert found["ANTHROPIC_BASE_URL"] == found["OLLAMA_HOST"] == "http://127.0.0.1:7"
    assert "GOOGLE_API_KEY" not in found  # google-genai warns where there are two


def test_aider_names_the_api_before_the_model():
    """As LiteLLM wants it."""
    assert aider(DOOR, {}).models["AIDER_MODEL"] == "anthropic/sonnet"
    assert aider(DOOR._replace(provider="x"), {}).models["AIDER_MODEL"] == "openai/sonnet"
