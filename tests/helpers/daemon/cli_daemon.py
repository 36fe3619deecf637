"""A fake daemon for the command line's tests, whose handlers may block.

Each handler runs in its own thread, so that a cancellation is noticed meanwhile. It uses msgpack
directly, so that a mistake in our own frames shows up.
"""

import contextlib
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

import msgpack

from aircher_wire.version import __version__
from helpers.daemon.fake_daemon import FakeDaemon

Map = dict[str, object]


class Refusal(Exception):
    """Raised by a handler to answer with an error."""

    def __init__(self, code: str, message: str, /, **data: object) -> None:
        super().__init__(message)
        self.record = {"code": code, "message": message, "data": data}


class Session:
    """One connected client, as a handler sees it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._lock = threading.Lock()
        self.is_cancelled = threading.Event()
        self.is_closed = threading.Event()

    def send(self, *frame: object) -> None:
        """Send a frame; a disconnected client is ignored."""
        data = msgpack.packb(list(frame), unicode_errors="surrogateescape")
        try:
            with self._lock:
                self.sock.sendall(data)
        except OSError:
            self.is_closed.set()

    def delta(self, msgid: int, seq: int, **fields: object) -> None:
        self.send(2, "chat.delta", [{"id": msgid, "seq": seq, **fields}])

    def event(self, topic: str, **fields: object) -> None:
        self.send(2, "event", [{"topic": topic, "seq": 1, "at": 1_000_000.0, **fields}])


Handler = Callable[[Session, int, Map], object]


class CliDaemon(FakeDaemon):
    """Serves `answers`: method -> result, or a handler that is called in its own thread.

    `calls` has every request and notification as (method, params), `sessions` every connection.
    """

    def __init__(self) -> None:
        # Not pytest's folder: a socket's path must be short.
        self.home = Path(tempfile.mkdtemp(prefix="aircher-"))
        self.answers: dict[str, object] = {
            "hello": {"protocol": 1, "server": {"name": "aircherd", "version": __version__}},
        }
        self.calls: list[tuple[str, Map]] = []
        self.sessions: list[Session] = []
        super().__init__(self.home / "run" / "aircher.sock")

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a client that finds this daemon and cannot start another."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "AIRCHER_SOCKET": str(self.path),
            "AIRCHER_AUTOSTART": "0",
        }

    def params_of(self, method: str) -> Map:
        """Return the parameters of the latest call of `method`."""
        return next(params for name, params in reversed(self.calls) if name == method)

    @property
    def methods(self) -> list[str]:
        """Return the called methods, without `hello`."""
        return [name for name, _ in self.calls if name != "hello"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
        for session in self.sessions:
            session.is_cancelled.set()
            with contextlib.suppress(OSError):  # it has gone by itself
                session.sock.shutdown(socket.SHUT_RDWR)
        self.join()
        for session in self.sessions:
            session.sock.close()
        shutil.rmtree(self.home)

    def serve(self, sock: socket.socket) -> None:
        session = Session(sock)
        self.sessions.append(session)
        unpacker = msgpack.Unpacker(unicode_errors="surrogateescape")
        while data := self._read(session):
            unpacker.feed(data)
            for frame in unpacker:
                self._take(session, frame)
        session.is_closed.set()
        session.is_cancelled.set()

    @staticmethod
    def _read(session: Session) -> bytes:
        try:
            return session.sock.recv(65536)
        except OSError:
            return b""

    def _take(self, session: Session, frame: list[object]) -> None:
        if frame[0] == 2:
            self.calls.append((str(frame[1]), _params(frame[2])))
            if frame[1] == "$/cancel":
                session.is_cancelled.set()
            return
        msgid, method, params = int(str(frame[1])), str(frame[2]), _params(frame[3])
        self.calls.append((method, params))
        answer = self.answers.get(method)
        if callable(answer):
            self._start(self._run, answer, session, msgid, params)
        elif answer is None:
            record = {"code": "unknown_method", "message": f"no method {method}", "data": {}}
            session.send(1, msgid, record, None)
        else:
            session.send(1, msgid, None, answer)

    @staticmethod
    def _run(handler: Handler, session: Session, msgid: int, params: Map) -> None:
        try:
            result = handler(session, msgid, params)
        except Refusal as refusal:
            session.send(1, msgid, refusal.record, None)
        else:
            session.send(1, msgid, None, result)


def _params(value: object) -> Map:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}


# ------------------------------------------------------------------ answers


def chat_result(text: str, **changes: object) -> Map:
    """Return the final result of a chat that the first provider answered."""
    return {
        "message": {"role": "assistant", "content": [{"type": "text", "text": text}]},
        "finish": "stop",
        "usage": {"input_tokens": 12, "output_tokens": 3, "cached_tokens": 0},
        "cost": "0.0012",
        "provider": "openai",
        "model": "gpt-5.5",
        "attempts": [
            {"provider": "openai", "model": "gpt-5.5", "key": "default", "outcome": "ok", "ms": 40}
        ],
        "skipped": [],
        **changes,
    }


def streams(*pieces: str, **changes: object) -> Handler:
    """Return a handler that streams `pieces`, if requested, and then answers with the result."""

    def handler(session: Session, msgid: int, params: Map) -> object:
        if params.get("stream", True):
            for seq, piece in enumerate(pieces):
                session.delta(msgid, seq, type="text", text=piece)
        return chat_result("".join(pieces), **changes)

    return handler


def streams_for_ever(session: Session, msgid: int, params: Map) -> object:
    """Stream lines until cancelled; then answer with `cancelled`."""
    seq = 0
    while not session.is_cancelled.wait(0.01):
        session.delta(msgid, seq, type="text", text=f"line {seq}\n")
        seq += 1
    raise Refusal("cancelled", "cancelled")


def refuses(code: str, message: str, /, **data: object) -> Handler:
    """Return a handler that answers with an error."""

    def handler(session: Session, msgid: int, params: Map) -> object:
        raise Refusal(code, message, **data)

    return handler
