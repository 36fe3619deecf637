"""`aircher-cli config check`."""

import json
from pathlib import Path

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map, Session


def one_problem(session: Session, msgid: int, params: Map) -> object:
    """Find the same fault in whatever is sent, as the daemon does with the file's name."""
    problem = {"file": params["file"], "line": 2, "message": "unknown key x", "hint": "y?"}
    return {"ok": False, "problems": [problem]}


def test_problems_name_the_file_as_the_user_did(
    daemon: CliDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon gets the whole path, a person sees what they typed; exit code 1."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "draft.toml").write_text("a\nx = 1\n")
    daemon.answers["config.check"] = one_problem
    outcome = run_cli(daemon.environ, "config", "check", "draft.toml")
    assert (outcome.code, outcome.out) == (1, "draft.toml:2: unknown key x (y?)\n")
    assert outcome.err == "1 problem in draft.toml\n"
    sent = {"text": "a\nx = 1\n", "file": str(tmp_path / "draft.toml")}
    assert daemon.params_of("config.check") == sent


def test_a_good_file(daemon: CliDaemon) -> None:
    """Standard input is a file too."""
    daemon.answers["config.check"] = {"ok": True, "problems": []}
    outcome = run_cli(daemon.environ, "config", "check", "-", stdin="")
    assert (outcome.code, outcome.out) == (0, "✓ standard input is valid\n")


def test_a_good_file_may_surprise(daemon: CliDaemon) -> None:
    """It is valid, with a warning."""
    daemon.answers["config.check"] = {"ok": True, "problems": [], "warnings": ["it keeps ..."]}
    outcome = run_cli(daemon.environ, "config", "check", "-", stdin="")
    assert (outcome.code, outcome.err) == (0, "! it keeps ...\n")


def test_json(daemon: CliDaemon) -> None:
    """A script gets the problems and the same exit code."""
    daemon.answers["config.check"] = one_problem
    outcome = run_cli(daemon.environ, "config", "check", "-", "--json", stdin="x")
    assert (outcome.code, json.loads(outcome.out)["problems"][0]["line"]) == (1, 2)


@pytest.mark.parametrize(
    ("found", "code", "expected"),
    [
        ({"ok": True, "problems": [], "exists": False}, 0, "does not exist; the built-in defaults"),
        ({"ok": True, "problems": [], "exists": True}, 0, "✓ ~/.aircher/config.toml is valid"),
        ({"ok": False, "problems": [{"message": "was removed"}]}, 1, "was removed"),
    ],
)
def test_ones_own_file_is_checked_by_the_daemon(
    daemon: CliDaemon, found: Map, code: int, expected: str
) -> None:
    """It knows whether the file was there before."""
    daemon.answers["config.check"] = {
        "file": str(daemon.home / ".aircher" / "config.toml"),
        **found,
    }
    outcome = run_cli(daemon.environ, "config", "check")
    assert (outcome.code, daemon.params_of("config.check")) == (code, {})
    assert expected in outcome.out


def test_own_file_of_another_home_than_the_daemons(daemon: CliDaemon) -> None:
    """It is checked like any other file."""
    (daemon.home / ".aircher").mkdir(exist_ok=True)
    (daemon.home / ".aircher" / "config.toml").write_text("a = 1\n")
    daemon.answers["config.check"] = {"ok": True, "problems": [], "file": "/other/config.toml"}
    assert run_cli(daemon.environ, "config", "check").code == 0
    assert daemon.params_of("config.check")["text"] == "a = 1\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing.toml", "cannot be read: No such file or directory"), (".", "is not a file")],
)
def test_a_file_that_cannot_be_read(daemon: CliDaemon, name: str, message: str) -> None:
    """It is a problem like those that the daemon finds, and the daemon is not asked."""
    path = f"{daemon.home}/{name}"
    outcome = run_cli(daemon.environ, "config", "check", path, "--json")
    assert (outcome.code, daemon.calls) == (1, [])
    (problem,) = json.loads(outcome.out)["problems"]
    assert (problem["file"], problem["message"]) == (path, message)


def test_a_file_that_is_not_utf8(daemon: CliDaemon, tmp_path: Path) -> None:
    """The daemon reports the line."""
    (tmp_path / "bad.toml").write_bytes(b"a = 1\nb = '\xff'\n")
    daemon.answers["config.check"] = one_problem
    outcome = run_cli(daemon.environ, "config", "check", str(tmp_path / "bad.toml"))
    assert (outcome.code, daemon.methods) == (1, ["config.check"])
