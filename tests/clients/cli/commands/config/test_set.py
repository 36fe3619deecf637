"""`aircher-cli config set`."""

import json

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, refuses

ANSWER = {
    "file": "/f/config.toml",
    "changed": True,
    "changes": [{"path": "fallback.max_attempts", "before": 4, "after": 6}],
}


def test_entries_are_set(daemon: CliDaemon) -> None:
    """The values are sent as they were typed; what changed is printed."""
    daemon.answers["config.set"] = ANSWER
    words = ("fallback.max_attempts", "6", "default_model", "m", "--unset", "usage.keep_days")
    outcome = run_cli(daemon.environ, "config", "set", *words)
    assert (outcome.code, outcome.out) == (
        0,
        "✓ saved /f/config.toml\n~ fallback.max_attempts  4 → 6\n",
    )
    assert daemon.params_of("config.set") == {
        "entries": [
            {"path": "fallback.max_attempts", "text": "6"},
            {"path": "default_model", "text": "m"},
        ],
        "unset": ["usage.keep_days"],
    }


def test_a_change_that_is_not_in_force_is_not_called_saved(daemon: CliDaemon) -> None:
    """The exit code says so, too, with `--json` as well."""
    changes = [{"path": "auth.encrypt_with", "before": None, "after": "age"}]
    answer = {**ANSWER, "changes": changes, "not_in_force": "age is not installed."}
    daemon.answers["config.set"] = answer
    outcome = run_cli(daemon.environ, "config", "set", "auth.encrypt_with", "age")
    assert outcome.code == 1
    assert "saved" not in outcome.out
    assert outcome.out.startswith(
        "✗ /f/config.toml has the change, but it is not in force: age is not installed\n"
    )
    outcome = run_cli(daemon.environ, "config", "set", "--json", "auth.encrypt_with", "age")
    assert (outcome.code, json.loads(outcome.out)) == (1, answer)


def test_a_warning_is_printed(daemon: CliDaemon) -> None:
    """What was changed may keep the next change from the command line."""
    daemon.answers["config.set"] = {**ANSWER, "warnings": ["[protect] config keeps ..."]}
    outcome = run_cli(daemon.environ, "config", "set", "protect.config", '["vi"]')
    assert (outcome.code, outcome.err) == (0, "! [protect] config keeps ...\n")


def test_a_value_may_look_like_an_option(daemon: CliDaemon) -> None:
    """A negative number, or anything after `--`."""
    daemon.answers["config.set"] = ANSWER
    run_cli(daemon.environ, "config", "set", "a", "-5")
    assert daemon.params_of("config.set")["entries"] == [{"path": "a", "text": "-5"}]
    run_cli(daemon.environ, "config", "set", "a", "--", "--flag")
    assert daemon.params_of("config.set")["entries"] == [{"path": "a", "text": "--flag"}]


@pytest.mark.parametrize("words", [[], ["a"], ["a", "1", "b"]])
def test_incomplete_arguments(daemon: CliDaemon, words: list[str]) -> None:
    """The daemon is not called."""
    outcome = run_cli(daemon.environ, "config", "set", *words)
    assert (outcome.code, daemon.calls) == (2, [])


def test_nothing_to_change(daemon: CliDaemon) -> None:
    """Is no error."""
    daemon.answers["config.set"] = {"file": "/f", "changed": False, "changes": []}
    outcome = run_cli(daemon.environ, "config", "set", "a", "1")
    assert (outcome.code, outcome.out) == (0, "nothing to change in /f\n")


def test_an_invalid_change(daemon: CliDaemon) -> None:
    """The problems are listed, and it is said that nothing changed."""
    problem = {"file": "", "line": 0, "path": "a.b", "message": "is unknown", "hint": "c?"}
    daemon.answers["config.set"] = refuses("config_invalid", "a.b: is unknown", problems=[problem])
    outcome = run_cli(daemon.environ, "config", "set", "a.b", "1")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == "aircher-cli: nothing was changed:\n  a.b: is unknown (c?)\n"


def test_json(daemon: CliDaemon) -> None:
    """The answer, or the error as every command has it."""
    daemon.answers["config.set"] = ANSWER
    outcome = run_cli(daemon.environ, "config", "set", "a", "1", "--json")
    assert json.loads(outcome.out) == ANSWER
    daemon.answers["config.set"] = refuses("config_invalid", "no", problems=[])
    outcome = run_cli(daemon.environ, "config", "set", "a", "1", "--json")
    assert json.loads(outcome.out)["error"]["code"] == "config_invalid"
