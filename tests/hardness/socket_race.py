"""A user races the client of another one: it swaps the directory of the socket meanwhile.

    python -m hardness.socket_race CONNECTS      as root; prints the figures as JSON

`mine` and `theirs` are two directories with a socket each, in one that everyone may write in.
A process of another user exchanges them all the time. The client connects to the socket in `mine`
and sends a key to whatever its checks let through.

    connects    that the client began
    refused     by its checks
    answered    that reached its own listener
    reached     that reached the other user's, where the client noticed it or not
    leaked      bytes that the other user received
"""

import ctypes
import json
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aircher_client.connection import try_connect
from aircher_client.errors import DaemonUnreachable
from aircher_wire import address
from helpers.daemon.children import die_with_parent

OTHER = 12345
KEY = b"canary-raced-0123456789abcdef"
RENAME_EXCHANGE = 2
AT_FDCWD = -100
NAME = "aircher.sock"
ALL_OUTCOMES = 3
LONGEST = 100
"""Times as many connects, on a machine that is busy."""
SWAPS = 100
"""Between two looks at whether the race is over."""


def attack(place: Path, report: int) -> None:
    """Swap and listen as another user; write how many clients came, and what they sent."""
    os.setgroups([])
    os.setgid(OTHER)
    os.setuid(OTHER)
    die_with_parent()
    theirs = place / "theirs"
    theirs.mkdir(mode=0o755)
    seen = [0, 0]
    with listening(theirs / NAME, lambda data: count(seen, data)):
        exchange = ctypes.CDLL(None, use_errno=True).renameat2
        one, other = os.fsencode(place / "mine"), os.fsencode(theirs)
        os.write(report, b"ready\n")
        while not (place / "go").exists():
            time.sleep(0.001)
        while (place / "go").exists():
            for _ in range(SWAPS):
                exchange(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE)
        time.sleep(0.2)  # the last clients
    os.write(report, json.dumps(seen).encode())


def count(seen: list[int], data: bytes) -> None:
    """Count a client of the other user, and the bytes that it sent."""
    seen[0] += 1
    seen[1] += len(data)


@contextmanager
def listening(path: Path, take: Callable[[bytes], None]) -> Iterator[None]:
    """Accept clients in a thread, and pass on what each of them sends."""
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    path.chmod(0o777)
    sock.listen(512)

    def accept() -> None:
        with suppress(OSError):  # it was shut down
            while True:
                client, _ = sock.accept()
                with client, suppress(ConnectionError):
                    take(client.recv(4096))

    thread = threading.Thread(target=accept)
    thread.start()
    yield
    sock.shutdown(socket.SHUT_RDWR)
    thread.join()
    sock.close()


def race(connects: int, *, with_parents: bool) -> dict[str, int]:
    """Connect so often; `with_parents` is whether the client checks the directories above."""
    find_open_parent = address.find_open_parent
    place = Path(tempfile.mkdtemp())
    place.chmod(0o777)
    (place / "mine").mkdir(mode=0o700)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            attack(place, write)
        finally:
            os._exit(0)
    os.close(write)
    answered: list[bytes] = []
    with listening(place / "mine" / NAME, answered.append):
        assert os.read(read, 64) == b"ready\n"
        (place / "go").touch()
        if not with_parents:
            address.find_open_parent = lambda path, uid: None
        made, refused = connect_often(str(place / "mine" / NAME), connects, with_parents)
        address.find_open_parent = find_open_parent
        (place / "go").unlink()
        reached, leaked = json.loads(os.read(read, 4096))
    os.waitpid(pid, 0)
    os.close(read)
    shutil.rmtree(place)
    return {
        "connects": made,
        "refused": refused,
        "answered": sum(data == KEY for data in answered),
        "reached": reached,
        "leaked": leaked,
    }


def connect_often(path: str, connects: int, with_parents: bool) -> tuple[int, int]:
    """Connect; longer if the other process had no turn yet. Return how often, how many failed."""
    outcomes: Counter[str] = Counter()
    while outcomes.total() < connects or (
        not with_parents and len(outcomes) < ALL_OUTCOMES and outcomes.total() < LONGEST * connects
    ):
        outcomes[connect(path)] += 1
    return outcomes.total(), outcomes.total() - outcomes["sent"]


def connect(path: str) -> str:
    """Send the key to whatever the checks of the client let through; return what they did."""
    try:
        sock = try_connect(path)
    except (DaemonUnreachable, BlockingIOError) as error:
        return "by peer" if "a process of another user" in str(error) else "refused"
    if sock is None:
        return "refused"
    with sock, suppress(ConnectionError):
        sock.settimeout(5)
        sock.sendall(KEY)
    return "sent"


def main() -> None:
    """Race with all checks, and with that of the process alone."""
    connects = int(sys.argv[1])
    whole = race(connects, with_parents=True)
    by_peer = race(connects, with_parents=False)
    figures = {**whole, **{f"by_peer_{name}": value for name, value in by_peer.items()}}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
