"""`aircher-cli providers remove`."""

import json

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, refuses

OWN = [{"path": "providers.work.kind", "value": "openai", "source": "file"}]
BUILTIN = [
    {"path": "providers.openai.kind", "value": "openai", "source": "default"},
    {"path": "providers.openai.api", "value": "chat", "source": "file"},
    {"path": "providers.gemini.kind", "value": "gemini", "source": "default"},
]


@pytest.fixture(autouse=True)
def answers(daemon: CliDaemon) -> None:
    daemon.answers["config.show"] = {"rows": [*OWN, *BUILTIN]}
    daemon.answers["config.set"] = {"file": "/f", "changed": True, "changes": []}
    daemon.answers["status"] = {"providers": [{"provider": "work"}, {"provider": "openai"}]}
    rows = [{"provider": "work", "source": "keyring"}, {"provider": "openai", "source": "keyring"}]
    daemon.answers["auth.status"] = {"rows": rows}
    daemon.answers["auth.logout"] = {"removed": 1, "rows": []}


def test_the_entry_and_the_stored_key_are_removed(daemon: CliDaemon) -> None:
    """The file first: it may be refused."""
    outcome = run_cli(daemon.environ, "providers", "remove", "work")
    assert outcome.code == 0
    assert outcome.out.endswith("✓ removed its stored key\n")
    assert daemon.params_of("config.set") == {"entries": [], "unset": ["providers.work"]}
    assert daemon.methods[-1] == "auth.logout"


def test_keys_can_be_kept(daemon: CliDaemon) -> None:
    """For an entry that comes back."""
    run_cli(daemon.environ, "providers", "remove", "work", "--keep-keys")
    assert "auth.logout" not in daemon.methods


def test_a_key_from_elsewhere_is_not_removed(daemon: CliDaemon) -> None:
    """It is not ours."""
    rows = [{"provider": "work", "source": "environment variable WORK_KEY"}]
    daemon.answers["auth.status"] = {"rows": rows}
    run_cli(daemon.environ, "providers", "remove", "work")
    assert "auth.logout" not in daemon.methods


def test_a_built_in_provider_keeps_its_key(daemon: CliDaemon) -> None:
    """It has its defaults again."""
    outcome = run_cli(daemon.environ, "providers", "remove", "openai")
    assert outcome.out.endswith("openai is built in and has its defaults again\n")
    assert "auth.logout" not in daemon.methods


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gemini", "gemini is a built-in provider without an entry"),
        ("wrok", "wrok is not in the configuration (did you mean work?)"),
    ],
)
def test_no_such_entry(daemon: CliDaemon, name: str, message: str) -> None:
    """Nothing is changed."""
    outcome = run_cli(daemon.environ, "providers", "remove", name)
    assert outcome.code == 1
    assert message in outcome.err
    assert "config.set" not in daemon.methods


def test_a_provider_that_is_used(daemon: CliDaemon) -> None:
    """The line that needs it is printed, and its key stays."""
    problem = {"file": "/f", "line": 9, "path": "models.m.routes[0]", "message": "names a provider"}
    daemon.answers["config.set"] = refuses("config_invalid", "no", problems=[problem])
    outcome = run_cli(daemon.environ, "providers", "remove", "work")
    assert outcome.code == 1
    assert "/f:9: models.m.routes[0]: names a provider" in outcome.err
    assert "auth.logout" not in daemon.methods


def test_json(daemon: CliDaemon) -> None:
    """With the number of removed keys."""
    record = json.loads(run_cli(daemon.environ, "providers", "remove", "work", "--json").out)
    assert (record["provider"], record["removed_keys"]) == ("work", 1)


def test_a_name_that_may_be_a_key_is_not_repeated(daemon: CliDaemon) -> None:
    """The log of a terminal or a CI job would keep it."""
    outcome = run_cli(daemon.environ, "providers", "remove", "sk-canary-0123456789abcdefghij")
    assert outcome.code == 2
    assert "canary" not in outcome.out + outcome.err
