"""Runs a command in a terminal of its own, and types keys until it ends."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence

CTRL_C = "\x03"

PATIENCE = 60.0
"""Seconds until a command is killed, and the test fails."""

BETWEEN_KEYS = 0.3
"""Seconds: a program that sets up its terminal discards what was typed before."""


def run_in_terminal(
    command: Sequence[str],
    environ: Mapping[str, str],
    keys: str,
    *,
    size: tuple[int, int] = (24, 80),
) -> tuple[int, str]:
    """Return the exit code and the output; `keys` are typed again and again until it ends."""
    ours, theirs = pty.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *command],
            env={**environ, "TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
    finally:
        os.close(theirs)
    try:
        shown = _converse(process, ours, keys.encode())
        return process.wait(PATIENCE), shown.decode(errors="replace")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


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
