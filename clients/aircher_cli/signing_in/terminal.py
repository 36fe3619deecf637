r"""Questions on the user's terminal, one of them hidden. Restores the echo however it ends.

hidden: echo off ─> read what was pasted ─> echo on
├─ Ctrl-C: KeyboardInterrupt
├─ SIGTERM, SIGHUP, Ctrl-\: echo on, then the signal ends the program as usual
└─ Ctrl-Z: echo on, the program stops; after `fg` echo off, and the prompt again
"""

import contextlib
import os
import select
import signal
import termios
from collections.abc import Callable, Iterator
from types import FrameType

from aircher_cli.terminal_modes import FATAL, set_modes

PASTE_SECONDS = 0.1
"""How long a terminal takes at most to pass on the next line of what was pasted."""
MAX_BYTES = 64 * 1024
"""A key is shorter; a pasted file is not read to its end."""

STDIN, STDERR = 0, 2

PASTE_MARKS = (b"\x1b[200~", b"\x1b[201~")
"""What a terminal puts around a paste, if a program before this one asked for it and ended."""


class Terminal:
    """A terminal that a person reads and types on. `fd` is open for reading."""

    def __init__(self, fd: int, write: Callable[[str], object]) -> None:
        self._fd = fd
        self._write = write

    def ask(self, prompt: str) -> str | None:
        """Return a line, without white space around it; None at the end of input (Ctrl-D).

        What was typed before the question is discarded: it was no answer. The lines of a paste are
        one answer, so that none of them is a command of the shell afterwards.
        """
        with contextlib.suppress(termios.error):  # gone, as reading will tell
            termios.tcflush(self._fd, termios.TCIFLUSH)
        self._write(prompt)
        data = self._read_paste()
        if not data.endswith(b"\n"):
            self._write("\n")
        return data.decode(errors="replace").strip() if data else None

    def ask_hidden(self, prompt: str) -> str | None:
        """Return what was typed or pasted, while the terminal shows nothing of it.

        All lines of a paste belong to it: the rest would go to the shell otherwise. At the end of
        input it is None, and the cursor is still in the prompt's line, as after Ctrl-C.

        Raises:
            termios.error: this is no terminal, so nothing can be hidden.
        """
        with _hidden(self._fd, prompt):
            self._write(prompt)
            data = self._read_paste()
        if not data:
            return None
        self._write("\n")
        for mark in PASTE_MARKS:
            data = data.replace(mark, b"")
        return data.decode(errors="replace").strip()

    def _read_paste(self) -> bytes:
        """Return all lines that arrive together; empty lines before them are ignored."""
        data = self._read_line()
        while data and len(data) < MAX_BYTES and self._has_more():
            more = self._read_line()
            if not more:
                break
            data += more
        return data

    def _has_more(self) -> bool:
        return bool(select.select([self._fd], [], [], PASTE_SECONDS)[0])

    def _read_line(self) -> bytes:
        """Return one line; the terminal keeps a line until Enter, so that it can be edited."""
        try:
            return os.read(self._fd, 4096)
        except OSError:  # the terminal has gone
            return b""


def ask_hidden(prompt: str) -> str | None:
    """Ask at the controlling terminal, or else at standard input; as `Terminal.ask_hidden`.

    Raises:
        termios.error: there is no terminal.
    """
    try:
        fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return Terminal(STDIN, lambda text: os.write(STDERR, text.encode())).ask_hidden(prompt)
    try:
        return Terminal(fd, lambda text: os.write(fd, text.encode())).ask_hidden(prompt)
    finally:
        os.close(fd)


@contextlib.contextmanager
def _hidden(fd: int, prompt: str) -> Iterator[None]:
    """Switch the echo off, and on again at the end, in a stop, and before a signal ends all.

    `prompt` is shown again after a stop.
    """
    shown = termios.tcgetattr(fd)
    # Never from the modes of a later moment: in the background these are the shell's own.
    hidden = [*shown]
    hidden[3] &= ~termios.ECHO

    def hide() -> None:
        set_modes(fd, termios.TCSAFLUSH, hidden)

    def show() -> None:
        with contextlib.suppress(termios.error):  # the terminal is gone
            # What was typed meanwhile is discarded: it may be the rest of a key.
            set_modes(fd, termios.TCSAFLUSH, shown)

    def end(number: int, _frame: FrameType | None) -> None:
        show()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def stop(number: int, _frame: FrameType | None) -> None:
        show()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # returns after SIGCONT, which `resume` handles
        signal.signal(number, stop)

    def resume(_number: int, _frame: FrameType | None) -> None:
        # After SIGSTOP, too: the shell has switched the echo on meanwhile.
        hide()
        # Not through the stream: the signal may have come while it was writing.
        with contextlib.suppress(OSError):
            os.write(STDERR, prompt.encode())

    handlers = {**dict.fromkeys(FATAL, end), signal.SIGTSTP: stop, signal.SIGCONT: resume}
    before = {number: signal.getsignal(number) for number in handlers}
    for number, handler in handlers.items():
        if before[number] is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, handler)
    try:
        hide()
        yield
    finally:
        show()
        for number, old in before.items():
            signal.signal(number, old if old is not None else signal.SIG_DFL)
