"""What listens on a port and is no engine."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from helpers.engines.server import HOST

HTTP = (b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
SSH = (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", b"Invalid SSH identification string.\r\n")
SILENCE = (b"", b"")
"""It takes connections and says nothing."""


@contextlib.contextmanager
def talker(speech: tuple[bytes, bytes]) -> Iterator[str]:
    """Yield the address of what says the first part at once and the second when asked."""
    listener = socket.create_server((HOST, 0))
    threading.Thread(target=_serve, args=(listener, *speech), daemon=True).start()
    try:
        yield f"redis://{HOST}:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _serve(listener: socket.socket, greeting: bytes, answer: bytes) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # closed
            return
        threading.Thread(target=_talk, args=(client, greeting, answer), daemon=True).start()


def _talk(client: socket.socket, greeting: bytes, answer: bytes) -> None:
    with client, contextlib.suppress(OSError):
        client.sendall(greeting)
        while client.recv(65536):
            if answer:
                client.sendall(answer)
                return
