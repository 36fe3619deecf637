"""Stands between a daemon and an engine, in threads, for daemons of other processes too."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from helpers.engines.server import HOST, Engine

CHUNK = 65536


class Proxy:
    """Passes on what it gets. `delay`: seconds that each answer takes longer, from now on."""

    def __init__(self, engine: Engine) -> None:
        self.delay = 0.0
        self.scheme = "rediss" if engine.has_tls else "redis"
        self._engine = engine
        self._sockets: list[socket.socket] = []
        self._is_cut = threading.Event()
        self._listener = socket.create_server((HOST, 0))

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{self.scheme}://{HOST}:{self.port}"

    @property
    def is_used(self) -> bool:
        """Whether there was a connection."""
        return bool(self._sockets)

    def cut(self) -> None:
        """End all connections that there are, with the answers that are on their way."""
        self._is_cut.set()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._is_cut = threading.Event()

    def say(self, words: bytes) -> None:
        """Send something to all clients that no engine has said."""
        for each in self._sockets[::2]:
            with contextlib.suppress(OSError):  # one that has ended
                each.sendall(words)

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                engine = socket.create_connection((HOST, self._engine.port))
            except OSError:  # closed
                return
            self._sockets += [client, engine]
            self._pass_on(client, engine, is_answer=False)
            self._pass_on(engine, client, is_answer=True)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _pass_on(self, source: socket.socket, target: socket.socket, *, is_answer: bool) -> None:
        is_cut = self._is_cut

        def run() -> None:
            with contextlib.suppress(OSError):
                while data := source.recv(CHUNK):
                    if is_answer and is_cut.wait(self.delay):
                        break
                    target.sendall(data)
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)
            source.close()

        threading.Thread(target=run, daemon=True).start()


@contextlib.contextmanager
def proxy(engine: Engine, delay: float = 0.0) -> Iterator[Proxy]:
    """Run a proxy to an engine whose answers take `delay` seconds longer."""
    standing = Proxy(engine)
    standing.delay = delay
    threading.Thread(target=standing.serve, daemon=True).start()
    try:
        yield standing
    finally:
        standing.close()
