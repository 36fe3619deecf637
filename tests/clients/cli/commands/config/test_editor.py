"""Finding and running the user's editor."""

import os
import signal
from pathlib import Path

import pytest

from aircher_cli.commands.config.editor import FALLBACKS, editor_command, run_editor, wait_hint
from aircher_cli.exit_codes import CommandFailed


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A directory with programs: `mine`, and two of the usual editors."""
    for name in ("mine", "vi", "nano"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("environ", "command"),
    [
        ({"VISUAL": "mine --wait 'a b'", "EDITOR": "vi"}, ["mine", "--wait", "a b"]),
        ({"VISUAL": " ", "EDITOR": "vi -n"}, ["vi", "-n"]),
        ({}, ["nano"]),
    ],
)
def test_the_variables_come_first(tools: Path, environ: dict[str, str], command: list[str]) -> None:
    """With arguments; else the first editor that is installed."""
    assert editor_command({**environ, "PATH": str(tools)}) == command


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"VISUAL": "gone --wait"}, 'the editor "gone" in VISUAL is not installed'),
        ({"EDITOR": "vi 'x"}, "EDITOR is not a command: No closing quotation"),
        ({}, "no editor was found: set the variable EDITOR"),
    ],
)
def test_no_editor(tmp_path: Path, environ: dict[str, str], message: str) -> None:
    """The message says which variable to set."""
    with pytest.raises(CommandFailed, match=message):
        editor_command({**environ, "PATH": str(tmp_path)})


def test_editors_that_everyone_has_come_before_emacs() -> None:
    """And what the system chose comes first."""
    assert FALLBACKS[0] == "sensible-editor"


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (["/usr/bin/code", "-n"], 'let it wait: VISUAL="code --wait"'),
        (["code", "--wait"], ""),
        (["kate"], 'VISUAL="kate --block"'),
        (["vim"], ""),
    ],
)
def test_an_editor_that_returns_at_once(command: list[str], hint: str) -> None:
    """Those with windows do by default."""
    found = wait_hint(command)
    assert hint in found
    assert bool(found) is bool(hint)


def test_the_editor_gets_the_file(tmp_path: Path) -> None:
    """After its own arguments."""
    file = tmp_path / "config.toml"
    run_editor(["sh", "-c", 'echo "$1" > "$1"', "sh"], str(file), os.environ)
    assert file.read_text() == f"{file}\n"


@pytest.mark.parametrize(
    ("script", "message"),
    [("exit 3", "sh failed with exit code 3"), ("kill -9 $$", "sh was ended by signal 9")],
)
def test_a_failed_editor(script: str, message: str) -> None:
    """The message says how it failed."""
    with pytest.raises(CommandFailed, match=message):
        run_editor(["sh", "-c", script], "file", os.environ)


def test_ctrl_c_belongs_to_the_editor() -> None:
    """It ends the editor, and afterwards this program again."""
    before = signal.getsignal(signal.SIGINT)
    script = "kill -2 $PPID; kill -2 $$"  # the terminal sends it to both
    with pytest.raises(CommandFailed, match="signal 2"):
        run_editor(["sh", "-c", script], "file", os.environ)
    assert signal.getsignal(signal.SIGINT) is before
