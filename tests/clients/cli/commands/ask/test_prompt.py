"""Where the prompt comes from."""

import os
import threading
from pathlib import Path

import pytest

from aircher_cli import standard_input
from aircher_cli.commands.ask import prompt
from aircher_cli.commands.ask.prompt import LEFT_TO_LOOP, read_prompt
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from helpers.daemon.cli import Stream

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


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


def test_images_make_parts(tmp_path: Path) -> None:
    """With an image the content is a list of parts, in the order of the command line."""
    (tmp_path / "a.png").write_bytes(PNG)
    content = read_prompt(context_of("in"), ["look"], [str(tmp_path / "a.png")])
    assert isinstance(content, list)
    assert [part["type"] for part in content] == ["text", "image", "text"]
    assert [part.get("text") for part in content] == [f"look\n\n{tmp_path}/a.png:", None, "in"]


def test_an_image_in_a_pipe() -> None:
    """`screenshot | aircher-cli ask ...` needs no option."""
    keyboard = Stream(PNG)
    content = read_prompt(Context(Console(None, None, {}), {}, keyboard), [], [])
    assert isinstance(content, list)
    assert [part["type"] for part in content] == ["text", "image"]


@pytest.mark.parametrize(
    ("data", "kind"), [(b"%PDF-1.4\ntext", "document"), (b"fLaC\0\0\0\x22", "audio")]
)
def test_a_pdf_or_sound_in_a_pipe(data: bytes, kind: str) -> None:
    """`curl ... | aircher-cli ask` needs no option either."""
    content = read_prompt(Context(Console(None, None, {}), {}, Stream(data)), [], [])
    assert isinstance(content, list)
    assert [part["type"] for part in content] == ["text", kind]


def test_a_pipe_that_is_no_text() -> None:
    """What is refused in a file is refused there, too."""
    with pytest.raises(
        CommandFailed,
        match="standard input cannot be sent: it is neither text, an image, a PDF nor",
    ):
        read_prompt(context_of("a\0b"), [], [])


def test_standard_input_may_belong_to_another() -> None:
    """An option that reads it leaves nothing for the prompt."""
    assert read_prompt(context_of("in"), ["hi"], [], reads_input=False) == "hi"


def test_a_prompt_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no frame can hold is refused in plain words."""
    monkeypatch.setattr(prompt, "MAX_BYTES", 10)
    with pytest.raises(CommandFailed, match="over 30 MiB"):
        read_prompt(context_of(None), ["é" * 6], [])


def test_images_count_towards_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several that would pass alone may be too many."""
    monkeypatch.setattr(prompt, "MAX_BYTES", 30)
    with pytest.raises(CommandFailed, match="over 30 MiB"):
        read_prompt(Context(Console(None, None, {}), {}, Stream(PNG * 2)), [], [])


@pytest.mark.parametrize(
    ("words", "notice"),
    [
        (["hi"], "reading standard input until it ends; to ignore it, add < /dev/null"),
        ([], "reading standard input; end it with Ctrl-D, or end the program that writes it"),
    ],
)
def test_waiting_for_endless_input_is_reported(
    monkeypatch: pytest.MonkeyPatch, words: list[str], notice: str
) -> None:
    """Started with an open pipe that says nothing, it says what it waits for."""
    monkeypatch.setattr(standard_input, "NOTICE_AFTER_SECONDS", 0.01)
    reader, writer = os.pipe()
    errors = Stream()
    timer = threading.Timer(0.1, os.close, (writer,))
    with open(reader, encoding="utf-8") as stdin:  # noqa: PTH123 -- a descriptor
        timer.start()
        text = read_prompt(Context(Console(None, errors, {}), {}, stdin), words, [])
        timer.join()
    assert text == " ".join(words)
    assert errors.text == f"aircher-cli: {notice}\n"


@pytest.mark.parametrize(
    ("words", "read_before", "expected", "is_noted"),
    [
        (["hi"], 0, "hi\n\none\ntwo", False),
        (["hi"], 4, "hi", True),
        (["hi"], 8, "hi", False),
        ([], 4, "two", False),
    ],
)
def test_the_file_of_a_loop(
    tmp_path: Path, words: list[str], read_before: int, expected: str, is_noted: bool
) -> None:
    """The shell has read a line of it, and needs the others; the last round leaves nothing."""
    (tmp_path / "lines").write_text("one\ntwo\n")
    errors = Stream()
    with (tmp_path / "lines").open() as stdin:
        os.read(stdin.fileno(), read_before)
        text = read_prompt(Context(Console(None, errors, {}), {}, stdin), words, [])
        assert os.lseek(stdin.fileno(), 0, os.SEEK_CUR) == (
            read_before if words and read_before else 8
        )
    assert text == expected
    assert errors.text == (f"{LEFT_TO_LOOP}\n" if is_noted else "")


@pytest.mark.parametrize("other", ["a file", "messages"])
def test_a_loop_over_names_of_files(tmp_path: Path, other: str) -> None:
    """`ask -f "$name"` and `ask --messages "$name"` need no words, and leave the loop its file."""
    (tmp_path / "names").write_text("one\ntwo\n")
    files = [str(tmp_path / "names")] if other == "a file" else []
    with (tmp_path / "names").open() as stdin:
        os.read(stdin.fileno(), 4)
        context = Context(Console(None, Stream(), {}), {}, stdin)
        read_prompt(context, [], files, has_messages=other == "messages")
        assert os.lseek(stdin.fileno(), 0, os.SEEK_CUR) == 4
