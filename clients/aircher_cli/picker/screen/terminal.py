"""Textual's driver of the terminal, without its gaps: what was switched on is switched off again.

The terminal is restored on every way out: at the end, on a signal, after a crash, while suspended.
Textual's own driver hangs when the terminal is gone, starts twice on a stray SIGCONT, and leaves
mouse reports in pixels switched on.
"""

import asyncio
import contextlib
import io
import os
import selectors
import signal
import sys
import termios
from codecs import getincrementaldecoder
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

RESTORE = (
    "\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1016l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Switches off all modes that the driver switches on; what is off already stays off."""

NORMAL_SCREEN = "\x1b[?1049l"
CLEAR = "\x1b[2J\x1b[H"
"""GNU screen has no alternate screen by default: the list would stay, the prompt in its midst."""

CHANGED_SIGNALS = (
    signal.SIGTSTP,
    signal.SIGCONT,
    signal.SIGWINCH,
    signal.SIGTTOU,
    signal.SIGTTIN,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
)
"""Signals whose handlers Textual or the picker replace."""


CONTINUE_SECONDS = 0.05
"""Until the terminal is taken again after a suspension."""


def is_in_background(descriptor: int) -> bool:
    """Tell whether the terminal belongs to another job; to none if it is gone."""
    try:
        return os.tcgetpgrp(descriptor) != os.getpgrp()
    except OSError:
        return False


def screen_stream() -> TextIO | None:
    """Return the stream to draw on: standard output, or standard error if that one is redirected.

    None if neither is a terminal.
    """
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(ValueError):  # it is closed
            if stream is not None and stream.isatty():
                return stream
    return None


class PickerDriver(LinuxDriver):
    """Draws on `screen_stream()` and reads from standard input."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._stream = screen_stream() or sys.__stderr__
        self._file = _Patient(self._stream)  # type: ignore[assignment] # has what the driver uses
        self._is_active = False
        self._is_reading = False

    def start_application_mode(self) -> None:
        """Take over the terminal; in the background it stays the shell's."""
        before = self._key_thread
        super().start_application_mode()  # type: ignore[no-untyped-call] # as Textual has it
        self._is_active = self._is_reading = self._key_thread is not before
        # Textual reads the size in the handler of the signal. A second signal interrupts the first
        # handler, whose older size then comes last. Calls of the loop come one after the other.
        self._loop.add_signal_handler(signal.SIGWINCH, self._report_size)
        # Later than a signal that ends the app and arrived during the suspension.
        self._loop.add_signal_handler(
            signal.SIGCONT, self._loop.call_later, CONTINUE_SECONDS, self._sigcont_application
        )
        self._report_size()

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        if self._is_active:
            self._is_active = False
            self.write("\x1b[?1016l")
            super().stop_application_mode()

    def write(self, data: str) -> None:
        """Write; what was drawn is cleared right before the normal screen comes back."""
        super().write(CLEAR + data if data == NORMAL_SCREEN else data)

    def disable_input(self) -> None:
        """Stop reading, once: while suspended, an attempt would stop the process."""
        if self._is_reading:
            self._is_reading = False
            super().disable_input()

    def _report_size(self) -> None:
        """Tell the app the size of the terminal, unless the terminal does so itself."""
        if not self._in_band_window_resize:
            size = Size(*self.terminal_size())
            self._app.post_message(events.Resize(size, size))

    def _sigcont_application(self, *_: object) -> None:
        """Take the terminal again after a suspension, unless another signal has ended the app."""
        if self._is_active or self._app._exit:  # noqa: SLF001 -- nothing public tells
            return
        if is_in_background(self.fileno):
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            super()._sigcont_application()

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return what Textual asks for."""
        return self.terminal_size()

    def terminal_size(self) -> tuple[int, int]:
        """Return columns and rows of the terminal that is drawn on, whatever COLUMNS says."""
        try:
            size = os.get_terminal_size(self._stream.fileno()) if self._stream else None
        except (OSError, ValueError):
            size = None
        return (size.columns or 80, size.lines or 24) if size else (80, 24)

    def _run_input_thread(self) -> None:
        """Read keys until the end; a terminal that is gone counts as a hang-up."""
        try:
            self.run_input_thread()
        except OSError:
            self._hang_up()

    def run_input_thread(self) -> None:
        """Pass what is typed to the app as events."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(0.05):
                    data = os.read(self.fileno, 4096)
                    if not data:
                        self._hang_up()
                        return
                    for event in parser.feed(decode(data)):
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)

    def _hang_up(self) -> None:
        with contextlib.suppress(RuntimeError):  # the app has ended meanwhile
            self._loop.call_soon_threadsafe(self._app.exit, None, 128 + signal.SIGHUP)


class _Patient:
    """A stream whose failures are ignored: a terminal that is gone must not stop the way out."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write, if the terminal is still there."""
        with self._ignoring_failures() as stream:
            stream.write(text)

    def flush(self) -> None:
        """Flush, if the terminal is still there."""
        with self._ignoring_failures() as stream:
            stream.flush()

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._stream.fileno() if self._stream is not None else -1

    @contextlib.contextmanager
    def _ignoring_failures(self) -> Iterator[TextIO]:
        try:
            yield self._stream or io.StringIO()
        except (OSError, ValueError):
            stream, self._stream = self._stream, None
            # What is still in the buffer would fail again at the end of the program.
            with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("w") as nothing:
                assert stream is not None
                os.dup2(nothing.fileno(), stream.fileno())


@contextlib.contextmanager
def kept_terminal() -> Iterator[None]:
    """Leave terminal settings, modes and signal handlers after the block as they were before it."""
    handlers = {number: signal.getsignal(number) for number in CHANGED_SIGNALS}
    stdin = sys.__stdin__
    saved = termios.tcgetattr(stdin.fileno()) if stdin is not None and stdin.isatty() else None
    try:
        yield
    except BaseException:
        _write_restore()  # the driver's own way out may not have been reached
        raise
    finally:
        for number, handler in handlers.items():
            if handler is not None:  # one of C code cannot be set again
                signal.signal(number, handler)
        if saved is not None and stdin is not None:
            with contextlib.suppress(termios.error):  # the terminal is gone
                # In the background it is the shell's, and the attempt would stop the process.
                if not is_in_background(stdin.fileno()):
                    termios.tcsetattr(stdin.fileno(), termios.TCSADRAIN, saved)


def _write_restore() -> None:
    stream = _Patient(screen_stream())
    stream.write(RESTORE)
    stream.flush()


def exit_on_signals(app: App[Any]) -> None:
    """End the app with the exit code of shells on a signal, so that the terminal is restored.

    Must be called in the event loop of the app.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            loop.add_signal_handler(number, app.exit, None, 128 + number)
