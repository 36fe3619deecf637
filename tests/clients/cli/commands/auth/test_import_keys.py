"""`aircher-cli auth import`."""

import pytest

from aircher_cli.commands.auth.import_keys import import_exit_code, select_variables
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, refuses


def test_only_what_the_daemon_asks_for_is_sent(daemon: CliDaemon) -> None:
    """The rest of the environment is private."""
    daemon.answers["auth.status"] = {"rows": [], "environment": ["OPENAI_API_KEY", "X_KEY"]}
    stored = {"variable": "OPENAI_API_KEY", "provider": "openai", "outcome": "stored"}
    daemon.answers["auth.import"] = {"outcomes": [stored]}
    environ = {**daemon.environ, "OPENAI_API_KEY": "k-1", "AWS_SECRET_ACCESS_KEY": "no"}
    outcome = run_cli(environ, "auth", "import")
    params = daemon.params_of("auth.import")
    assert params == {"variables": {"OPENAI_API_KEY": "k-1"}, "verify": True}
    assert (outcome.code, outcome.out) == (0, "✓ OPENAI_API_KEY  openai  stored\n")


def test_nothing_to_import(daemon: CliDaemon) -> None:
    """It says which variables it looked for."""
    daemon.answers["auth.status"] = {"rows": [], "environment": ["OPENAI_API_KEY", "X_KEY"]}
    outcome = run_cli(daemon.environ, "auth", "import")
    assert outcome.code == 1
    assert "none of OPENAI_API_KEY, X_KEY is set in this shell" in outcome.err


def test_no_provider_reads_a_variable(daemon: CliDaemon) -> None:
    """Where every provider has an address of its own, it says how to name a variable."""
    daemon.answers["auth.status"] = {"rows": [], "environment": []}
    outcome = run_cli(daemon.environ, "auth", "import")
    assert outcome.code == 1
    assert 'names a variable (env = "NAME"). To type a key instead' in outcome.err


def test_without_a_usable_configuration_the_daemon_says_why(daemon: CliDaemon) -> None:
    """No provider is known then, so that none names a variable."""
    nothing = {"ok": False, "in_use": "none"}
    daemon.answers["auth.status"] = {"rows": [], "environment": [], "config": nothing}
    daemon.answers["auth.import"] = refuses("config_invalid", "a list is not closed")
    outcome = run_cli(daemon.environ, "auth", "import")
    assert (outcome.code, "a list is not closed" in outcome.err) == (1, True)
    assert "names a variable" not in outcome.err


def test_blank_variables_are_not_set() -> None:
    """A variable that was emptied holds no key."""
    assert select_variables(["A", "B", "C"], {"A": " ", "B": "k", "D": "x"}) == {"B": "k"}


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["stored", "already"], 0),
        (["unknown"], 0),
        (["stored", "refused"], 4),
        (["refused", "failed"], 5),
        ([], 0),
    ],
)
def test_verdict(outcomes: list[str], expected: int) -> None:
    """0 unless something was not stored; 4 if the keys are to blame."""
    assert expected == import_exit_code(outcomes)
