"""`aircher-cli deny`: a file has no effect and is not mentioned."""

import json
from pathlib import Path

import pytest

from helpers.daemon.cli import run_cli


def test_a_file_is_denied_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was decided about a file that is gone can be removed."""
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state"), "COLUMNS": "400"}
    (tmp_path / ".git").mkdir()
    file = tmp_path / ".aircher"
    file.write_text('key = "work"')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    run_cli(environ, "allow")
    assert run_cli(environ, "deny").out == f"✓ {file} is not used\n"
    assert run_cli(environ, "allow", "--list").out == f"✗ {file}  denied\n"
    outcome = run_cli(environ, "deny", "--json")
    assert json.loads(outcome.out) == {"file": str(file), "decision": "denied"}
    file.unlink()
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "src")  # a folder below it is meant, too
    outcome = run_cli(environ, "deny")
    assert (outcome.code, outcome.out) == (
        0,
        f"✓ {file} is gone, and so is what you decided about it\n",
    )
    assert run_cli(environ, "allow", "--list").out == ""
    assert run_cli(environ, "deny").code == 1


def test_words_are_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a narrow terminal; a path stays whole, so that it can be copied."""
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state"), "COLUMNS": "40"}
    (tmp_path / ".git").mkdir()
    file = tmp_path / ".aircher"
    file.write_text('key = "work"')
    monkeypatch.chdir(tmp_path)
    for command in ("allow", "deny"):
        lines = run_cli(environ, command).out.splitlines()
        assert lines[-2] == f"✓ {file}"
        assert all(len(line) < 40 for line in lines if str(file) not in line)
