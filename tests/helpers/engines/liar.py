"""An engine that answers what no engine does, in threads."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from helpers.engines.server import HOST

HELLO = b"%4\r\n+server\r\n+redis\r\n+version\r\n+7.0.0\r\n+proto\r\n:3\r\n+id\r\n:1\r\n"
SECRET = b"$32\r\n" + b"s" * 32 + b"\r\n"


@contextlib.contextmanager
def liar(lies: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the address of an engine that answers commands with these bytes.

    Its other answers are true as far as they have to be; `lies` may be changed at any time.
    """
    listener = socket.create_server((HOST, 0))
    threading.Thread(target=_serve, args=(listener, lies), daemon=True).start()
    try:
        yield f"redis://{HOST}:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def words(*each: bytes) -> bytes:
    """Return a list of words as an answer."""
    return b"*%d\r\n" % len(each) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in each)


def _serve(listener: socket.socket, lies: Mapping[str, bytes]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # closed
            return
        threading.Thread(target=_talk, args=(client, lies), daemon=True).start()


def _talk(client: socket.socket, lies: Mapping[str, bytes]) -> None:
    with client, client.makefile("rb") as asked, contextlib.suppress(OSError):
        while command := _read(asked):
            name = command[0].decode().upper()
            truth = {
                "HELLO": HELLO,
                "SUBSCRIBE": b">3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n",
                "PING": b"+PONG\r\n",
                "SET": b"+OK\r\n",
                "GET": SECRET,
                "TIME": words(b"1700000000", b"5"),
                "HLEN": b":0\r\n",
                "HGETALL": b"%0\r\n",
            }
            client.sendall(
                lies.get(name, truth.get(name, b"-ERR what is " + name.encode() + b"?\r\n"))
            )


def _read(asked: BinaryIO) -> list[bytes]:
    line = asked.readline()
    found = []
    for _ in range(int(line[1:] or 0)):
        size = int(asked.readline()[1:])
        found.append(asked.read(size + 2)[:-2])
    return found
