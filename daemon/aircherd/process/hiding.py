"""Hides the process: its memory, its environment and its descriptors, from the user's programs.

The system shows in /proc the variables that a process was started with, also those that it has
removed since. `PR_SET_DUMPABLE` closes that to other programs of the user, and so does a fork of
the process, until it runs another program. `erase` closes it to root as well, and what remains is
the time until the first line of the daemon runs: some 20 ms, in which Python starts.
"""

import ctypes
import os
import resource
import sys
from collections.abc import Collection
from pathlib import Path

PR_SET_DUMPABLE = 4
_ENV_START, _ENV_END = 47, 48
"""Fields of /proc/self/stat, counted from behind the name of the program."""

NEEDED_FROM_THE_START = frozenset({"PATH", "HOME", "LANG", "TZ", "XDG_RUNTIME_DIR"})
"""Variables that programs such as `ps e` may show."""


def hide() -> None:
    """Close memory and environment to the user's other programs, and disable core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def erase(kept: Collection[str] = NEEDED_FROM_THE_START) -> None:
    """Erase the variables from the block that the system shows; `os.environ` still has them.

    Each is set again first, so that libraries written in C find it elsewhere. Does nothing where
    the system does not say where the block is.
    """
    if sys.platform != "linux":
        return
    for name, value in os.environ.items():
        os.environ[name] = value
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        start, end = int(fields[_ENV_START]), int(fields[_ENV_END])
    except (OSError, ValueError, IndexError):
        return
    if 0 < start < end:
        block = ctypes.string_at(start, end - start)
        ctypes.memmove(start, _blanked(block, {name.encode() for name in kept}), end - start)


def _blanked(block: bytes, kept: Collection[bytes]) -> bytes:
    """Return a block of variables of the same length, with the values of all but `kept` blank."""
    lines = block.split(b"\0")
    return b"\0".join(
        line
        if (name := line.partition(b"=")[0]) in kept or name == line
        # Only zeros may follow the name: a reader of the block then sees empty strings.
        else name + b"=" + b"\0" * (len(line) - len(name) - 1)
        for line in lines
    )
