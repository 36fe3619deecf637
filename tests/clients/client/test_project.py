"""The project: the repository around the working directory, or AIRCHER_PROJECT."""

import json
import os
from pathlib import Path

import pytest

from aircher_client.project import (
    MAX_LENGTH,
    find_choice,
    find_choices,
    find_file,
    find_folder,
    find_project,
)


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change into a folder two levels below a project's root."""
    folder = tmp_path / "blue" / "src" / "deep"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return tmp_path / "blue"


def test_the_repository_around_the_working_directory(inside: Path) -> None:
    """The nearest parent folder that contains `.git` is the project."""
    (inside.parent / ".git").mkdir()
    (inside / ".git").mkdir()
    assert find_project({}) == str(inside)


def test_a_worktree(inside: Path) -> None:
    """In a worktree or a submodule `.git` is a file."""
    (inside / ".git").write_text("gitdir: elsewhere")
    assert find_project({}) == str(inside)


def test_outside_of_any_repository(inside: Path) -> None:
    """Only parent folders are searched; without a `.git` there is no project."""
    (inside / "src" / "other" / ".git").mkdir(parents=True)
    assert find_project({}) is None


def test_the_environment_overrides_it(inside: Path) -> None:
    """AIRCHER_PROJECT wins; an empty one means no project."""
    (inside / ".git").mkdir()
    assert find_project({"AIRCHER_PROJECT": "red"}) == "red"
    assert find_project({"AIRCHER_PROJECT": " "}) is None


def test_a_folder_that_was_removed(inside: Path) -> None:
    """In a removed working directory there is no project."""
    (inside / "src" / "deep").rmdir()
    assert find_project({}) is None


def test_names_that_hello_cannot_send() -> None:
    """A name that is not UTF-8 is sent with replacements; one that is too long is not sent."""
    assert find_project({"AIRCHER_PROJECT": os.fsdecode(b"/caf\xe9")}) == "/caf\ufffd"
    assert find_project({"AIRCHER_PROJECT": "x" * MAX_LENGTH}) == "x" * MAX_LENGTH
    assert find_project({"AIRCHER_PROJECT": "x" * (MAX_LENGTH + 1)}) is None


def test_the_folder_is_sent_only_if_it_is_not_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AIRCHER_PROJECT replaces it if it is a path, or empty; a name says nothing of folders."""
    monkeypatch.chdir(tmp_path)
    here = str(Path.cwd())
    assert find_folder({}, here) is None
    assert find_folder({}, None) == here
    assert find_folder({}, str(tmp_path.parent)) == here
    assert find_folder({"AIRCHER_PROJECT": "nightly"}, "nightly") == here
    assert find_folder({"AIRCHER_PROJECT": " "}, None) is None
    assert find_folder({"AIRCHER_PROJECT": "/other"}, "/other") is None


def test_a_removed_folder_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command works nevertheless."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert find_folder({}, None) is None


def test_the_nearest_file_in_the_repository(inside: Path) -> None:
    """One above the repository's root is not its own; a directory of that name is no file."""
    top = inside.parent
    (top / ".aircher").touch()
    assert find_file({}) is None
    (inside / ".git").mkdir()
    assert find_file({}) is None
    (inside / ".aircher").touch()
    assert find_file({}) == str(inside / ".aircher")
    (inside / "src" / ".aircher").mkdir()
    assert find_file({}) == str(inside / ".aircher")
    assert find_file({}, str(top)) is None
    assert find_file({"AIRCHER_PROJECT": ""}) is None
    assert find_file({"AIRCHER_PROJECT": "red"}) == str(inside / ".aircher")


def test_each_folder_is_looked_into_once(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every `ask` pays for it."""
    (inside / ".git").mkdir()
    looked: list[str] = []
    monkeypatch.setattr(os.path, "isfile", lambda path: bool(looked.append(path)))
    assert find_file({}) is None
    deep = inside / "src" / "deep"
    assert looked == [str(folder / ".aircher") for folder in (deep, *deep.parents)]


def test_files_that_are_gone_and_were_decided_about_come_first(inside: Path) -> None:
    """Those nearer than the file that is there, as after a change of the branch."""
    environ = {"HOME": str(inside), "XDG_STATE_HOME": str(inside / "state")}
    root, folder = inside, inside / "src" / "deep"
    (root / ".git").mkdir()
    assert list(find_choices(environ)) == []
    decisions = inside / "state" / "aircher" / "project-files.json"
    decisions.parent.mkdir(parents=True)
    there, here = str(root / ".aircher"), str(folder / ".aircher")
    decisions.write_text(json.dumps({"files": {there: {}, here: {}}}))
    assert list(find_choices(environ)) == [here, there]
    (root / ".aircher").touch()
    assert list(find_choices(environ)) == [here, there]
    (folder / ".aircher").touch()
    assert list(find_choices(environ)) == [here]
    assert find_choice(environ) == here
    assert list(find_choices({**environ, "AIRCHER_PROJECT": ""})) == []
