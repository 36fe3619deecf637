"""Temporary files of a tool."""

import os
import stat
import subprocess
import sys

import pytest

from aircher_cli.commands.run.folder import PREFIX, Folder, remove_left


@pytest.fixture
def environ(tmp_path):
    return {"AIRCHER_SOCKET": str(tmp_path / "aircher.sock"), "HOME": str(tmp_path)}


def ended_pid() -> int:
    return int(
        subprocess.run(
            [sys.executable, "-c", "import os; print(os.getpid())"],
            capture_output=True,
            check=True,
        ).stdout
    )


def test_files_are_private_and_gone_at_the_end(environ, tmp_path):
    """With what the tool has put beside them."""
    folder = Folder(environ)
    folder.put({"a.json": "{}"})
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder.path / "a.json").stat().st_mode) == 0o600
    (folder.path / "more").mkdir()
    folder.remove()
    folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_without_files_there_is_no_folder(environ):
    """Most tools need none."""
    folder = Folder(environ)
    folder.put({})
    assert not folder.path.exists()


def test_what_a_killed_run_left_is_removed_by_the_next(environ, tmp_path):
    """But nothing of one that runs."""
    left, running = Folder(environ, ended_pid()), Folder(environ, os.getppid())
    for folder in (left, running):
        folder.path.mkdir(mode=0o700)
    others = [tmp_path / f"{PREFIX}x", tmp_path / "run-1", Folder(environ, ended_pid()).path]
    for other in others:
        other.mkdir(mode=0o755)
    Folder(environ).put({"a": ""})
    remove_left(tmp_path)
    assert not left.path.exists()
    assert running.path.exists()
    assert all(other.exists() for other in others)
