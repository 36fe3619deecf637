"""What is typed: kept from chat to chat, for its owner alone."""

import os
import stat
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from aircher_cli.commands.chat.line_editor import HISTORY_FILE, _ChatCompleter, open_keyboard


class Talk:
    def __init__(self) -> None:
        self.picked = 0

    def pick_model(self) -> None:
        self.picked += 1

    def prompt(self) -> str:
        return "> "

    def completions(self, typed: str) -> list[str]:
        return ["/model"] if typed == "/mo" else []


def typed(environ: dict[str, str], *keys: str, keep: bool = True) -> list[str | None]:
    """Return what is read of `keys`, one read for each."""
    with (
        create_pipe_input() as pipe,
        create_app_session(input=pipe, output=DummyOutput()),
        open_keyboard(environ, Talk(), keep=keep) as keyboard,
    ):
        lines = []
        for key in keys:
            pipe.send_text(key)
            lines.append(keyboard.read())
        return lines


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}


def test_enter_sends_and_alt_enter_begins_a_line(environ: dict[str, str]) -> None:
    """Several lines are one question."""
    assert typed(environ, "one\r", "two\r") == ["one", "two"]
    assert typed(environ, "two\x1b\rthree\r") == ["two\nthree"]


def test_ctrl_k_chooses_a_model_and_keeps_the_text(environ: dict[str, str]) -> None:
    """The cursor stays where it was, and nothing is added to the history."""
    talk = Talk()
    keys = ("one three\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x0b", "two \x0b", "\r")
    with (
        create_pipe_input() as pipe,
        create_app_session(input=pipe, output=DummyOutput()),
        open_keyboard(environ, talk, keep=True) as keyboard,
    ):
        pipe.send_text("".join(keys))
        assert keyboard.read() == "one two three"
    assert talk.picked == 2
    assert typed(environ, "\x1b[A\x1b[A\r") == ["one two three"]


def test_a_draft_is_there_to_be_changed(environ: dict[str, str]) -> None:
    """The cursor is at its end."""
    with (
        create_pipe_input() as pipe,
        create_app_session(input=pipe, output=DummyOutput()),
        open_keyboard(environ, Talk(), keep=False) as keyboard,
    ):
        pipe.send_text(" two\r")
        assert keyboard.read("one") == "one two"


def test_ctrl_d_is_the_end(environ: dict[str, str]) -> None:
    """On an empty line."""
    assert typed(environ, "\x04") == [None]


def test_ctrl_c_is_raised(environ: dict[str, str]) -> None:
    """The reader decides what it means."""
    with pytest.raises(KeyboardInterrupt):
        typed(environ, "half\x03")


def test_arrow_up_brings_back_what_was_typed_in_the_last_chat(environ: dict[str, str]) -> None:
    """From a file that only its owner can read."""
    typed(environ, "an old question\r")
    assert typed(environ, "\x1b[A\r") == ["an old question"]
    file = Path(environ["XDG_DATA_HOME"]) / "aircher" / HISTORY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def history_of(environ: dict[str, str]) -> Path:
    file = Path(environ["XDG_DATA_HOME"]) / "aircher" / HISTORY_FILE
    file.parent.mkdir(parents=True)
    return file


def test_a_history_that_others_could_read_is_closed_to_them(environ: dict[str, str]) -> None:
    """It may come from a backup, or from a careless hand."""
    file = history_of(environ)
    file.touch(mode=0o644)
    typed(environ, "a question\r")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "a question" in file.read_text()


def test_a_link_in_its_place_is_not_followed(environ: dict[str, str], tmp_path: Path) -> None:
    """Nothing is added to what it leads to, and its mode stays."""
    other = tmp_path / "other"
    other.touch(mode=0o644)
    history_of(environ).symlink_to(other)
    assert typed(environ, "a question\r") == ["a question"]
    assert (other.read_text(), stat.S_IMODE(other.stat().st_mode)) == ("", 0o644)


def test_a_pipe_in_its_place_is_not_waited_for(environ: dict[str, str]) -> None:
    """The chat goes on without a history."""
    os.mkfifo(history_of(environ))
    assert typed(environ, "a question\r") == ["a question"]


def test_without_history_nothing_is_kept(environ: dict[str, str], tmp_path: Path) -> None:
    """Not even a folder is made."""
    typed(environ, "a secret question\r", keep=False)
    assert list(tmp_path.iterdir()) == []


def test_tab_replaces_the_last_word() -> None:
    """By what the conversation offers."""
    found = _ChatCompleter(Talk()).get_completions(Document("/mo"), CompleteEvent())
    assert [(each.text, each.start_position) for each in found] == [("/model", -3)]


def test_a_data_directory_that_cannot_be_used_costs_only_the_history(tmp_path: Path) -> None:
    """The chat goes on."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert typed({"HOME": str(tmp_path), "XDG_DATA_HOME": str(blocked)}, "one\r") == ["one"]
