"""`aircher-cli editors`: what is printed where."""

import json

import pytest

from helpers.daemon.cli import run_cli

MODELS = {
    "models": [
        {
            "provider": "work",
            "model": "big",
            "state": "authenticated",
            "window": 400_000,
            "tools": True,
        }
    ],
    "default": "work/big",
}
LISTED = {"tokens": [], "socket": "/run/http.sock", "url": "http://127.0.0.1:8137"}
TOKEN = "ak-air-" + "x" * 32


@pytest.fixture
def editors(daemon):
    """Run the command against a daemon with a model and a port."""
    daemon.answers["models.list"] = MODELS
    daemon.answers["token.list"] = LISTED
    daemon.answers["token.create"] = {"token": TOKEN}
    return lambda *words: run_cli(daemon.environ, "editors", *words)


def test_the_list(editors, daemon):
    """The daemon is not needed for it."""
    outcome = editors()
    assert outcome.code == 0
    assert "· zed " in outcome.out
    assert daemon.methods == []
    rows = json.loads(editors("--json").out)["editors"]
    assert {"editor": "zed", "needs": "port", "agents": True}.items() <= rows[3].items()


def test_settings_are_alone_on_standard_output(editors):
    """They can be redirected; the token is said where they have none."""
    outcome = editors("zed")
    assert json.loads(outcome.out)["language_models"]
    assert TOKEN not in outcome.out
    assert f"the token, which is not shown again: {TOKEN}" in outcome.err
    assert "for ~/.config/zed/settings.json" in outcome.err


def test_a_token_in_the_settings_is_not_said_twice(editors):
    """Once is enough."""
    outcome = editors("continue")
    assert TOKEN in outcome.out
    assert TOKEN not in outcome.err
    assert "not shown again: let no one else read them" in outcome.err


def test_json_has_the_same(editors):
    """For programs."""
    found = json.loads(editors("gptel", "--json").out)
    assert (found["editor"], found["language"], found["socket"]) == (
        "gptel",
        "elisp",
        "/run/http.sock",
    )
    assert found["models"][0]["name"] == "work/big"
    assert "token" not in found
    assert json.loads(editors("zed", "--json").out)["token"] == TOKEN
    assert "token" not in json.loads(editors("zed", "--json", "--no-token").out)


def test_agents_need_no_daemon(editors, daemon):
    """Nor a port or a token."""
    outcome = editors("jetbrains", "--agent", "claude", "--agent", "codex", "--models", "big")
    servers = json.loads(outcome.out)["agent_servers"]
    assert list(servers) == ["Claude Code (aircher)", "Codex (aircher)"]
    arguments = servers["Codex (aircher)"]["args"]
    assert arguments[:4] == ["run", "-m", "big", "--"]
    assert arguments[4].endswith("codex-acp")
    assert daemon.methods == []


def test_own_plugins_need_no_daemon(editors, daemon):
    """Two lines each."""
    assert len(editors("neovim").out.splitlines()) == 2
    assert len(editors("emacs").out.splitlines()) == 2
    assert daemon.methods == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["zedd"], "did you mean zed?"),
        (["zed", "--agent", "clude"], "did you mean claude?"),
        (["vim", "--agent", "claude"], "vim starts no agents; these do: zed, "),
        (["vim", "--port", "8137"], "--port: vim needs no port"),
        (["gptel", "--new-token"], "--new-token: gptel needs no port and no token"),
        (["zed", "--agent", "claude", "--port", "8137"], "--port: an agent needs no port"),
        (["neovim", "--models", "big"], "--models: aircher's own plugin lets you choose"),
        (["vim", "--models", "big,small"], "--models: the settings of vim have no list"),
        (["emacs", "--all"], "--all: the settings of emacs have no list"),
        (["--port", "8137"], "--port: for which editor?"),
        (["zed", "--port", "65536"], "must be at most 65535"),
        (["zed", "--models", "bog"], "there is no model bog"),
        (["zed", "--new-token", "--no-token"], "not allowed with"),
        (["zed", "--port", "0"], "--port"),
    ],
)
def test_mistakes(editors, words, said):
    """Each says what was meant."""
    outcome = editors(*words)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err


def test_without_a_model(editors, daemon):
    """There is nothing to tell the editor."""
    daemon.answers["models.list"] = {"models": []}
    outcome = editors("zed")
    assert outcome.code == 1
    assert "no model can be asked now" in outcome.err
    assert "token.create" not in daemon.methods


def test_without_a_key(editors, daemon):
    """The error is that of a request: with a command that helps, and as data."""
    daemon.answers["models.list"] = {"models": []}
    needed = {"provider": "work", "state": "not_configured", "needed": True}
    found = {"providers": [needed], "environment": []}
    daemon.answers["route.explain"] = {"candidates": [], "sign_in": found}
    outcome = editors("zed")
    assert outcome.code == 4
    assert "Run this first:\n  aircher-cli auth login work\n" in outcome.err
    assert json.loads(editors("zed", "--json").out)["error"]["data"]["sign_in"] == found


def test_a_long_list(editors, daemon):
    """How to get a shorter one is said."""
    rows = [{**MODELS["models"][0], "model": str(number)} for number in range(31)]
    daemon.answers["models.list"] = {"models": rows}
    outcome = editors("gptel")
    assert "these are 31 models; for fewer: --models NAME,NAME" in outcome.err
    assert "these are" not in editors("gptel", "--models", "work/1").err


def test_a_window_that_is_not_known(editors, daemon):
    """It is assumed, and that is said."""
    daemon.answers["models.list"] = {"models": [{**MODELS["models"][0], "window": None}]}
    assert "the windows of work/big are not known" in editors("gptel").err
    assert "windows" not in editors("codecompanion").err


def test_an_editor_that_runs_the_command_line_asks_the_chosen_model(editors, daemon):
    """Its settings are made without the daemon; without a choice it is the default."""
    assert " ask --no-keep -m work/big -s " in editors("vim", "--models", "work/big").out
    assert " ask --no-keep -s " in editors("vim").out
    assert daemon.methods == []


def test_programs_get_what_is_to_be_done(editors, daemon):
    """A closed port, for example, is no line on standard error."""
    daemon.answers["token.list"] = {"tokens": [], "socket": "/run/http.sock"}
    (note,) = json.loads(editors("zed", "--json").out)["notes"]
    assert note.startswith("no port is open yet")
