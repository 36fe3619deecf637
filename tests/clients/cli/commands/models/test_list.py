"""`aircher-cli models list`."""

import json

import pytest

from aircher_cli.commands.models.list import select_models
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map

SONNET: Map = {
    "provider": "anthropic",
    "model": "claude-sonnet-5",
    "tools": True,
    "images": True,
    "state": "authenticated",
    "is_default": True,
}
GPT: Map = {"provider": "openai", "model": "gpt-5.5", "tools": True, "state": "not_configured"}
LLAMA: Map = {"provider": "ollama", "model": "llama3.2", "state": "not_required"}


def listed(daemon: CliDaemon, *models: Map, lists: object = ()) -> None:
    daemon.answers["models.list"] = {"models": list(models), "aliases": [], "lists": list(lists)}  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("models", "every", "signed_in", "expected"),
    [
        ([SONNET, GPT, LLAMA], False, False, [SONNET, LLAMA]),
        ([SONNET, GPT, LLAMA], True, False, [SONNET, GPT, LLAMA]),
        ([GPT], False, False, [GPT]),
        ([GPT], False, True, []),
    ],
)
def test_choose(models: list[Map], every: bool, signed_in: bool, expected: list[Map]) -> None:
    """Those that answer now; where there are none the others, unless asked for strictly."""
    assert expected == select_models(models, every=every, signed_in=signed_in)


def test_what_is_left_out_is_counted(daemon: CliDaemon) -> None:
    """The table on standard output, how to see more on standard error."""
    listed(daemon, SONNET, GPT, LLAMA)
    outcome = run_cli(daemon.environ, "models", "list")
    assert outcome.out.splitlines() == [
        "✓ anthropic/claude-sonnet-5 *  ?  ?  tools images",
        "⌂ ollama/llama3.2              ?  ?  ?",
    ]
    assert outcome.err == "1 more from providers you are not signed in to; show them with --all\n"
    assert outcome.code == 0


def test_filters(daemon: CliDaemon) -> None:
    """Names are the daemon's to compare; abilities are compared here, and unknown ones reported."""
    listed(daemon, SONNET, GPT, LLAMA)
    words = ("--tools", "--images", "--provider", "x", "--all", "son", "5")
    outcome = run_cli(daemon.environ, "models", "list", *words)
    assert outcome.out == "✓ anthropic/claude-sonnet-5 *  ?  ?  tools images\n"
    assert outcome.err == "2 models left out: their abilities are unknown\n"
    assert daemon.params_of("models.list") == {"provider": "x", "query": "son 5", "all": True}


def test_no_provider_is_signed_in(daemon: CliDaemon) -> None:
    """A newcomer sees what there is, and what to do."""
    listed(daemon, GPT)
    outcome = run_cli(daemon.environ, "models", "list")
    assert outcome.out.startswith("○ openai/gpt-5.5")
    assert outcome.err == "you are not signed in to openai: aircher-cli auth login openai\n"


@pytest.mark.parametrize("state", ["rejected", "locked", "refused"])
def test_a_key_that_cannot_be_used_is_not_called_a_missing_one(
    daemon: CliDaemon, state: str
) -> None:
    """The user is signed in, but another key is needed, or an unlocked keyring."""
    listed(daemon, SONNET, {**GPT, "state": state})
    outcome = run_cli(daemon.environ, "models", "list")
    assert outcome.err == "1 more from providers that cannot be used now; show them with --all\n"


@pytest.mark.parametrize(
    ("words", "is_advised"), [((), True), (("gpt",), False), (("--provider", "lab"), False)]
)
def test_no_model_is_known_without_a_key(
    daemon: CliDaemon, words: tuple[str, ...], is_advised: bool
) -> None:
    """A newcomer with servers that only list models for a key sees what to do."""
    listed(daemon)
    needed = {"provider": "lab", "state": "not_configured", "needed": True}
    command = {"command": "aircher-cli auth login lab"}
    daemon.answers["route.explain"] = {"sign_in": {"providers": [needed | command]}}
    outcome = run_cli(daemon.environ, "models", "list", *words)
    assert ("aircher-cli auth login lab" in outcome.err) is is_advised
    assert ("no model matches" in outcome.err) is not is_advised


def test_nothing_fits(daemon: CliDaemon) -> None:
    """An empty list is no failure, and no riddle."""
    listed(daemon)
    outcome = run_cli(daemon.environ, "models", "list", "xyzzy")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.startswith("no model matches")


@pytest.mark.parametrize(
    ("provider", "words", "row", "expected"),
    [
        ("ollama", (), {"fetched_at": 1.0}, "ollama has no models yet: get one with 'ollama pull"),
        ("lab", (), {"fetched_at": 1.0}, "lab has no models yet\n"),
        ("lab", ("x",), {"fetched_at": 1.0}, "no model matches"),
        ("lab", (), {"fetched_at": 1.0, "error": "down"}, "no model matches"),
        ("lab", (), {}, "no model matches"),
        ("ollama", (), {"is_absent": True}, "ollama is not running: start it with 'ollama serve'"),
        ("lab", ("x",), {"is_absent": True}, "lab is not running\n"),
    ],
)
def test_a_provider_without_models(
    daemon: CliDaemon, provider: str, words: tuple[str, ...], row: Map, expected: str
) -> None:
    """Why there are none: the list was fetched and is empty, or the server does not run."""
    listed(daemon, lists=[{"provider": provider, **row}])
    outcome = run_cli(daemon.environ, "models", "list", "--provider", provider, *words)
    assert outcome.err.startswith(expected)
    assert outcome.code == 0


def test_a_list_that_could_not_be_fetched_is_reported(daemon: CliDaemon) -> None:
    """Whose, and why."""
    listed(daemon, SONNET, lists=[{"provider": "work", "error": "connection refused"}])
    assert run_cli(daemon.environ, "models", "list").err == "work: connection refused\n"


def test_json(daemon: CliDaemon) -> None:
    """What the daemon says, with the models that were chosen."""
    listed(daemon, SONNET, GPT)
    outcome = run_cli(daemon.environ, "models", "list", "--json")
    assert json.loads(outcome.out) == {"models": [SONNET], "aliases": [], "lists": []}
    assert outcome.err == ""


def test_a_terminal_gets_a_legend(daemon: CliDaemon) -> None:
    """A script has no use for it."""
    listed(daemon, SONNET)
    outcome = run_cli({**daemon.environ, "NO_COLOR": "1"}, "models", "list", terminal=True)
    assert "* the default" in outcome.err
