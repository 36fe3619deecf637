"""A terminal that a program runs in, and whose screen can be looked at."""

import os
import select
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pyte

from helpers.docs.terminal import open_terminal

PATIENCE = 60.0
"""Seconds until a picture fails that waits for something on the screen."""

SETTLED = 0.4
"""Seconds without output after which a screen is taken as complete."""

DIM = "dim"
"""The colour of dimmed text in the default colour; pyte does not know dimmed text."""


class Screen(pyte.Screen):
    """pyte's screen, with dimmed text as a colour of its own."""

    def select_graphic_rendition(self, *attrs: int, private: bool = False) -> None:
        """Set the style of what is written next."""
        if private:
            return
        super().select_graphic_rendition(*attrs)
        if attrs == (2,) and self.cursor.attrs.fg == "default":
            self.cursor.attrs = self.cursor.attrs._replace(fg=DIM)
        if 22 in attrs and self.cursor.attrs.fg == DIM:
            self.cursor.attrs = self.cursor.attrs._replace(fg="default")


class Terminal:
    """A running program and its screen."""

    def __init__(self, descriptor: int, screen: Screen) -> None:
        self._descriptor = descriptor
        self._stream = pyte.ByteStream(screen)
        self.screen = screen

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def press(self, keys: str) -> None:
        """Type keys."""
        os.write(self._descriptor, keys.encode())

    def wait_for(self, *texts: str) -> None:
        """Wait until the screen shows all of these, and then until it settles."""
        self._wait(lambda: all(text in self.text for text in texts), f"it shows {texts}")
        self.settle()

    def wait_for_end(self) -> None:
        """Wait until the program has closed the terminal."""
        deadline = time.monotonic() + PATIENCE
        while self._read(SETTLED) is not None:
            assert time.monotonic() < deadline, f"it did not end:\n{self.text}"

    def settle(self) -> None:
        """Read until there is a pause."""
        while self._read(SETTLED):
            pass

    def _wait(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < deadline, f"timed out waiting until {what}:\n{self.text}"
            ended = self._read(SETTLED) is None
            assert is_so() or not ended, f"it ended before {what}:\n{self.text}"

    def _read(self, seconds: float) -> bool | None:
        """Read what comes within a time; None at the end of the program."""
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:  # closed by the program
            return None
        self._stream.feed(data)
        return bool(data) or None


@contextmanager
def open_screen(
    command: Sequence[str], environ: Mapping[str, str], *, columns: int, rows: int
) -> Iterator[Terminal]:
    """Run a command in a terminal of this size whose screen can be seen; kill it at the end."""
    with open_terminal(command, environ, columns=columns, rows=rows) as (_, descriptor):
        yield Terminal(descriptor, Screen(columns, rows))
