"""A fake daemon: real frames over a real Unix socket, with scripted answers."""

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from aircher_wire import frames, methods
from aircher_wire.frames import Frame, Notification, Request
from aircher_wire.version import __version__

PATIENCE = 20.0
"""Seconds after which a stuck conversation ends, so that the test fails."""


class Peer:
    """One connected client, as the daemon sees it."""

    def __init__(self, sock: socket.socket, received: list[Frame]) -> None:
        self.sock = sock
        self.received = received
        self._decoder = frames.Decoder()
        self._inbox: list[Frame] = []

    def next_frame(self) -> Frame | None:
        """Wait for the client's next frame; None if it disconnected."""
        while not self._inbox:
            data = self.sock.recv(65536)
            if not data:
                return None
            self._inbox += self._decoder.feed(data)
        frame = self._inbox.pop(0)
        self.received.append(frame)
        return frame

    def send(self, *parts: bytes) -> None:
        self.sock.sendall(b"".join(parts))

    def reply(self, request: Request, result: object) -> None:
        self.send(frames.encode_response(request.msgid, result))

    def fail(self, request: Request, code: str, message: str = "no", **data: object) -> None:
        error: dict[str, object] = {"code": code, "message": message, "data": data}
        self.send(frames.encode_error(request.msgid, error))


Handler = Callable[[Peer, Request], None]


def answer_hello(peer: Peer, request: Request) -> None:
    peer.reply(request, {"protocol": 1, "server": {"name": "fake", "version": __version__}})


def answer_ping(peer: Peer, request: Request) -> None:
    peer.reply(request, {})


class FakeDaemon:
    """Listens at `path`; `handlers` answers each method, `received` keeps every frame."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler] | None = None) -> None:
        self.path = path
        # Before the first client can connect.
        self.handlers: dict[str, Handler] = {
            methods.HELLO: answer_hello,
            methods.PING: answer_ping,
            **(handlers or {}),
        }
        self.received: list[Frame] = []
        self.connections = 0
        self.errors: list[BaseException] = []
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(8)
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def environ(self) -> dict[str, str]:
        """An environment in which clients find this daemon."""
        return {"AIRCHER_SOCKET": str(self.path), "HOME": str(self.path.parent.parent)}

    def requests(self, *names: str) -> list[Request]:
        """Return the received requests of these methods, or all except `hello`."""
        came = [frame for frame in self.received if isinstance(frame, Request)]
        return [
            frame
            for frame in came
            if (frame.method in names if names else frame.method != methods.HELLO)
        ]

    def notifications(self) -> list[Notification]:
        return [frame for frame in self.received if isinstance(frame, Notification)]

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            sock.settimeout(PATIENCE)
            self._start(self.serve, sock)

    def serve(self, sock: socket.socket) -> None:
        """Serve one client until it disconnects; runs in its own thread."""
        peer = Peer(sock, self.received)
        try:
            while (frame := peer.next_frame()) is not None:
                if isinstance(frame, Request):
                    self.handlers[frame.method](peer, frame)
        except (ConnectionError, ClosedByHandler):
            pass
        except BaseException as error:  # noqa: BLE001 -- the thread's edge; `join` shows it
            self.errors.append(error)
        finally:
            sock.close()

    def close(self) -> None:
        """Stop listening and wait for every conversation to end."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def join(self) -> None:
        """Wait until every client has disconnected, and check that no handler failed."""
        for thread in self._threads:
            thread.join(PATIENCE)
        assert self.errors == []
        assert not any(thread.is_alive() for thread in self._threads)


class ClosedByHandler(Exception):
    """Raised by a handler to close the connection."""
