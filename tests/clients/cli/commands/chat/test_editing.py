"""A message in the user's editor."""

import tempfile
from pathlib import Path

import pytest

from aircher_cli.commands.chat.editing import edit_text, has_editor
from aircher_cli.exit_codes import CommandFailed


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def environ(editor: str) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "EDITOR": editor}


def test_the_text_comes_back_as_it_was_left(folder: Path) -> None:
    """The file is gone afterwards."""
    assert edit_text("one\ntwo", environ("sed -i s/two/2/")) == "one\n2"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("editor", "message"),
    [
        ("false", "false failed with exit code 1"),
        ("truncate -s 0", "the message is empty: nothing was sent"),
        ("rm", "cannot edit .*: No such file"),
        ("no-such-editor", "is not installed"),
    ],
)
def test_what_can_go_wrong(folder: Path, editor: str, message: str) -> None:
    """Nothing is sent, and no file stays."""
    with pytest.raises(CommandFailed, match=message):
        edit_text("one", environ(editor))
    assert list(folder.iterdir()) == []


def test_only_a_named_editor_is_used() -> None:
    """Else the message is edited on the line."""
    assert has_editor({"VISUAL": "vi"})
    assert not has_editor({"EDITOR": " "})
