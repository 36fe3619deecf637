"""Where the prompt comes from."""

import os
import threading
from pathlib import Path

import pytest

from aircher_cli.commands import prompt
from aircher_cli.commands.prompt import read_prompt, read_text_file
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exits import CommandFailed, UsageError
from helpers.cli import Stream


def context_of(stdin: str | None) -> Context:
    keyboard = Stream((stdin or "").encode(), terminal=stdin is None)
    return Context(Console(None, Stream(), {}), {}, keyboard)


@pytest.mark.parametrize(
    ("words", "stdin", "expected"),
    [
        (["a", "b"], None, "a b"),
        ([], "x\n", "x"),
        (["a"], "  x\n\n", "a\n\n  x"),
        (["a"], "", "a"),
        (["a"], "\n", "a"),
        ([], None, ""),
        ([""], "x", "x"),
    ],
)
def test_arguments_and_input(words: list[str], stdin: str | None, expected: str) -> None:
    """Arguments, a blank line, standard input; what is empty leaves no blank line behind."""
    assert expected == read_prompt(context_of(stdin), words, [])


def test_files_stand_between(tmp_path: Path) -> None:
    """A file is named and fenced, so that the model knows where it begins and ends."""
    note = tmp_path / "note.md"
    note.write_text("one\ntwo\n")
    text = read_prompt(context_of("in"), ["read"], [str(note)])
    assert text == f"read\n\n{note}:\n```\none\ntwo\n```\n\nin"


def test_standard_input_as_a_file() -> None:
    """`-` is standard input: it stands with the files, and is not added a second time."""
    text = read_prompt(context_of("in\n"), ["read"], ["-"])
    assert text == "read\n\nstandard input:\n```\nin\n```"


def test_standard_input_can_be_read_once() -> None:
    """The second time it would be empty without a word."""
    with pytest.raises(UsageError, match="only once"):
        read_prompt(context_of("in"), [], ["-", "-"])


def test_standard_input_that_is_no_text() -> None:
    """What is refused in a file is refused there, too."""
    with pytest.raises(CommandFailed, match="standard input is not a text file"):
        read_prompt(context_of("a\0b"), [], ["-"])


def test_a_fence_is_longer_than_those_within(tmp_path: Path) -> None:
    """A file with fences of its own does not end early."""
    note = tmp_path / "a.md"
    note.write_text("```\ncode\n```")
    assert read_text_file(str(note)) == f"{note}:\n````\n```\ncode\n```\n````"


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """A binary file is refused instead of sent as noise."""
    (tmp_path / "x.bin").write_bytes(b"a\0b")
    with pytest.raises(CommandFailed, match="is not a text file"):
        read_text_file(str(tmp_path / "x.bin"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is named with the reason."""
    with pytest.raises(CommandFailed, match=r"cannot read .*x\.md: No such file"):
        read_text_file(str(tmp_path / "x.md"))


def test_a_prompt_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no frame can hold is refused in plain words."""
    monkeypatch.setattr(prompt, "MAX_BYTES", 10)
    with pytest.raises(CommandFailed, match="over 30 MiB"):
        read_prompt(context_of(None), ["é" * 6], [])


def test_waiting_for_an_input_that_does_not_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started with an open pipe that says nothing, it says what it waits for."""
    monkeypatch.setattr(prompt, "PATIENCE", 0.01)
    reader, writer = os.pipe()
    errors = Stream()
    timer = threading.Timer(0.2, os.close, (writer,))
    with open(reader, encoding="utf-8") as stdin:  # noqa: PTH123 -- a descriptor
        timer.start()
        text = read_prompt(Context(Console(None, errors, {}), {}, stdin), ["hi"], [])
        timer.join()
    assert text == "hi"
    assert "waiting for standard input" in errors.text
