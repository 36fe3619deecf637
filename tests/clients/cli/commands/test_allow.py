"""`aircher-cli allow`: shows the file, records what was seen, and lists it."""

import json
from pathlib import Path

import pytest

from helpers.daemon.cli import run_cli


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a repository with a file, the working directory; the home is beside it."""
    home, root = tmp_path / "home", tmp_path / "acme"
    home.mkdir()
    (root / ".git").mkdir(parents=True)
    (root / "src").mkdir()
    (root / ".aircher").write_text('key = "work"  # \u009b2J\n')
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(root)
    return root


def environ(root: Path) -> dict[str, str]:
    home = root.parent / "home"
    return {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "COLUMNS": "400"}


def test_the_content_is_shown_and_allowed(repository: Path) -> None:
    """Without what would move the cursor; a folder below it has the same file."""
    outcome = run_cli(environ(repository), "allow", "src")
    path = repository / ".aircher"
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        f'  key = "work"  # 2J\n✓ {path} is used from now on, until it changes\n'
    )
    listed = run_cli(environ(repository), "allow", "--list")
    assert listed.out == f"✓ {path}  allowed\n"


def test_the_list_says_what_became_of_each(repository: Path) -> None:
    """A changed file is not used, a removed one is gone."""
    run_cli(environ(repository), "allow")
    path = repository / ".aircher"
    path.write_text('key = "private"')
    assert "changed since, and not used" in run_cli(environ(repository), "allow", "--list").out
    path.unlink()
    outcome = run_cli(environ(repository), "allow", "--list", "--json")
    assert json.loads(outcome.out) == {"files": [{"file": str(path), "decision": "gone"}]}


def test_an_empty_list(repository: Path) -> None:
    """Nothing is printed for a script."""
    outcome = run_cli(environ(repository), "allow", "--list")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "no project file was allowed or denied\n"


def test_what_is_refused_is_not_shown(repository: Path) -> None:
    """It may contain a key."""
    (repository / ".aircher").write_text('api_key = "CANARY"')
    outcome = run_cli(environ(repository), "allow")
    assert (outcome.code, outcome.out) == (1, "")
    assert "api_key is not allowed there: it may have only model, task, key" in outcome.err
    assert "CANARY" not in outcome.err


def test_without_a_file(repository: Path) -> None:
    """One above the repository does not count."""
    (repository / ".aircher").rename(repository.parent / ".aircher")
    outcome = run_cli(environ(repository), "allow")
    assert outcome.code == 1
    assert f"there is no file .aircher in {repository}" in outcome.err


def test_json_and_wrong_arguments(repository: Path) -> None:
    """A script gets what the file sets."""
    outcome = run_cli(environ(repository), "allow", "--json")
    path = str(repository / ".aircher")
    assert json.loads(outcome.out) == {"file": path, "decision": "allowed", "key": "work"}
    assert run_cli(environ(repository), "allow", "--list", "src").code == 2
