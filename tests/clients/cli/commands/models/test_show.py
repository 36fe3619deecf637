"""`aircher-cli models show`."""

import json

import pytest

from aircher_cli.commands.models.show import match_models
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map, Refusal, Session

SONNET: Map = {
    "provider": "anthropic",
    "model": "claude-sonnet-5",
    "state": "authenticated",
}
FIRST: Map = {"provider": "work", "model": "llama3.2", "state": "authenticated"}
SECOND: Map = {"provider": "ollama", "model": "llama3.2", "state": "not_required"}
MODELS = [SONNET, FIRST, SECOND]
ALIASES: list[Map] = [
    {"name": "any", "routes": ["ollama/llama3.2", "work/new", "anthropic/claude-sonnet-5"]}
]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("anthropic/claude-sonnet-5", [SONNET]),
        ("any", [SECOND, {"provider": "work", "model": "new"}, SONNET]),
        ("llama3.2", [FIRST, SECOND]),
        ("claude", []),
        ("work/other", [{"provider": "work", "model": "other"}]),
    ],
)
def test_called(word: str, expected: list[Map]) -> None:
    """One in full, the routes of an alias, all of a name; never by a part of one."""
    assert expected == match_models(MODELS, ALIASES, word)


def test_each_is_shown(daemon: CliDaemon) -> None:
    """A blank line stands between two of one name."""
    daemon.answers["models.list"] = {"models": MODELS}
    outcome = run_cli(daemon.environ, "models", "show", "llama3.2")
    first, second = outcome.out.split("\n\n")
    assert first.startswith("work/llama3.2\nprovider     signed in\n")
    assert second.startswith("ollama/llama3.2\n")


def test_the_key_that_a_name_asks_for(daemon: CliDaemon) -> None:
    """The model is shown all the same; `ask` would refuse it."""
    daemon.answers["models.list"] = {"models": MODELS}
    row = {"provider": "anthropic", "key": "work", "state": "authenticated"}
    daemon.answers["auth.status"] = {"rows": [row]}
    known = run_cli(daemon.environ, "models", "show", "anthropic@work/claude-sonnet-5")
    assert (known.code, known.err) == (0, "")
    other = run_cli(daemon.environ, "models", "show", "anthropic@nope/claude-sonnet-5")
    assert (other.code, other.out) == (0, known.out)
    assert 'anthropic has no key "nope" (it has work)' in other.err


def test_json(daemon: CliDaemon) -> None:
    """The rows as the daemon has them."""
    daemon.answers["models.list"] = {"models": MODELS}
    outcome = run_cli(daemon.environ, "models", "show", "--json", "claude-sonnet-5")
    assert json.loads(outcome.out) == {"models": [SONNET]}


def test_an_unknown_model(daemon: CliDaemon) -> None:
    """The nearest is suggested, and where all of them are."""
    daemon.answers["models.list"] = {"models": MODELS}
    outcome = run_cli(daemon.environ, "models", "show", "claude-sonet-5")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith('aircher-cli: unknown model "claude-sonet-5"')
    assert outcome.err.endswith("list all models: aircher-cli models list --all\n")


def test_a_model_that_is_on_no_list(daemon: CliDaemon) -> None:
    """It is asked all the same, so what is known of it is shown, and what may have been meant."""
    old = {"provider": "anthropic", "model": "claude-sonet-5", "state": "authenticated"}

    def listing(session: Session, msgid: int, params: Map) -> object:
        return {"models": [{**old, "window": 1000}] if "model" in params else MODELS}

    daemon.answers["models.list"] = listing
    outcome = run_cli(daemon.environ, "models", "show", "anthropic/claude-sonet-5")
    assert outcome.code == 0
    assert "1,000 tokens" in outcome.out
    assert outcome.err == (
        "anthropic does not list it (did you mean anthropic/claude-sonnet-5?); you can use "
        "it nevertheless\n"
    )
    assert daemon.params_of("models.list") == {"model": "anthropic/claude-sonet-5"}


def test_a_provider_that_does_not_exist(daemon: CliDaemon) -> None:
    """What the daemon says of it is said."""

    def listing(session: Session, msgid: int, params: Map) -> object:
        if "model" in params:
            raise Refusal("unknown_model", "there is no provider 'x'")
        return {"models": MODELS}

    daemon.answers["models.list"] = listing
    outcome = run_cli(daemon.environ, "models", "show", "x/y")
    assert (outcome.code, outcome.err) == (1, "aircher-cli: there is no provider 'x'\n")
