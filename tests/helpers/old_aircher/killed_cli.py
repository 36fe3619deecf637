"""Runs the command line and kills it right after its n-th operation on a file or socket.

A program of its own, with one thread, so that it can fork: a line `n` on standard input runs the
command in a fork, and the answer is `killed`, or the exit code of a run with fewer operations. The
command is in the arguments.
"""

import io
import os
import signal
import sys

import aircher_client.autostart  # noqa: F401 - loaded before the fork, as is the command above
from aircher_cli.__main__ import run
from aircher_cli.console import Console
from aircher_cli.context import Context

_FILES = {
    "open",
    "replace",
    "rename",
    "mkdir",
    "unlink",
    "rmdir",
    "remove",
    "fsync",
    "fchmod",
    "write",
    "flush",
    "close",
}
_SOCKETS = {"connect", "send", "sendall", "recv"}


def is_operation(function: object) -> bool:
    """Return whether a C function reads or changes something outside the process."""
    name = getattr(function, "__name__", "")
    owner = getattr(function, "__self__", None)
    module = getattr(function, "__module__", None) or type(owner).__module__
    if isinstance(owner, io.StringIO):
        return False
    return (module in {"posix", "_io", "io"} and name in _FILES) or (
        module in {"_socket", "socket"} and name in _SOCKETS
    )


def kill_at(number: int) -> None:
    """Kill this process after its n-th operation, counted from 0."""
    left = number

    def count(_frame: object, event: str, function: object) -> None:
        nonlocal left
        if event in {"c_return", "c_exception"} and is_operation(function):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)


def run_killed(words: list[str], number: int) -> str:
    """Run the command in a fork; return how it ended."""
    child = os.fork()
    if child == 0:
        console = Console(io.StringIO(), io.StringIO(), os.environ)
        context = Context(console, os.environ, io.StringIO())
        kill_at(number)
        os._exit(run(context, words))
    _, status = os.waitpid(child, 0)
    return "killed" if os.WIFSIGNALED(status) else str(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    for line in sys.stdin:
        print(run_killed(sys.argv[1:], int(line)), flush=True)  # noqa: T201 - the answer
