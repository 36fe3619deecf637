"""A program of the same user takes the daemon's socket: it gets nothing, and leaves a trace."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from helpers.daemon.real_daemon import Home, wait_until

KEY = "canary-impostor-0123456789abcdef"


@contextmanager
def squatting(path: Path, received: list[bytes]) -> Iterator[None]:
    """Take the place of the daemon's socket, and read what clients send."""
    path.unlink()
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    sock.listen()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = sock.accept()
                with client, suppress(ConnectionError):
                    received.append(client.recv(65_536))

    thread = threading.Thread(target=accept)
    thread.start()
    yield
    sock.shutdown(socket.SHUT_RDWR)
    thread.join()
    sock.close()
    path.unlink()


def test_it_gets_nothing_and_leaves_a_trace(daemon: Home) -> None:
    """Clients name it, the daemon logs it and stops, and the next one tells clients and doctor."""
    received: list[bytes] = []
    assert daemon.process is not None
    first = daemon.process
    with squatting(daemon.socket, received):
        asked = daemon.cli("ask", "the canary prompt")
        login = daemon.cli("auth", "login", "work", "--no-verify", stdin=KEY)
        wait_until(lambda: first.poll() is not None, "the daemon has noticed it")
    for each in (asked, login):
        assert each.returncode == 3
        assert f"process {os.getpid()} (" in each.stderr
        assert "it is not aircherd" in each.stderr
        assert "nothing was sent" in each.stderr
    assert b"".join(received) == b""
    assert "socket_displaced" in daemon.log()
    assert f'"by_pid": {os.getpid()}' in daemon.log().replace('":', '": ').replace(":  ", ": ")
    daemon.process = None
    daemon.start()
    named = f"process {os.getpid()} ("
    shown: list[str] = []
    wait_until(
        lambda: bool(shown.append(daemon.cli("models", "list").stderr)) or named in shown[-1],
        "the next daemon tells its clients",
    )
    assert named not in daemon.cli("models", "list").stderr
    assert "took the place of aircherd" in daemon.cli("doctor").stdout
