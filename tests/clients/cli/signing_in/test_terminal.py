"""Questions on a real pseudo-terminal; that signals restore the echo is tested end to end."""

import os
import select
import signal
import termios
import threading
from collections.abc import Callable, Iterator

import pytest

from aircher_cli.signing_in.terminal import Terminal
from aircher_cli.terminal_modes import FATAL
from helpers.daemon.real_daemon import wait_until

HANDLED = (*FATAL, signal.SIGTSTP, signal.SIGCONT)


class Pair:
    """A terminal and the person at it; `written` is what the program wrote."""

    def __init__(self) -> None:
        self.ours, self.theirs = os.openpty()
        self.written = ""
        self.terminal = Terminal(self.theirs, self._write)
        self._typist: threading.Thread | None = None

    def _write(self, text: str) -> None:
        self.written += text

    def has_echo(self) -> bool:
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def type(self, data: bytes) -> None:
        os.write(self.ours, data)

    def type_answer(self, data: bytes) -> None:
        """Type as soon as the question is shown."""

        def run() -> None:
            wait_until(lambda: bool(self.written), "the question is written")
            self.type(data)

        self._start(run)

    def type_hidden(self, data: bytes) -> None:
        """Type as soon as the echo is off."""

        def run() -> None:
            wait_until(lambda: not self.has_echo(), "the echo is off")
            wait_until(lambda: bool(self.written), "the prompt is written")
            self.type(data)

        self._start(run)

    def _start(self, run: Callable[[], None]) -> None:
        self._typist = threading.Thread(target=run)
        self._typist.start()

    def close(self) -> None:
        if self._typist:
            self._typist.join()
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize(
    ("typed", "expected"), [(b"1\n", "1"), (b"  two \n", "two"), (b"\n", ""), (b"\x04", None)]
)
def test_a_question(pair: Pair, typed: bytes, expected: str | None) -> None:
    """The answer has no white space around it; Ctrl-D is None, and ends the line."""
    pair.type_answer(typed)
    assert pair.terminal.ask("Which? ") == expected
    assert pair.written == ("Which? \n" if expected is None else "Which? ")


def test_a_paste_is_one_answer(pair: Pair) -> None:
    """None of its lines is left to be run by the shell."""
    pair.type_answer(b"canary\n\nrm -rf x\n")
    assert pair.terminal.ask("Which? ") == "canary\n\nrm -rf x"
    assert not select.select([pair.theirs], [], [], 0)[0]


def test_what_was_typed_before_the_question_is_no_answer(pair: Pair) -> None:
    """It was meant for the shell, or for nothing."""
    pair.type(b"1\n")
    wait_until(lambda: bool(select.select([pair.theirs], [], [], 0)[0]), "it has arrived")
    pair.type_answer(b"2\n")
    assert pair.terminal.ask("Which? ") == "2"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (b"key-1\n", "key-1"),
        (b"  key-1 \r\n", "key-1"),
        (b"\n\nkey-1\n\n", "key-1"),
        (b"key-\n1\n", "key-\n1"),
        (b"\x1b[200~key-1\n\x1b[201~\n", "key-1"),
        (b"k\xff1\n", "k\ufffd1"),
        (b"\n", ""),
        (b"\x04", None),
    ],
)
def test_a_hidden_answer(pair: Pair, typed: bytes, expected: str | None) -> None:
    """All lines of a paste are read, the echo is on again, and the prompt's line is ended."""
    pair.type_hidden(typed)
    assert pair.terminal.ask_hidden("Key: ") == expected
    assert pair.has_echo()
    assert pair.written == ("Key: " if expected is None else "Key: \n")


def test_ctrl_c_restores_the_echo(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """KeyboardInterrupt goes on to the caller, and the signal handlers are as before."""

    def interrupt(_fd: int, _size: int) -> bytes:
        assert not pair.has_echo()
        raise KeyboardInterrupt

    before = [signal.getsignal(each) for each in HANDLED]
    monkeypatch.setattr(os, "read", interrupt)
    with pytest.raises(KeyboardInterrupt):
        pair.terminal.ask_hidden("Key: ")
    assert pair.has_echo()
    after = [signal.getsignal(each) for each in HANDLED]
    assert after == before


def test_no_terminal() -> None:
    """Nothing is asked where the answer would be visible."""
    ours, theirs = os.pipe()
    written: list[str] = []
    try:
        with pytest.raises(termios.error):
            Terminal(ours, written.append).ask_hidden("Key: ")
    finally:
        os.close(ours)
        os.close(theirs)
    assert written == []


def test_a_terminal_that_has_gone(pair: Pair) -> None:
    """It is the end of input."""
    ours, theirs = os.openpty()
    os.close(ours)
    assert Terminal(theirs, pair._write).ask("Which? ") is None
    os.close(theirs)
