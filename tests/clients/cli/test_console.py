"""The console: streams, colours, ASCII and control characters."""

import os
import sys
import termios

import pytest

from aircher_cli.console import UNLIMITED_WIDTH, Console, may_colour, strip_controls, terminal_width
from aircher_cli.exit_codes import CommandFailed
from helpers.daemon.cli import Stream


def console_of(
    environ: dict[str, str] | None = None, *, terminal: bool = True, encoding: str = "utf-8"
) -> tuple[Console, Stream, Stream]:
    out = Stream(terminal=terminal, encoding=encoding)
    err = Stream(terminal=terminal, encoding=encoding)
    return Console(out, err, environ or {}), out, err


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm"}, True),
    ],
)
def test_may_colour(environ: dict[str, str], expected: bool) -> None:
    """A non-empty NO_COLOR and a dumb terminal turn colours off."""
    assert expected == may_colour(environ)


@pytest.mark.parametrize(
    ("terminal", "environ", "expected"),
    [
        (True, {}, "\x1b[32m✓ good\x1b[0m\n"),
        (True, {"NO_COLOR": "1"}, "✓ good\n"),
        (False, {}, "✓ good\n"),
    ],
)
def test_colours_only_on_a_terminal(terminal: bool, environ: dict[str, str], expected: str) -> None:
    """A pipe and NO_COLOR get plain text."""
    console, out, _ = console_of(environ, terminal=terminal)
    console.line("✓ good", "good")
    assert expected == out.text


def test_symbols_in_ascii_if_the_output_shows_no_more() -> None:
    """An output that cannot show our symbols gets ASCII for them, and `?` for the rest."""
    console, out, _ = console_of({"NO_COLOR": "1"}, encoding="ascii")
    console.line("✓ ✗ … → – é")  # noqa: RUF001 -- a dash
    assert out.text == "+ x ... -> - ?\n"


def test_characters_that_cannot_be_encoded_are_replaced() -> None:
    """An emoji on a Latin-1 terminal, or a lone surrogate, does not end an answer."""
    console, out, _ = console_of(encoding="latin-1")
    console.write("é 🙂 \udcff")
    assert out.text == "é ? ?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b]0;title\x07", "]0;title"),
        ("safe\rwicked", "safewicked"),
        ("\x9b31m", "31m"),
        ("é🙂", "é🙂"),
    ],
)
def test_control_characters_do_not_reach_a_terminal(text: str, expected: str) -> None:
    """A model's output cannot control the terminal."""
    assert expected == strip_controls(text)
    console, out, _ = console_of()
    console.write(text)
    assert expected == out.text


def test_a_file_gets_the_answer_as_it_is() -> None:
    """Control characters are removed for terminals only."""
    console, out, _ = console_of(terminal=False)
    console.write("\x1b[1m")
    assert out.text == "\x1b[1m"


def test_a_note_starts_on_a_new_line() -> None:
    """On a terminal, a message in the middle of an answer has its own line."""
    console, out, err = console_of()
    console.write("half")
    console.note("broken")
    assert (out.text, err.text) == ("half\n", "broken\n")


def test_a_note_does_not_change_a_piped_answer() -> None:
    """In a pipe no newline is added to the answer."""
    console, out, _ = console_of(terminal=False)
    console.write("half")
    console.note("broken")
    assert out.text == "half"


def test_finish_line_adds_one_newline_at_most() -> None:
    """An answer ends with exactly one newline."""
    console, out, _ = console_of()
    console.finish_line()
    console.write("a")
    console.finish_line()
    console.write("b\n")
    console.finish_line()
    assert out.text == "a\nb\n"


def test_notes_wrap_on_a_terminal_only() -> None:
    """Lines are wrapped on a terminal, and whole in a pipe for `grep`."""
    text = "aircher-cli: the one thing that matters here is this"
    console, _, err = console_of({"COLUMNS": "30"})
    console.note(text)
    assert err.text == "aircher-cli: the one thing\n  that matters here is this\n"
    piped, _, err = console_of({"COLUMNS": "30"}, terminal=False)
    piped.note(text)
    assert err.text == f"{text}\n"


def test_width() -> None:
    """COLUMNS sets it; a pipe is unlimited; the minimum is 20."""
    assert terminal_width({"COLUMNS": "45"}) == 45
    assert terminal_width({"COLUMNS": "3"}) == 20
    console, _, _ = console_of(terminal=False)
    assert console.width == UNLIMITED_WIDTH


def test_closed_streams_discard_output() -> None:
    """With both outputs closed by the shell (`>&- 2>&-`) nothing fails."""
    console = Console(None, None, {})
    console.write("x")
    console.line("x")
    console.note("x")
    assert not console.is_terminal


def test_a_full_disk() -> None:
    """An answer that cannot be written fails with a reason, not a traceback."""
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 -- a device
        console = Console(full, None, {})
        with pytest.raises(CommandFailed, match="cannot write to standard output: No space left"):
            console.write("x")


def test_json_is_ascii() -> None:
    """JSON is written in ASCII, which every encoding can represent."""
    console, out, _ = console_of(terminal=False, encoding="ascii")
    console.json({"text": "é…\x1b"})
    assert out.text == '{"text": "\\u00e9\\u2026\\u001b"}\n'


@pytest.mark.parametrize(
    ("terminal", "environ", "expected"),
    [
        (False, {}, "hm, aha\n\nnote\n"),
        (True, {"NO_COLOR": "1"}, "hm, aha\n\nnote\n"),
        (True, {}, "\x1b[2mhm, \x1b[0m\x1b[2maha\x1b[0m\n\nnote\n"),
    ],
)
def test_an_aside(terminal: bool, environ: dict[str, str], expected: str) -> None:
    """It goes to standard error, dimmed if there are colours, and ends with a blank line."""
    err = Stream(terminal=terminal)
    console = Console(Stream(), err, environ)
    console.aside("hm, ")
    console.aside("aha")
    console.note("note")
    assert expected == err.text


def test_an_aside_within_an_answer_starts_on_a_new_line() -> None:
    """On a terminal, the answer continues below it."""
    out, err = Stream(terminal=True), Stream(terminal=True)
    console = Console(out, err, {"NO_COLOR": "1"})
    console.write("one")
    console.aside("hm\n")
    console.write("two")
    assert (out.text, err.text) == ("one\ntwo", "hm\n\n")


def test_a_painted_line_is_what_is_written() -> None:
    """A view draws many lines at once."""
    console, out, _ = console_of({}, encoding="ascii")
    pieces = [("✓", "good"), (" a\x1b[2Jb", "")]
    console.styled(pieces)
    assert f"{console.painted(pieces)}\n" == out.text == "\x1b[32m+\x1b[0m a[2Jb\n"
    assert console.encoding == "ascii"


def test_a_stream_without_a_descriptor_has_none() -> None:
    """As in tests, and when standard output was closed."""
    console, _, _ = console_of()
    assert console.fileno() is None
    assert Console(None, None, {}).fileno() is None


def test_what_is_rendered_already_keeps_its_escape_sequences() -> None:
    """They are our own; and the console knows where the line ends."""
    console, out, _ = console_of()
    console.write_rendered("\x1b[1mbold\x1b[0m")
    assert (out.text, console.is_at_line_start) == ("\x1b[1mbold\x1b[0m", False)
    console.write_rendered("\n")
    assert console.is_at_line_start


@pytest.mark.parametrize(("terminal", "term"), [(False, "xterm"), (True, "dumb")])
def test_a_pipe_and_a_dumb_terminal_have_no_last_row(*, terminal: bool, term: str) -> None:
    """What is printed there is scrolled or read by a program, so nothing is left out."""
    assert console_of({"TERM": term}, terminal=terminal)[0].rows is None


def test_the_rows_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are those of standard output; a terminal that reports none is without an end."""
    master, slave = os.openpty()
    with os.fdopen(master, "rb"), os.fdopen(slave, "w") as out:
        monkeypatch.setattr(sys, "__stdout__", out)
        assert console_of()[0].rows is None
        termios.tcsetwinsize(slave, (15, 40))
        assert console_of()[0].rows == 15
