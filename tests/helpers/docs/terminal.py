"""Runs a command in a terminal of its own, and types keys until it ends."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

CTRL_C = "\x03"

PATIENCE = 60.0
"""Seconds until a command is killed, and the test fails."""

BETWEEN_KEYS = 0.3
"""Seconds: a program that sets up its terminal discards what was typed before."""


@contextmanager
def open_terminal(
    command: Sequence[str], environ: Mapping[str, str], *, columns: int = 80, rows: int = 24
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Start a command in a terminal of this size; give it and our end of the terminal.

    It is killed at the end.
    """
    ours, theirs = pty.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *command],
            env={**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
    finally:
        os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def run_in_terminal(
    command: Sequence[str], environ: Mapping[str, str], keys: str
) -> tuple[int, str]:
    """Return the exit code and the output; `keys` are typed again and again until it ends."""
    with open_terminal(command, environ) as (process, terminal):
        shown = _converse(process, terminal, keys.encode())
        return process.wait(PATIENCE), shown.decode(errors="replace")


def _converse(process: "subprocess.Popen[bytes]", terminal: int, keys: bytes) -> bytes:
    """Type and read until the program has closed the terminal."""
    shown = b""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], BETWEEN_KEYS)[0]:
            if process.poll() is not None:
                return shown
            os.write(terminal, keys)
            continue
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # closed by the program
            return shown
    return shown
