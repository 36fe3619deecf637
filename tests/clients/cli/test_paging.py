"""The pager, on a real terminal."""

import fcntl
import os
import pty
import struct
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_cli.console import Console
from aircher_cli.paging import pager_command, print_lines
from aircher_cli.render.layout import Line
from helpers.daemon.cli import Stream

MANY: list[Line] = [[(f"row {number}", "bold")] for number in range(40)]
FEW = MANY[:3]


class Screen:
    """A terminal of 24 lines."""

    def __init__(self) -> None:
        self._ours, self.theirs = pty.openpty()
        self.out = open(self.theirs, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def read_until(self, end: str) -> str:
        """Return what was written, up to `end`."""
        text = ""
        while not text.endswith(end):
            text += os.read(self._ours, 65536).decode().replace("\r\n", "\n")
        return text

    def close(self) -> None:
        self.out.close()
        os.close(self._ours)
        os.close(self.theirs)


@pytest.fixture
def screen() -> Iterator[Screen]:
    """A terminal."""
    found = Screen()
    yield found
    found.close()


def show(screen: Screen, lines: list[Line], **environ: str) -> bool:
    full = {"PATH": os.environ["PATH"], "NO_COLOR": "1", **environ}
    return print_lines(Console(screen.out, None, full), full, lines)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "less"),
        ({"PAGER": "more"}, "more"),
        ({"PAGER": "more", "AIRCHER_PAGER": "most -s"}, "most -s"),
        ({"PAGER": "more", "AIRCHER_PAGER": ""}, ""),
        ({"PAGER": "cat"}, ""),
        ({"TERM": "dumb"}, ""),
    ],
)
def test_choice(environ: dict[str, str], expected: str) -> None:
    """The own variable comes before the general one; `cat` and an empty one mean none."""
    assert expected == pager_command(environ)


@pytest.mark.parametrize("command", ["tee {}", "cat > {}", "LESSOPEN= tee {}"])
def test_long_output_goes_to_the_pager(screen: Screen, tmp_path: Path, command: str) -> None:
    """All of it, through a command with arguments or one for a shell."""
    seen = tmp_path / "seen"
    assert show(screen, MANY, PAGER=command.format(seen))
    assert seen.read_text().splitlines() == [f"row {number}" for number in range(40)]


def test_notes_are_below_the_lines(screen: Screen, tmp_path: Path) -> None:
    """In the pager, which would hide them on standard error."""
    full = {"PATH": os.environ["PATH"], "NO_COLOR": "1", "PAGER": f"tee {tmp_path / 'seen'}"}
    err = Stream()
    assert print_lines(Console(screen.out, err, full), full, MANY, ["a note"])
    assert (tmp_path / "seen").read_text().endswith("row 39\n\na note\n")
    assert err.text == ""


def test_less_gets_the_options_of_git(screen: Screen, tmp_path: Path) -> None:
    """Unless the user has others."""
    seen = tmp_path / "seen"
    command = f"sh -c 'echo $LESS > {seen}; cat > /dev/null'"
    show(screen, MANY, PAGER=command)
    assert seen.read_text() == "FRX\n"
    show(screen, MANY, PAGER=command, LESS="-i")
    assert seen.read_text() == "-i\n"


@pytest.mark.parametrize("command", ["no-such-pager", "no-such-pager | cat -n; exit 127", "/"])
def test_a_missing_pager_is_no_error(screen: Screen, command: str) -> None:
    """The lines are printed as if there were none."""
    assert not show(screen, MANY, PAGER=command)
    assert "row 0\nrow 1\n" in screen.read_until("row 39\n")


def test_a_pager_that_is_left_early_is_no_error(screen: Screen) -> None:
    """It gets more than a pipe holds, and reads little or nothing."""
    long: list[Line] = [[("x" * 1000, "")]] * 1000
    assert show(screen, long, PAGER="true")
    assert show(screen, long, PAGER="head -n 1")
    assert screen.read_until("\n") == "x" * 1000 + "\n"


def test_short_output_needs_none(screen: Screen) -> None:
    """What fits on the terminal is printed at once."""
    assert not show(screen, FEW, PAGER="false")
    assert screen.read_until("row 2\n") == "row 0\nrow 1\nrow 2\n"


def test_no_pager_in_a_pipe() -> None:
    """A script gets the lines."""
    out = Stream()
    environ = {"PAGER": "false"}
    assert not print_lines(Console(out, None, environ), environ, MANY)
    assert out.text.endswith("row 39\n")
