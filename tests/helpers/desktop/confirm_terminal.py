"""`aircher-cli confirm` on a terminal of its own, for tests that answer its questions."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from helpers.daemon.real_daemon import Home


@contextmanager
def terminal(user: Home) -> Iterator[int]:
    """Run `aircher-cli confirm` on a terminal; give the other end of it."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "aircher_cli", "confirm"],
        env=user.environ,
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    try:
        yield master
    finally:
        process.kill()
        process.wait()
        os.close(master)


def read_until(master: int, words: str) -> str:
    """Return what the terminal shows until it has shown these words."""
    seen = b""
    while words.encode() not in seen:
        seen += os.read(master, 4096)
    return seen.decode()
