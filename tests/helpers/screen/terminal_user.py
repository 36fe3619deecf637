"""A person at a terminal: runs a program there, types, and reads what it shows.

The terminal is a real pseudo-terminal, and the controlling terminal of the program.
"""

import os
import select
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from helpers.daemon.real_daemon import PATIENCE, wait_until

CLI = (sys.executable, "-m", "aircher_cli")

TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execvpe(sys.argv[1], sys.argv[1:], os.environ)"
)
"""Makes standard input the controlling terminal, as an emulator does, and runs a program."""


class TerminalUser:
    """Runs a program at a terminal; a context manager. `shown` is all that it has shown."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._ours, self._theirs = os.openpty()
        self._settings = termios.tcgetattr(self._theirs)
        self._raw = b""
        self._read_to = 0
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *command],
            env={**environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            start_new_session=True,
        )

    @property
    def shown(self) -> str:
        """Everything that the terminal has shown so far, with plain line ends."""
        return self._raw.decode(errors="replace").replace("\r\n", "\n")

    def read_until(self, text: str) -> None:
        """Wait until the terminal shows `text`, after what earlier calls waited for."""
        deadline = time.monotonic() + PATIENCE
        while (at := self._raw.find(text.encode(), self._read_to)) < 0:
            assert time.monotonic() < deadline, f"{text!r} was not shown:\n{self.shown}"
            self._read(0.05)
        self._read_to = at + len(text.encode())

    def send(self, text: str) -> None:
        """Type or paste `text`."""
        os.write(self._ours, text.encode())

    def foreground(self) -> int:
        """Return the process group that reads what is typed."""
        return os.tcgetpgrp(self._ours)

    def has_echo(self) -> bool:
        """Tell whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._theirs)[3] & termios.ECHO)

    def wait_for_echo(self, *, on: bool) -> None:
        """Wait until the terminal shows what is typed, or hides it."""
        wait_until(lambda: self.has_echo() is on, f"the echo is {'on' if on else 'off'}")

    def wait(self) -> int:
        """Return the exit code; everything that was shown is read by then."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end:\n{self.shown}"
            self._read(0.05)
        while self._read(0.05):
            pass
        return self.process.returncode

    def is_restored(self) -> bool:
        """Tell whether the terminal is set as it was before."""
        return termios.tcgetattr(self._theirs) == self._settings

    def _read(self, seconds: float) -> bool:
        if not select.select([self._ours], [], [], seconds)[0]:
            return False
        self._raw += os.read(self._ours, 65536)
        return True

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
        os.close(self._ours)
        os.close(self._theirs)
