"""Editors with a chat of their own; tests/e2e/tools asks with their settings."""

import json

import yaml

from aircher_cli.commands.editors.models import Model
from aircher_cli.commands.editors.settings.block import Place, Server
from aircher_cli.commands.editors.settings.chats import (
    cline,
    continue_,
    jetbrains,
    jetbrains_agents,
    sublime,
    vscode,
    zed,
    zed_agents,
)

MODEL = Model("a", "A: b", 100_000, 60_000, images=True)
SERVER = Server("agent", "Agent", ("aircher-cli", "run", "--", "agent"))
PLACE = Place("http://u", "TOKEN", "", (MODEL, Model("b", "B")), (SERVER,))


def test_no_token_is_in_the_settings_of_zed():
    """It keeps keys elsewhere."""
    assert "TOKEN" not in zed(PLACE).text
    assert "AIRCHER_API_KEY" in zed(PLACE).hints[0]


def test_input_and_output_fit_into_the_window_in_vscode():
    """It adds them up."""
    model = json.loads(vscode(PLACE).text)[0]["models"][0]
    assert (model["maxInputTokens"], model["maxOutputTokens"]) == (50_000, 50_000)


def test_titles_are_quoted_in_continue():
    """A colon would begin a map."""
    models = yaml.safe_load(continue_(PLACE).text)["models"]
    assert [model["name"] for model in models] == ["A: b (aircher)", "B (aircher)"]
    assert models[0]["capabilities"] == ["image_input"]


def test_forms_have_all_names():
    """The default in its field, the others below."""
    for block in (jetbrains(PLACE), cline(PLACE)):
        assert block.text.splitlines()[-1].split() == ["b"]
    alone = PLACE._replace(models=(MODEL,))
    assert "Other" not in jetbrains(alone).text + cline(alone).text


def test_agents():
    """Zed has a type for them."""
    expected = {"command": "aircher-cli", "args": ["run", "--", "agent"]}
    entry = json.loads(zed_agents(PLACE).text)["agent_servers"]["Agent"]
    assert entry == {"type": "custom", **expected}
    entry = json.loads(jetbrains_agents(PLACE).text)["agent_servers"]["Agent"]
    assert entry == {**expected, "env": {}}


def test_sublime_has_the_token_for_each_model():
    """Beside other assistants of the user."""
    assistants = json.loads(sublime(PLACE).text)["assistants"]
    assert [each["token"] for each in assistants] == ["TOKEN", "TOKEN"]
