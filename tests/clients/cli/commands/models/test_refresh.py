"""`aircher-cli models refresh`."""

import json
import threading
import time

import pytest

from aircher_cli.commands.models import refresh as models_refresh
from aircher_cli.console import Console
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map, Session

GOOD = {"provider": "anthropic", "fetched_at": time.time()}
BAD = {"provider": "work", "error": "connection refused"}


ABSENT = {"provider": "ollama", "error": "Ollama does not run", "is_absent": True}


@pytest.mark.parametrize(
    ("lists", "code"),
    [
        ([GOOD], 0),
        ([GOOD, BAD], 1),
        ([GOOD, ABSENT], 0),
        ([GOOD, ABSENT, BAD], 1),
        ([BAD], 5),
        ([ABSENT], 5),
        ([], 0),
    ],
)
def test_lists(daemon: CliDaemon, lists: list[Map], code: int) -> None:
    """Each is reported; a failed one is a failure, except a local server that is not running."""
    daemon.answers["models.refresh"] = {"lists": lists}
    outcome = run_cli(daemon.environ, "models", "refresh")
    assert outcome.code == code
    assert [line[0] for line in outcome.out.splitlines()] == [
        "✗" if "error" in each else "✓" for each in lists
    ]


def test_models_dev_is_one_of_the_lists(daemon: CliDaemon) -> None:
    """What it knows is as good as a provider's own list."""
    public = {"error": "models.dev did not answer"}
    daemon.answers["models.refresh"] = {"lists": [GOOD], "models_dev": public}
    outcome = run_cli(daemon.environ, "models", "refresh")
    assert outcome.out.splitlines()[1] == "✗ models.dev  models.dev did not answer"


def test_one_provider_and_json(daemon: CliDaemon) -> None:
    """The one that was named is asked; a script gets the daemon's answer."""
    daemon.answers["models.refresh"] = {"lists": [GOOD]}
    outcome = run_cli(daemon.environ, "models", "refresh", "anthropic", "--json")
    assert json.loads(outcome.out) == {"lists": [GOOD]}
    assert daemon.params_of("models.refresh") == {"provider": "anthropic"}
    assert outcome.err == ""


def test_a_long_wait_is_explained(daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a moment standard error says what is waited for."""
    said = threading.Event()

    def note(console: Console, text: str) -> None:
        assert text == "aircher-cli: fetching the list of models from work ..."
        said.set()

    def refresh(session: Session, msgid: int, params: Map) -> object:
        assert said.wait(20)
        return {"lists": [GOOD]}

    monkeypatch.setattr(models_refresh, "NOTICE_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(Console, "note", note)
    daemon.answers["models.refresh"] = refresh
    assert run_cli(daemon.environ, "models", "refresh", "work").code == 0
