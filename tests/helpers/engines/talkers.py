"""What listens on a port and is no engine, or one that answers something else than was asked."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from helpers.engines.server import HOST

HTTP = (b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
SSH = (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", b"Invalid SSH identification string.\r\n")
SILENCE = (b"", b"")
"""It takes connections and says nothing."""

_COMMAND = re.compile(rb"\*\d+\r\n\$\d+\r\n([A-Z]+)\r\n")
_GREETINGS = {
    b"HELLO": b"%7\r\n+server\r\n+redis\r\n+version\r\n+7.0.0\r\n+proto\r\n:3\r\n+id\r\n:5\r\n"
    b"+mode\r\n+standalone\r\n+role\r\n+master\r\n+modules\r\n*0\r\n",
    b"CLIENT": b"+OK\r\n",
    b"SUBSCRIBE": b">3\r\n+subscribe\r\n+any\r\n:1\r\n",
    b"PING": b"+PONG\r\n",
}
"""What an engine answers while a connection is opened."""


def talker(speech: tuple[bytes, bytes]) -> AbstractContextManager[str]:
    """Yield the address of what says the first part at once and the second when asked."""
    return _listening(lambda client: _talk(client, *speech))


def impostor(answer: bytes) -> AbstractContextManager[str]:
    """Yield the address of what greets like an engine, and has one answer to all commands."""
    return _listening(lambda client: _pretend(client, answer))


@contextlib.contextmanager
def _listening(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    listener = socket.create_server((HOST, 0))
    threading.Thread(target=_serve, args=(listener, talk), daemon=True).start()
    try:
        yield f"redis://{HOST}:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _serve(listener: socket.socket, talk: Callable[[socket.socket], None]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # closed
            return
        threading.Thread(target=talk, args=(client,), daemon=True).start()


def _talk(client: socket.socket, greeting: bytes, answer: bytes) -> None:
    with client, contextlib.suppress(OSError):
        client.sendall(greeting)
        while client.recv(65536):
            if answer:
                client.sendall(answer)
                return


def _pretend(client: socket.socket, answer: bytes) -> None:
    with client, contextlib.suppress(OSError):
        while data := client.recv(65536):
            for command in _COMMAND.findall(data):
                client.sendall(_GREETINGS.get(command, answer))
