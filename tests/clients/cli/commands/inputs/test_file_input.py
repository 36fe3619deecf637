"""Files that a command line names."""

import os
import threading
from pathlib import Path

import pytest

from aircher_cli import standard_input
from aircher_cli.commands.inputs import file_input
from aircher_cli.commands.inputs.file_input import read_bytes, refuse_repeated_stdin
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed, UsageError
from helpers.daemon.cli import Stream


def context_of(stdin: bytes = b"") -> Context:
    return Context(Console(None, None, {}), {}, Stream(stdin))


def test_a_file_and_standard_input(tmp_path: Path) -> None:
    """Bytes come as they are, from a file or from standard input."""
    (tmp_path / "x").write_bytes(b"\xff\0")
    assert read_bytes(context_of(), str(tmp_path / "x")) == b"\xff\0"
    assert read_bytes(context_of(b"\xfe\0"), "-") == b"\xfe\0"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is named with the reason, and with its nearest neighbour."""
    (tmp_path / "notes.md").touch()
    with pytest.raises(CommandFailed, match=r"cannot read .*/notse\.md: No such file") as caught:
        read_bytes(context_of(), str(tmp_path / "notse.md"))
    assert caught.value.message.endswith("(did you mean notes.md?)")


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """Where there is no neighbour, the reason stands alone."""
    with pytest.raises(CommandFailed, match=r"No such file or directory$"):
        read_bytes(context_of(), str(tmp_path / "none" / "x.md"))


def test_a_directory(tmp_path: Path) -> None:
    """A directory is not read without being asked for."""
    with pytest.raises(CommandFailed, match="is a directory; pass the files in it"):
        read_bytes(context_of(), str(tmp_path))


def test_a_file_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason, and how to look further; root, who may read everything, is no way to test it."""

    def refuse(*_: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(
        CommandFailed, match="cannot read x: Permission denied; check its permissions"
    ):
        read_bytes(context_of(), "x")


def test_a_named_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening it does not wait for a writer in silence."""
    monkeypatch.setattr(standard_input, "NOTICE_AFTER_SECONDS", 0.01)
    fifo, errors = tmp_path / "fifo", Stream()
    os.mkfifo(fifo)
    timer = threading.Timer(0.1, fifo.write_bytes, (b"late",))
    timer.start()
    context = Context(Console(None, errors, {}), {}, Stream())
    assert read_bytes(context, str(fifo)) == b"late"
    timer.join()
    assert errors.text == f"aircher-cli: reading {fifo} until it ends\n"


def test_an_endless_file() -> None:
    """No more is read than a request can hold."""
    with pytest.raises(CommandFailed, match="/dev/zero is over 30 MiB"):
        read_bytes(context_of(), "/dev/zero")


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    """Nothing to send is a mistake somewhere: a redirection gone wrong, for instance."""
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(CommandFailed, match="x is empty"):
        read_bytes(context_of(), str(tmp_path / "x"))
    with pytest.raises(CommandFailed, match="standard input is empty"):
        read_bytes(context_of(content), "-")


def test_a_file_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What never ends is read up to the limit and refused."""
    monkeypatch.setattr(file_input, "MAX_BYTES", 10)
    with pytest.raises(CommandFailed, match="/dev/random is over 30 MiB"):
        read_bytes(context_of(), "/dev/random")


def test_standard_input_can_be_read_once() -> None:
    """The second time it would be empty without a word."""
    refuse_repeated_stdin({"-f": 1, "--tools": 0})
    with pytest.raises(UsageError, match=r"only once, but is given as -f -, -f -, --tools -"):
        refuse_repeated_stdin({"-f": 2, "--tools": 1})
