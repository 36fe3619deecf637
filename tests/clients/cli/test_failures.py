"""Errors in words."""

import json
from pathlib import Path

import pytest

from aircher_cli.exit_codes import CommandFailed, UsageError
from aircher_cli.failures import error_lines, error_record, retry_lines
from aircher_cli.render.formatting import format_time
from aircher_client import DaemonError, DaemonUnreachable
from aircher_wire.address import AddressError
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, refuses
from helpers.systemd.fake_systemctl import FakeSystemctl

NOW = 1_795_000_000.0
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
        "all_failed", "no provider could answer", {"attempts": [ATTEMPT], "skipped": [SKIP]}
    )
    assert error_lines(error) == [
        "aircher-cli: no provider could answer",
        "  anthropic/sonnet (key work): the key was refused",
        "  openai: has no key",
    ]


def test_what_the_message_says_is_not_repeated() -> None:
    """With one candidate its message is the whole story."""
    error = DaemonError("auth_rejected", "anthropic: the key was refused", {"attempts": [ATTEMPT]})
    assert error_lines(error) == ["aircher-cli: anthropic: the key was refused"]


def test_config_problems_have_file_and_line() -> None:
    """An invalid configuration is reported place by place."""
    problem = {"file": "/c.toml", "line": 3, "message": "unknown key modle", "hint": "model?"}
    error = DaemonError("config_invalid", "the configuration is invalid", {"problems": [problem]})
    assert error_lines(error)[1:] == ["  /c.toml:3: unknown key modle (model?)"]


def test_a_problem_that_the_message_repeats_is_reported_once() -> None:
    """The line with file and place stays, for editors to follow."""
    problem = {"file": "/c.toml", "line": 3, "path": "modle", "message": "is unknown", "hint": "?"}
    message = "/c.toml, line 3: modle: is unknown (?)"
    error = DaemonError("config_invalid", message, {"problems": [problem]})
    assert error_lines(error) == [
        "aircher-cli: the configuration is invalid:",
        "  /c.toml:3: modle: is unknown (?)",
    ]


def test_what_is_refused_heads_its_problems() -> None:
    """An entry of the configuration that is refused is named, and then its problems."""
    problem = {"file": "/c.toml", "line": 3, "path": "models.m", "message": "has no routes"}
    message = "the alias 'm' is refused: /c.toml, line 3: models.m: has no routes"
    error = DaemonError("config_invalid", message, {"problems": [problem]})
    assert error_lines(error) == [
        "aircher-cli: the alias 'm' is refused:",
        "  /c.toml:3: models.m: has no routes",
    ]


def test_a_reason_that_names_its_provider_is_not_headed_by_it() -> None:
    """One name is enough; in a command that is advised it does not count."""
    skipped = [
        {"provider": "openai", "model": "m", "message": "no key for openai: sign in"},
        {"provider": "work", "model": "m", "message": "refused it: aircher-cli auth login work"},
    ]
    assert error_lines(DaemonError("all_failed", "no provider", {"skipped": skipped}))[1:] == [
        "  no key for openai: sign in",
        "  work/m: refused it: aircher-cli auth login work",
    ]


def test_a_message_that_names_its_provider_twice() -> None:
    """With one candidate the message is the provider's name and its reason: one name is enough."""
    reason = "no key for openai: sign in"
    skipped = [{"provider": "openai", "message": reason}]
    error = DaemonError("not_authenticated", f"openai: {reason}", {"skipped": skipped})
    assert error_lines(error) == [f"aircher-cli: {reason}"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyboardInterrupt(), []),
        (UsageError("what?", "x --help"), ["aircher-cli: what?", "try: x --help"]),
        (UsageError("what?"), ["aircher-cli: what?"]),
        (CommandFailed("no"), ["aircher-cli: no"]),
        (DaemonUnreachable("gone"), ["aircher-cli: gone"]),
        (AddressError("no home"), ["aircher-cli: no home"]),
    ],
)
def test_other_errors(error: BaseException, expected: list[str]) -> None:
    """Each kind of error has its lines; Ctrl-C needs none."""
    assert expected == error_lines(error)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("unknown_method", "unknown method 'x'"),
        ("bad_request", "unknown topic 'x'"),
        ("bad_request", "chat: there is no field 'cache'"),
        ("bad_request", "chat: route: there is no field 'key'"),
        ("bad_request", "chat: route.strategy: cannot be 'wise'"),
        ("bad_request", "chat: modalities[0]: cannot be 'video'"),
        ("bad_request", "auth.login: there is no field 'store'"),
    ],
)
def test_an_older_daemon_of_the_same_version(code: str, message: str) -> None:
    """The command that starts the new one is named, once."""
    advice = "The running daemon is older than this program. Run this: aircher-cli daemon restart"
    assert error_lines(DaemonError(code, message, {})) == [f"aircher-cli: {message}", advice]
    explained = f"{message}; run 'aircher-cli daemon restart'"
    assert error_lines(DaemonError(code, explained, {})) == [f"aircher-cli: {explained}"]


@pytest.mark.parametrize(
    "message",
    [
        "chat: messages[0]: there is no field 'x'",
        "chat: messages[0].content[1].type: cannot be 'video'",
        "chat: tools[0].type: cannot be 'x'",
        "chat: response_format.type: cannot be 'x'",
        "chat: model is missing",
    ],
)
def test_json_of_the_user_may_be_wrong(message: str) -> None:
    """A newer daemon would refuse it, too."""
    assert error_lines(DaemonError("bad_request", message, {})) == [f"aircher-cli: {message}"]


def test_a_defect_of_ours_does_not_show_its_text() -> None:
    """An unexpected exception may hold a key in its message."""
    lines = error_lines(ValueError("sk-secret123"))
    assert lines == ["aircher-cli: internal error: ValueError. Please report it."]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DaemonError("network", "m", {"x": 1}), "network"),
        (DaemonUnreachable("m"), "daemon_unreachable"),
        (AddressError("m"), "daemon_unreachable"),
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
    daemon.answers["chat"] = refuses("all_failed", "no provider", attempts=[ATTEMPT], skipped=[])
    outcome = run_cli(daemon.environ, "ask", "--json", "hi")
    assert (outcome.code, outcome.err) == (4, "")
    assert json.loads(outcome.out) == {
        "error": {
            "code": "all_failed",
            "message": "no provider",
            "data": {"attempts": [ATTEMPT], "skipped": []},
        }
    }


FULL = {
    "provider": "work",
    "model": "m",
    "reason": "limit_reached",
    "message": "limit reached: work: 2 requests a day",
}


def test_when_the_only_one_is_free_again() -> None:
    """The error says it in words, and how to wait for it where that is worth it."""
    error = DaemonError("limit_reached", FULL["message"], {"skipped": [FULL], "until": NOW + 58.5})
    assert retry_lines(error.data, NOW) == [
        (
            f"  available again in 59 s ({format_time(NOW + 58.5, NOW)}); "
            "wait for it with 'ask --wait 60'"
        )
    ]
    assert error_lines(error)[1].startswith("  available again ")
    assert "--wait" not in retry_lines({"until": NOW + 3600}, NOW)[0]
    assert retry_lines({"skipped": [FULL]}, NOW) == []
    assert retry_lines(error.data, NOW, "wait {seconds} s")[0].endswith("; wait 60 s")


def test_when_the_first_of_several_is_free_again() -> None:
    """A failed provider counts too: it named a time."""
    data: dict[str, object] = {"attempts": [ATTEMPT], "skipped": [FULL], "until": NOW + 20}
    assert retry_lines(data, NOW)[0].startswith("  the first of them is available again in 20 s (")


def test_a_service_whose_installation_is_gone(tmp_path: Path) -> None:
    """Any command that cannot reach the daemon says so, and what to do."""
    systemctl = FakeSystemctl(tmp_path / "fake")
    assert run_cli(systemctl.environ, "daemon", "install", "--no-start").code == 0
    assert "is gone" not in run_cli(systemctl.environ, "ask", "hello").err
    unit = systemctl.unit_folder / "aircherd.service"
    unit.write_text(unit.read_text().replace("\nPackage=", "\nPackage=/nowhere"))
    outcome = run_cli(systemctl.environ, "ask", "hello")
    assert outcome.code == 3
    assert "the service starts an installation that is gone: there is no /nowhere/" in outcome.err


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("ActiveState=failed\nResult=exit-code\nStatusText=Could not start: why", "start: why"),
        ("ActiveState=activating\nResult=exit-code\nExecMainStatus=203", "exit code 203"),
        ("ActiveState=active\nResult=success", None),
        ("ActiveState=inactive\nResult=success", None),
    ],
)
def test_a_service_that_cannot_start(tmp_path: Path, shown: str, expected: str | None) -> None:
    """Any command that cannot reach the daemon says why."""
    systemctl = FakeSystemctl(tmp_path / "fake")
    assert run_cli(systemctl.environ, "daemon", "install", "--no-start").code == 0
    systemctl.answer({"show aircherd.service": (0, shown)})
    outcome = run_cli(systemctl.environ, "ask", "hello")
    assert outcome.code == 3
    assert ("aircherd.service does not start" in outcome.err) is (expected is not None)
    assert (expected or "") in outcome.err
