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


def test_json(daemon: CliDaemon) -> None:
    """A script gets the problems and the same exit code."""
    daemon.answers["config.check"] = one_problem
    outcome = run_cli(daemon.environ, "config", "check", "-", "--json", stdin="x")
    assert (outcome.code, json.loads(outcome.out)["problems"][0]["line"]) == (1, 2)


def test_no_file_of_ones_own_is_fine(daemon: CliDaemon) -> None:
    """None is needed."""
    outcome = run_cli(daemon.environ, "config", "check")
    assert (outcome.code, daemon.calls) == (0, [])
    assert "defaults are used" in outcome.out


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "No such file"), (b"a = 1\nb = '\xff'\n", "bad.toml:2: TOML must be UTF-8")],
)
def test_a_file_that_cannot_be_read(
    daemon: CliDaemon, tmp_path: Path, content: bytes | None, expected: str
) -> None:
    """The reason is printed, with the line if there is one, and the daemon is not asked."""
    if content is not None:
        (tmp_path / "bad.toml").write_bytes(content)
    outcome = run_cli(daemon.environ, "config", "check", str(tmp_path / "bad.toml"))
    assert (outcome.code, daemon.calls) == (1, [])
    assert expected in outcome.err
