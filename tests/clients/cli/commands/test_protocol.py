"""`aircher-cli protocol`."""

import json

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map

DOCUMENT: Map = {
    "protocol": 1,
    "version": "7.8.9",
    "methods": {
        "ping": {
            "about": "Answer.",
            "params": {"$ref": "#/$defs/No"},
            "result": {"$ref": "#/$defs/No"},
        },
        "models.use": {
            "about": "Set it.",
            "params": {"$ref": "#/$defs/Use"},
            "result": {"$ref": "#/$defs/No"},
        },
    },
    "notifications": {
        "from_client": {"$/cancel": {"about": "Stop it.", "params": {"$ref": "#/$defs/Use"}}},
        "from_daemon": {"chat.delta": {"about": "A piece.", "params": {"$ref": "#/$defs/Use"}}},
    },
    "$defs": {
        "No": {"type": "object", "properties": {}},
        "Use": {
            "type": "object",
            "properties": {"model": {"type": "string", "description": "any name"}},
            "required": ["model"],
        },
    },
}


@pytest.fixture(autouse=True)
def _described(daemon: CliDaemon) -> None:
    daemon.answers["protocol.schema"] = {"schema": json.dumps(DOCUMENT)}


def test_all_methods(daemon: CliDaemon) -> None:
    """A line for each and for each notification, and how to see more."""
    outcome = run_cli(daemon.environ, "protocol")

    assert (outcome.code, outcome.err) == (0, "")
    head, ping, use, empty, title, delta, cancel, also_empty, more = outcome.out.splitlines()
    assert head == "protocol 1 of aircherd 7.8.9: its methods"
    assert (ping.split(), use.split()) == (["ping", "Answer."], ["models.use", "Set", "it."])
    assert (title, empty, also_empty) == ("its notifications", "", "")
    assert delta.split() == ["chat.delta", "A", "piece."]
    assert cancel.split() == ["$/cancel", "Stop", "it."]
    assert "aircher-cli protocol METHOD" in more


def test_one_method(daemon: CliDaemon) -> None:
    """Its parameters and its result."""
    outcome = run_cli(daemon.environ, "protocol", "models.use")

    assert (outcome.code, outcome.err) == (0, "")
    assert "  model text  any name\n" in outcome.out


def test_one_notification(daemon: CliDaemon) -> None:
    """Its parameters; it has no result."""
    outcome = run_cli(daemon.environ, "protocol", "$/cancel")

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "$/cancel\n  Stop it.\n\nparameters\n  model text  any name\n"
    found = json.loads(run_cli(daemon.environ, "protocol", "chat.delta", "--json").out)
    assert (found["about"], list(found["$defs"])) == ("A piece.", ["Use"])


def test_json(daemon: CliDaemon) -> None:
    """The whole description, or a method with what it refers to."""
    assert json.loads(run_cli(daemon.environ, "protocol", "--json").out) == DOCUMENT
    found = json.loads(run_cli(daemon.environ, "protocol", "models.use", "--json").out)
    assert found == {**DOCUMENT["methods"]["models.use"], "$defs": DOCUMENT["$defs"]}


def test_an_unknown_method(daemon: CliDaemon) -> None:
    """The one that was probably meant is named; what may be a key is not repeated."""
    outcome = run_cli(daemon.environ, "protocol", "models.ues")
    assert (outcome.code, outcome.out) == (1, "")
    assert "there is no method models.ues (did you mean models.use?)" in outcome.err
    assert "sk-" not in run_cli(daemon.environ, "protocol", "sk-0123456789abcdef").err


def test_an_older_daemon(daemon: CliDaemon) -> None:
    """It has no such method; the versions are the reason."""
    del daemon.answers["protocol.schema"]
    daemon.answers["hello"] = {"protocol": 1, "server": {"name": "aircherd", "version": "0.0.1"}}
    outcome = run_cli(daemon.environ, "protocol")
    assert outcome.code == 1
    assert "aircherd 0.0.1 is running" in outcome.err
