"""A terminal that shows one frame after the other, and is left as it was found.

The frames are drawn in the alternate screen, so the shell's lines come back at the end. Every exit
restores the terminal:

    q, Esc, an exception, Ctrl-C    by leaving the context
    SIGTERM, SIGHUP, SIGQUIT        likewise; then the process ends by the signal, as by default
    Ctrl-Z                          restores, stops, and continues with a new frame after `fg`
    SIGSTOP and SIGCONT             the modes are set again, whatever the shell did meanwhile

Everything is written with one system call per frame, past the buffers of `sys.stdout`: a signal may
arrive in the middle, and Python's buffers must not be used from its handler. Lines are not wrapped
by the terminal; a line that is too long is cut.
"""

import fcntl
import os
import re
import select
import signal
import struct
import termios
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, NamedTuple, Self

from aircher_cli.terminal_modes import FATAL, set_modes

ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J\x1b[H"
"""The alternate screen, no cursor, no wrapping, cleared."""
LEAVE = "\x1b[2J\x1b[H\x1b[?7h\x1b[?25h\x1b[?1049l"
"""Cleared before, since GNU screen has no alternate screen by default: the frame would stay."""
HOME, CLEAR, END_OF_LINE, END_OF_SCREEN = "\x1b[H", "\x1b[2J", "\x1b[K", "\x1b[J"

QUIT_KEYS = frozenset(b"qQ\x04\x1b")
"""q, Ctrl-D, and Esc alone."""
_OTHER_KEY = re.compile(
    rb"\x1b\[200~.*?\x1b\[201~|\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\x1b])", re.DOTALL
)
"""A pasted text, or a key whose sequence begins with Esc, such as an arrow."""
REDRAW_KEY = 0x0C
DEFAULT_SIZE = (80, 24)


class TerminalClosed(Exception):
    """The terminal is gone."""


class _Ended(BaseException):
    """A signal that ends the process arrived. Not an `Exception`, as `KeyboardInterrupt`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Wake(NamedTuple):
    """Why `wait` returned: the user leaves, `others` is readable; or only to draw again."""

    leaves: bool
    others: bool


class LiveTerminal:
    """The screen as a context manager, for the main thread only.

    `out` and `keys` are descriptors of the terminal; without `keys` only signals end the view.
    """

    def __init__(self, out: int, keys: int | None, *, encoding: str = "utf-8") -> None:
        self._out = out
        self._keys = keys
        self._encoding = encoding
        self._is_closing = False
        self._saved: list[Any] | None = None
        self._handlers: dict[int, object] = {}
        self._wakeup: tuple[int, int] | None = None
        self._old_wakeup = -1
        self._is_shown = False
        self._must_redraw = False
        self._latest = ""

    # ---------------------------------------------------------- entering and leaving

    def __enter__(self) -> Self:
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        os.set_blocking(write_end, False)
        self._wakeup = (read_end, write_end)
        # `select` goes on after a signal; the byte that is written here ends it.
        self._old_wakeup = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        self._handle(signal.SIGINT, self._interrupt)
        for number in FATAL:
            self._handle(number, self._end)
        self._handle(signal.SIGTSTP, self._suspend)
        self._handle(signal.SIGCONT, self._resume)
        self._handle(signal.SIGWINCH, self._resize)
        try:
            self._show(save=True)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if isinstance(error, _Ended):
            # As if there had been no handler: the caller of this process sees the signal.
            signal.signal(error.number, signal.SIG_DFL)
            os.kill(os.getpid(), error.number)

    def close(self) -> None:
        """Restore the terminal and the handlers. Idempotent; signals meanwhile are too late."""
        self._is_closing = True
        self._hide()
        while self._handlers:
            number, handler = self._handlers.popitem()
            signal.signal(number, handler)  # type: ignore[arg-type] # as it was returned
        if self._wakeup is not None:
            signal.set_wakeup_fd(self._old_wakeup)
            for end in self._wakeup:
                os.close(end)
            self._wakeup = None

    def _handle(self, number: int, handler: Callable[[int, FrameType | None], None]) -> None:
        """Install a handler, unless the signal is ignored, as with `nohup`."""
        before = signal.getsignal(number)
        if before is not signal.SIG_IGN:
            self._handlers[number] = before
            signal.signal(number, handler)

    # ---------------------------------------------------------- the terminal's modes

    def _show(self, *, save: bool) -> None:
        """Switch to the alternate screen, and let keys come one by one."""
        if self._keys is not None:
            # In the background the modes are the shell's own, for its line editor.
            if self._saved is None or (save and self._is_in_foreground()):
                self._saved = termios.tcgetattr(self._keys)
            set_modes(self._keys, termios.TCSANOW, _single_keys(self._saved))
        self._is_shown = True
        self._must_redraw = True
        self._write(ENTER)

    def _hide(self) -> None:
        """Restore the terminal, unless it is gone or another program's by now."""
        if not self._is_shown:
            return
        self._is_shown = False
        try:
            if not self._is_in_foreground():
                return  # in the background: what is on the screen is the shell's
            self._write(LEAVE)
            if self._keys is not None and self._saved is not None:
                set_modes(self._keys, termios.TCSADRAIN, self._saved)
        except (OSError, termios.error, TerminalClosed):
            return

    def _is_in_foreground(self) -> bool:
        return os.tcgetpgrp(self._out) == os.getpgrp()

    # ---------------------------------------------------------- signals

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_closing:
            raise KeyboardInterrupt

    def _end(self, number: int, _frame: FrameType | None) -> None:
        if not self._is_closing:
            raise _Ended(number)

    def _suspend(self, number: int, _frame: FrameType | None) -> None:
        self._hide()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        # Stopped here, until SIGCONT.
        signal.signal(number, self._suspend)
        self._show(save=True)

    def _resume(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_shown:
            self._show(save=False)

    def _resize(self, _number: int, _frame: FrameType | None) -> None:
        self._must_redraw = True

    # ---------------------------------------------------------- drawing and waiting

    @property
    def size(self) -> tuple[int, int]:
        """The columns and rows of the terminal now."""
        try:
            rows, columns, *_ = struct.unpack(
                "4H", fcntl.ioctl(self._out, termios.TIOCGWINSZ, bytes(8))
            )
        except OSError:
            return DEFAULT_SIZE
        return (columns or DEFAULT_SIZE[0], rows or DEFAULT_SIZE[1])

    def draw(self, lines: list[str]) -> None:
        """Show a frame: lines with their colours; nothing is written if it is shown already.

        Raises:
            TerminalClosed: the terminal is gone.
        """
        # Cleared before it is written: afterwards the cursor may be on its last character.
        *most, last = lines
        frame = "".join(f"{END_OF_LINE}{line}\r\n" for line in most)
        frame = f"{HOME}{frame}{END_OF_SCREEN}{last}"
        if frame == self._latest and not self._must_redraw:
            return
        clear = CLEAR if self._must_redraw else ""
        self._must_redraw = False
        self._latest = frame
        self._write(clear + frame)

    def wait(self, other: int | None, timeout: float | None) -> Wake:
        """Wait for a key, a signal, the descriptor `other`, or the timeout in seconds.

        Raises:
            TerminalClosed: the terminal is gone.
        """
        assert self._wakeup is not None
        chosen = [self._wakeup[0], *(each for each in (self._keys, other) if each is not None)]
        ready, _, _ = select.select(chosen, [], [], 0 if self._must_redraw else timeout)
        if self._wakeup[0] in ready:
            os.read(self._wakeup[0], 4096)
        typed = self._read_keys() if self._keys in ready else b""
        if REDRAW_KEY in typed:
            self._must_redraw = True
        return Wake(leaves=_leaves(typed), others=other in ready)

    def _read_keys(self) -> bytes:
        """Return what was typed; without a keyboard any more, keys are no longer waited for."""
        assert self._keys is not None
        try:
            typed = os.read(self._keys, 4096)
        except OSError:
            typed = b""
        if not typed:
            self._keys = None
        return typed

    def _write(self, text: str) -> None:
        data = text.encode(self._encoding, "replace")
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except OSError as error:
            raise TerminalClosed from error

    def __repr__(self) -> str:
        return f"<LiveTerminal {'shown' if self._is_shown else 'hidden'}>"


def _leaves(typed: bytes) -> bool:
    """Tell whether the keys that were typed end the view."""
    return not QUIT_KEYS.isdisjoint(_OTHER_KEY.sub(b"", typed))


def _single_keys(attributes: list[Any]) -> list[Any]:
    """Return a terminal's attributes with each key read at once, not shown; signals stay."""
    changed = [*attributes[:-1], list(attributes[-1])]
    changed[3] &= ~(termios.ECHO | termios.ICANON)
    changed[-1][termios.VMIN], changed[-1][termios.VTIME] = 1, 0
    return changed
