"""The project: the repository around the working directory, or AIRCHER_PROJECT."""

import os
from pathlib import Path

import pytest

from aircher_client.project import MAX_LENGTH, find_project


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
