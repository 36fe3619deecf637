"""The process of a client, from the kernel. It is looked at only when something depends on it."""

import os
import time
from functools import cached_property
from pathlib import Path

_INTERPRETERS = (
    "python",
    "node",
    "ruby",
    "perl",
    "lua",
    "bash",
    "dash",
    "zsh",
    "sh",
    "deno",
    "bun",
)
_TICKS = os.sysconf("SC_CLK_TCK")
_SLACK = 0.05
"""Seconds: the kernel rounds the start of a process to ticks."""
MAX_ARGUMENTS = 4096
"""Bytes to read of a command line."""


def _uptime() -> float:
    """Return the seconds since the machine started: the clock of a process's start."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Peer:
    """The process that connected. `pid` is 0 if it is in another container.

    `since` is the Unix time of the connection. The other facts are read once, on demand. They are
    None if the process is gone, or its id belongs to a later process by now.
    """

    def __init__(self, pid: int, uid: int) -> None:
        self.pid = pid
        self.uid = uid
        self.since = time.time()
        self._connected_at = _uptime()

    @cached_property
    def started_at(self) -> float | None:
        """The Unix time at which the process started."""
        found = self._started_after_boot()
        return None if found is None else self.since - (self._connected_at - found)

    @cached_property
    def program(self) -> str | None:
        """The absolute path of its executable, without links."""
        if self._started_after_boot() is None:
            return None
        try:
            found = os.readlink(f"/proc/{self.pid}/exe")  # noqa: PTH115 -- a text
        except OSError:
            return None
        # It was replaced or removed since, as by an update.
        return found.removesuffix(" (deleted)")

    @cached_property
    def script(self) -> str | None:
        """The absolute path of the script that an interpreter runs; None for other programs.

        It is taken from the command line, which the process could have made up.
        """
        name = os.path.basename(self.program or "").rstrip("0123456789.")  # noqa: PTH119 -- a text
        if name not in _INTERPRETERS:
            return None
        try:
            with Path(f"/proc/{self.pid}/cmdline").open("rb") as file:
                arguments = file.read(MAX_ARGUMENTS).split(b"\0")[1:]
            folder = os.readlink(f"/proc/{self.pid}/cwd")  # noqa: PTH115 -- a text
        except OSError:
            return None
        first = next((each for each in arguments if not each.startswith(b"-")), b"")
        path = os.path.join(folder, os.fsdecode(first))  # noqa: PTH118 -- a text
        return os.path.realpath(path) if first and Path(path).is_file() else None

    def runs(self, program: str) -> bool:
        """Return whether it runs `program`: an executable, or a script of an interpreter."""
        wanted = os.path.realpath(program)
        return wanted in (self.program, self.script)

    def _started_after_boot(self) -> float | None:
        """Return the start in seconds since the machine's; None if the process is another one."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_bytes().rpartition(b")")[2].split()
            started = int(fields[19]) / _TICKS
        except (OSError, IndexError, ValueError):
            return None
        return started if started <= self._connected_at + _SLACK else None

    def __repr__(self) -> str:
        return f"<Peer {self.pid} of user {self.uid}>"
