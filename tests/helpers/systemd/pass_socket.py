"""Starts a program with passed sockets, as a service manager does, without one.

    command = passing({"aircher": sock}, [sys.executable, "-m", "aircherd"])
    subprocess.Popen(command, pass_fds=[sock.fileno()])

The descriptors become 3, 4, ... in the program, and LISTEN_PID is its process.
"""

import os
import socket
import sys
from collections.abc import Mapping, Sequence

FIRST_DESCRIPTOR = 3


def passing(sockets: Mapping[str, socket.socket], command: Sequence[str]) -> list[str]:
    """Return the command that passes `sockets` by their names to `command`."""
    numbers = ",".join(str(sock.fileno()) for sock in sockets.values())
    return [sys.executable, __file__, numbers, ":".join(sockets), *command]


def main() -> None:
    """Become the program."""
    _, numbers, names, *command = sys.argv
    # Out of the way first: one of them may be a number that another one gets.
    copies = [os.dup(int(number)) for number in numbers.split(",")]
    moved = [os.dup2(copy, 100 + index) for index, copy in enumerate(copies)]
    for index, descriptor in enumerate(moved):
        os.dup2(descriptor, FIRST_DESCRIPTOR + index, inheritable=True)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = str(len(moved))
    os.environ["LISTEN_FDNAMES"] = names
    os.closerange(FIRST_DESCRIPTOR + len(moved), 200)
    os.execvp(command[0], command)  # noqa: S606 - the point of it


if __name__ == "__main__":
    main()
