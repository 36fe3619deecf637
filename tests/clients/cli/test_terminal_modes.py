"""The modes of a terminal, on a real pseudo-terminal; the background is tested end to end."""

import errno
import os
import termios

import pytest

from aircher_cli.terminal_modes import set_modes


def test_the_modes_are_set() -> None:
    """They are those of `tcgetattr`."""
    ours, theirs = os.openpty()
    modes = termios.tcgetattr(theirs)
    modes[3] &= ~termios.ECHO
    set_modes(theirs, termios.TCSANOW, modes)
    assert termios.tcgetattr(theirs) == modes
    os.close(ours)
    os.close(theirs)


def test_an_interrupted_call_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after `bg` and `fg`."""
    errors = [errno.EINTR, errno.EINTR]

    def interrupted(_fd: int, _when: int, _modes: list[object]) -> None:
        if errors:
            raise termios.error(errors.pop(), "interrupted")

    monkeypatch.setattr(termios, "tcsetattr", interrupted)
    set_modes(0, termios.TCSANOW, [])
    assert errors == []


def test_no_terminal_is_an_error() -> None:
    """A pipe has no modes."""
    ours, theirs = os.pipe()
    with pytest.raises(termios.error):
        set_modes(ours, termios.TCSANOW, [0, 0, 0, 0, 0, 0, [b"\0"] * 32])
    os.close(ours)
    os.close(theirs)
