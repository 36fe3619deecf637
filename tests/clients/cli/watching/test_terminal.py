"""The alternate screen, in a real pseudo-terminal: what is written, and what is restored."""

import os
import pty
import signal
import termios
from collections.abc import Iterator

import pytest

from aircher_cli.watching.terminal import ENTER, LEAVE, LiveTerminal, TerminalClosed

MARK = b"<mark>"


class Pair:
    """A pseudo-terminal: `slave` is the program's end."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()

    def read(self) -> str:
        """Return what was written since the last time: all before a mark that is written now."""
        os.write(self.slave, MARK)
        data = b""
        while not data.endswith(MARK):
            data += os.read(self.master, 65536)
        return data.removesuffix(MARK).decode()

    def settings(self) -> list[object]:
        return termios.tcgetattr(self.slave)


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    made = Pair()
    # The test's own session has another controlling terminal.
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
    yield made
    for end in (made.master, made.slave):
        os.close(end)


HANDLED = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH),
)


def test_the_terminal_is_left_as_it_was_found(pair: Pair) -> None:
    """Its settings, its screen, and the handlers of signals."""
    before, handlers = pair.settings(), [signal.getsignal(number) for number in HANDLED]
    with LiveTerminal(pair.slave, pair.slave):
        assert pair.read() == ENTER
        assert pair.settings() != before
        assert [signal.getsignal(number) for number in HANDLED] != handlers
    assert pair.read() == LEAVE
    assert pair.settings() == before
    assert [signal.getsignal(number) for number in HANDLED] == handlers


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyboardInterrupt(), SystemExit(3)])
def test_an_exception_restores_it_and_goes_on(pair: Pair, error: BaseException) -> None:
    """So that its message is on the normal screen."""
    before = pair.settings()
    with pytest.raises(type(error)), LiveTerminal(pair.slave, pair.slave):
        raise error
    assert pair.read() == ENTER + LEAVE
    assert pair.settings() == before


def test_closing_twice_writes_once(pair: Pair) -> None:
    """A caller may close it again, for a signal in between."""
    terminal = LiveTerminal(pair.slave, pair.slave)
    with terminal:
        pass
    terminal.close()
    assert pair.read() == ENTER + LEAVE


def test_ctrl_c_raises(pair: Pair) -> None:
    """As everywhere else; but not while the terminal is being restored."""
    terminal = LiveTerminal(pair.slave, pair.slave)
    with pytest.raises(KeyboardInterrupt), terminal:
        os.kill(os.getpid(), signal.SIGINT)
    terminal._interrupt(signal.SIGINT, None)
    terminal._end(signal.SIGTERM, None)


def test_a_fatal_signal_restores_it_before_the_process_ends(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends by the same signal, so its caller sees that."""
    killed: list[tuple[int, object, str]] = []

    def kill(_pid: int, number: int) -> None:
        killed.append((number, signal.getsignal(number), pair.read()))

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(os, "kill", kill)
    try:
        with pytest.raises(BaseException, match="15"), LiveTerminal(pair.slave, pair.slave):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert killed == [(signal.SIGTERM, signal.SIG_DFL, ENTER + LEAVE)]


def test_an_ignored_signal_stays_ignored(pair: Pair) -> None:
    """As after `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with LiveTerminal(pair.slave, pair.slave):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert pair.read() == ENTER + LEAVE


def test_a_frame_is_written_once_and_whole(pair: Pair) -> None:
    """Each line is cleared first, and the rest of the screen; the same frame writes nothing."""
    with LiveTerminal(pair.slave, pair.slave) as terminal:
        terminal.draw(["old"])
        pair.read()
        terminal.draw(["new", "two"])
        assert pair.read().replace("\r\r", "\r") == "\x1b[H\x1b[Knew\r\n\x1b[Jtwo"
        terminal.draw(["new", "two"])
        assert pair.read() == ""


def test_a_new_size_clears_the_screen(pair: Pair) -> None:
    """The terminal may have moved the lines; `wait` returns at once."""
    with LiveTerminal(pair.slave, pair.slave) as terminal:
        terminal.draw(["same"])
        signal.raise_signal(signal.SIGWINCH)
        terminal.wait(None, 20)
        pair.read()
        terminal.draw(["same"])
        assert pair.read().startswith("\x1b[2J")


def test_what_cannot_be_encoded_is_replaced(pair: Pair) -> None:
    """A terminal without Unicode shows the rest."""
    with LiveTerminal(pair.slave, pair.slave, encoding="ascii") as terminal:
        pair.read()
        terminal.draw(["caf\u00e9"])
    assert "caf?" in pair.read()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (b"q", True),
        (b"Q", True),
        (b"\x1b", True),
        (b"\x04", True),
        (b"jq", True),
        (b"\x1b[A", False),
        (b"\x1b[Aq", True),
        (b"\x1bOP\x1b[1;5C", False),
        (b"\x1bq", False),
        (b"\x1b\x1b", True),
        (b"\x1b[200~q\x1b[201~", False),
        (b"x", False),
    ],
)
def test_keys_that_leave(pair: Pair, typed: bytes, expected: object) -> None:
    """A key that is longer than Esc, and a pasted text, are something else."""
    with LiveTerminal(pair.slave, pair.slave) as terminal:
        os.write(pair.master, typed)
        assert terminal.wait(None, 20).leaves is expected


def test_another_descriptor_wakes_it(pair: Pair) -> None:
    """The connection to the daemon."""
    read_end, write_end = os.pipe()
    with LiveTerminal(pair.slave, None) as terminal:
        os.write(write_end, b"x")
        assert terminal.wait(read_end, 20).others
        os.read(read_end, 1)
        assert not terminal.wait(read_end, 0).others
    os.close(read_end)
    os.close(write_end)


def test_without_a_keyboard_the_settings_stay(pair: Pair) -> None:
    """Standard input may be a file."""
    before = pair.settings()
    with LiveTerminal(pair.slave, None) as terminal:
        assert pair.settings() == before
        os.write(pair.master, b"q")
        assert not terminal.wait(None, 0).leaves


def test_a_terminal_that_is_gone_is_an_error(pair: Pair) -> None:
    """Not a crash; restoring it is not tried in vain."""
    with LiveTerminal(pair.slave, pair.slave) as terminal:
        os.close(pair.master)
        with pytest.raises(TerminalClosed):
            terminal.draw(["x"])
        assert not terminal.wait(None, 20).leaves
    pair.master, unused = pty.openpty()
    os.close(unused)


def test_the_size_is_that_of_now(pair: Pair) -> None:
    """And a usual one where the terminal does not say."""
    with LiveTerminal(pair.slave, pair.slave) as terminal:
        assert terminal.size == (80, 24)
        termios.tcsetwinsize(pair.slave, (15, 40))
        assert terminal.size == (40, 15)


def test_in_the_background_the_terminal_is_left_alone(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows the shell's lines by then."""
    with LiveTerminal(pair.slave, pair.slave):
        monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
        pair.read()
    assert pair.read() == ""
