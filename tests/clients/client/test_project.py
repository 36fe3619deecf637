"""Which project is worked in: the repository around the working directory, or what is said."""

import os
from pathlib import Path

import pytest

from aircher_client.project import MAX_LENGTH, find_project


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder two below its project's root, which is where we are."""
    folder = tmp_path / "blue" / "src" / "deep"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return tmp_path / "blue"


def test_the_repository_around_us(inside: Path) -> None:
    """The nearest folder on the way up that holds a `.git` is the project."""
    (inside.parent / ".git").mkdir()
    (inside / ".git").mkdir()
    assert find_project({}) == str(inside)


def test_a_worktree(inside: Path) -> None:
    """In a worktree or a submodule `.git` is a file."""
    (inside / ".git").write_text("gitdir: elsewhere")
    assert find_project({}) == str(inside)


def test_outside_of_any(inside: Path) -> None:
    """Without a `.git` on the way up, there is no project; nothing but the way up counts."""
    (inside / "src" / "other" / ".git").mkdir(parents=True)
    assert find_project({}) is None


def test_said_by_the_environment(inside: Path) -> None:
    """AIRCHER_PROJECT has the first word; an empty one says that there is none."""
    (inside / ".git").mkdir()
    assert find_project({"AIRCHER_PROJECT": "red"}) == "red"
    assert find_project({"AIRCHER_PROJECT": " "}) is None


def test_a_folder_that_was_removed(inside: Path) -> None:
    """Who works in a folder that is gone works in no project."""
    (inside / "src" / "deep").rmdir()
    assert find_project({}) is None


def test_what_hello_could_not_carry() -> None:
    """A name that is not UTF-8 is sent as far as it is; one that is too long, not at all."""
    assert find_project({"AIRCHER_PROJECT": os.fsdecode(b"/caf\xe9")}) == "/caf\ufffd"
    assert find_project({"AIRCHER_PROJECT": "x" * MAX_LENGTH}) == "x" * MAX_LENGTH
    assert find_project({"AIRCHER_PROJECT": "x" * (MAX_LENGTH + 1)}) is None
