"""What a command may use of the world."""

import io

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from helpers.daemon.cli import Stream


def context_of(stdin: Stream | None) -> Context:
    return Context(Console(None, None, {}), {}, stdin)


def test_invalid_utf_8_on_standard_input_survives() -> None:
    """Bytes that are not UTF-8 become surrogates, which the daemon knows how to treat."""
    assert context_of(Stream(b"caf\xe9")).read_input() == "caf\udce9"


def test_line_ends_are_kept() -> None:
    """Standard input is read as bytes: nobody rewrites its line ends."""
    assert context_of(Stream(b"a\r\nb\r\n")).read_input() == "a\r\nb\r\n"


def test_a_terminal_or_a_closed_input_is_nothing_to_read() -> None:
    """A keyboard is not waited for, and neither is an input that the shell closed."""
    assert not context_of(Stream(terminal=True)).has_input()
    assert not context_of(None).has_input()
    assert context_of(Stream()).has_input()
    assert context_of(None).read_input() == ""


def test_standard_input_that_cannot_be_read() -> None:
    """A disk or a terminal that fails is told, and is no defect of ours."""

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    stdin = io.TextIOWrapper(Broken())
    with pytest.raises(CommandFailed, match="cannot read standard input: Input/output error"):
        Context(Console(None, None, {}), {}, stdin).read_input()
