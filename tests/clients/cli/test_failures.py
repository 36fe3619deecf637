"""Errors in words."""

import json

import pytest

from aircher_cli.exits import CommandFailed, UsageError
from aircher_cli.failures import error_lines, error_record
from aircher_client import DaemonError, DaemonUnreachable
from helpers.cli import run_cli
from helpers.cli_daemon import CliDaemon, refuses

ATTEMPT = {
    "provider": "anthropic",
    "model": "sonnet",
    "key": "work",
    "outcome": "auth_rejected",
    "ms": 3,
    "message": "the key was refused",
}
SKIP = {"provider": "openai", "reason": "not_authenticated"}


def test_every_attempt_and_skip_has_a_line() -> None:
    """After the message it says who failed why, in order."""
    error = DaemonError(
        "all_failed", "nobody could answer", {"attempts": [ATTEMPT], "skipped": [SKIP]}
    )
    assert error_lines(error) == [
        "aircher-cli: nobody could answer",
        "  anthropic/sonnet (key work): the key was refused",
        "  openai: has no key",
    ]


def test_what_the_message_says_is_not_repeated() -> None:
    """With one candidate its message is the whole story."""
    error = DaemonError("auth_rejected", "anthropic: the key was refused", {"attempts": [ATTEMPT]})
    assert error_lines(error) == ["aircher-cli: anthropic: the key was refused"]


def test_config_problems_have_file_and_line() -> None:
    """An invalid configuration is told place by place."""
    problem = {"file": "/c.toml", "line": 3, "message": "unknown key modle", "hint": "model?"}
    error = DaemonError("config_invalid", "the configuration is invalid", {"problems": [problem]})
    assert error_lines(error)[1:] == ["  /c.toml:3: unknown key modle (model?)"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyboardInterrupt(), []),
        (UsageError("what?", "x --help"), ["aircher-cli: what?", "try: x --help"]),
        (UsageError("what?"), ["aircher-cli: what?"]),
        (CommandFailed("no"), ["aircher-cli: no"]),
        (DaemonUnreachable("gone"), ["aircher-cli: gone"]),
    ],
)
def test_other_errors(error: BaseException, expected: list[str]) -> None:
    """Each kind of error has its lines; Ctrl-C needs none."""
    assert expected == error_lines(error)


def test_a_defect_of_ours_does_not_show_its_text() -> None:
    """An exception nobody foresaw may hold a key in its message."""
    lines = error_lines(ValueError("sk-secret123"))
    assert lines == ["aircher-cli: a defect of aircher-cli: ValueError. Please report it."]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DaemonError("network", "m", {"x": 1}), "network"),
        (DaemonUnreachable("m"), "daemon_unreachable"),
        (CommandFailed("m"), "failed"),
        (UsageError("m"), "usage"),
        (KeyboardInterrupt(), "cancelled"),
        (ZeroDivisionError(), "internal"),
    ],
)
def test_json_record(error: BaseException, code: str) -> None:
    """For programs each error is {code, message, data}."""
    record = error_record(error)
    assert (record["code"], sorted(record)) == (code, ["code", "data", "message"])


def test_json_failure_on_standard_output(daemon: CliDaemon) -> None:
    """With --json the error is one object on standard output, and nothing on standard error."""
    daemon.answers["chat"] = refuses("all_failed", "nobody", attempts=[ATTEMPT], skipped=[])
    outcome = run_cli(daemon.environ, "ask", "--json", "hi")
    assert (outcome.code, outcome.err) == (4, "")
    assert json.loads(outcome.out) == {
        "error": {
            "code": "all_failed",
            "message": "nobody",
            "data": {"attempts": [ATTEMPT], "skipped": []},
        }
    }
