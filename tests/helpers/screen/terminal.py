"""A terminal for programs that draw: a real pseudo-terminal, and an emulator that reads it.

A test types, waits for text on the screen, and compares the settings and modes of the terminal
before and after.
"""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import IO, Self

import pyte

from helpers.daemon.real_daemon import PATIENCE, wait_until
from helpers.screen.terminal_user import TAKE_TERMINAL

_UNKNOWN_TO_EMULATOR = re.compile(
    rb"\x1b\[[<>=][\d;]*[a-z]|\x1b\[\?[\d;]*\$p|\x1b\]52;[^\x07]*\x07"
)
_INCOMPLETE = re.compile(rb"\x1b(?:\[[\d;?<>=$]*|\][^\x07]*)?$")
_ALTERNATE = re.compile(rb"(\x1b\[\?1049[hl])")
_MODES = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_KITTY = re.compile(rb"\x1b\[(>\d+|<\d*)u")

SHOWN_CURSOR = 25
LINE_WRAP = 7
ON_BY_DEFAULT = frozenset({SHOWN_CURSOR, LINE_WRAP})


class Terminal:
    """Runs a program in a pseudo-terminal of `columns` x `rows`; a context manager.

    `stdin`, `stdout` and `stderr` replace that stream of the program.
    """

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        columns: int = 80,
        rows: int = 24,
        stdin: int | IO[bytes] | None = None,
        stdout: int | IO[bytes] | None = None,
        stderr: int | IO[bytes] | None = None,
    ) -> None:
        self._master, self._slave = os.openpty()
        self._set_size(columns, rows)
        self.settings_before = termios.tcgetattr(self._slave)
        self.raw = b""
        self._pending = b""
        self._main = self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._wake, self._waker = os.pipe()
        self._lock = threading.Lock()
        takes_terminal = [sys.executable, "-c", TAKE_TERMINAL] if stdin is None else []
        self.process = subprocess.Popen(
            [*takes_terminal, *command],
            env=dict(environ),
            stdin=self._slave if stdin is None else stdin,
            stdout=self._slave if stdout is None else stdout,
            stderr=self._slave if stderr is None else stderr,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # ---------------------------------------------------------- what the user does

    def send(self, typed: str | bytes) -> None:
        """Type."""
        os.write(self._master, typed.encode() if isinstance(typed, str) else typed)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as by dragging the window's corner."""
        with self._lock:
            for screen in {self._main, self._screen}:
                screen.resize(rows, columns)
        self._set_size(columns, rows)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def hang_up(self) -> None:
        """Close the terminal, as by closing its window."""
        os.close(self._waker)  # a descriptor that is being read from stays open
        self._reader.join(PATIENCE)
        os.close(self._wake)
        os.close(self._slave)
        os.close(self._master)
        self._slave = self._master = -1

    def wait(self) -> int:
        """Wait for the end of the program; return its exit code, or minus the signal."""
        return self.process.wait(PATIENCE)

    # ---------------------------------------------------------- what the user sees

    @property
    def text(self) -> str:
        """The screen, without spaces at the ends of lines."""
        with self._lock:
            return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def wait_for(self, *words: str) -> str:
        """Wait until all `words` are on the screen; return its text."""
        return self._wait(lambda: all(word in self.text for word in words), f"{words} appear")

    def wait_without(self, word: str) -> str:
        """Wait until `word` is not on the screen any more; return its text."""
        return self._wait(lambda: word not in self.text, f"{word} disappears")

    def _wait(self, is_so: Callable[[], bool], what: str) -> str:
        try:
            wait_until(is_so, what)
        except AssertionError as error:
            message = f"{error}:\n{self.text}"
            raise AssertionError(message) from None
        return self.text

    # ---------------------------------------------------------- the state of the terminal

    def settings(self) -> list[object]:
        """Return what `stty -a` shows."""
        found: list[object] = termios.tcgetattr(self._slave)
        return found

    def modes(self) -> set[int]:
        """Return the private modes that differ from a new terminal's, and 0 for kitty's keys."""
        on = set(ON_BY_DEFAULT)
        for numbers, letter in _MODES.findall(self.raw):
            found = {int(number) for number in numbers.split(b";")}
            on = on | found if letter == b"h" else on - found
        kitty = sum(1 if found.startswith(b">") else -1 for found in _KITTY.findall(self.raw))
        return on ^ ON_BY_DEFAULT | ({0} if kitty > 0 else set())

    # ---------------------------------------------------------- inside

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        while self._master in select.select([self._master, self._wake], [], [])[0]:
            data = os.read(self._master, 65536)
            self.raw += data
            data = _UNKNOWN_TO_EMULATOR.sub(b"", self._pending + data)
            cut = _INCOMPLETE.search(data)
            self._pending = data[cut.start() :] if cut else b""
            with self._lock:
                self._feed(data[: cut.start()] if cut else data)

    def _feed(self, data: bytes) -> None:
        """Draw; the emulator has no alternate screen, so another one stands in for it."""
        for part in _ALTERNATE.split(data):
            if part == b"\x1b[?1049h":
                self._screen = pyte.Screen(self._main.columns, self._main.lines)
            elif part == b"\x1b[?1049l":
                self._screen = self._main
            else:
                self._stream.feed(part)
                continue
            self._stream = pyte.ByteStream(self._screen)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        if self._master >= 0:
            self.hang_up()
