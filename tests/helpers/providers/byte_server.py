"""Providers on loopback that answer with exact bytes, whatever HTTP or an API would say to that.

The first segment of a request's path names the provider. A reply is a list of pieces that are sent
one after the other; then the connection is closed.
"""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

Reply = list[bytes]


class Received(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


Answer = Reply | Callable[[Received], Reply]


class ByteServer(socketserver.ThreadingTCPServer):
    """Answers as `answers` say, by provider; keeps the requests of each."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.requests: dict[str, list[Received]] = {name: [] for name in answers}

    def url(self, provider: str) -> str:
        """Return the base URL of a provider."""
        return f"http://127.0.0.1:{self.server_address[1]}/{provider}"


@contextmanager
def open_byte_server(answers: Mapping[str, Answer]) -> Iterator[ByteServer]:
    """Run a server in a thread."""
    with ByteServer(answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(socketserver.StreamRequestHandler):
    server: ByteServer

    def handle(self) -> None:
        line = self.rfile.readline().decode("latin-1").split(" ")
        if len(line) < 2:
            return
        headers = dict(self._headers())
        received = Received(
            line[1], headers, self.rfile.read(int(headers.get("content-length", 0)))
        )
        name = received.path.split("/")[1]
        if name not in self.server.answers:
            return
        self.server.requests[name].append(received)
        answer = self.server.answers[name]
        try:
            for piece in answer(received) if callable(answer) else answer:
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            return  # the daemon has read enough

    def _headers(self) -> Iterator[tuple[str, str]]:
        while field := self.rfile.readline().decode("latin-1").strip():
            name, _, value = field.partition(":")
            yield name.lower(), value.strip()


# ------------------------------------------------------------------ replies


def head(status: int = 200, content_type: str = "text/event-stream", *fields: str) -> bytes:
    """Return the head of a response that ends with the connection."""
    lines = [f"HTTP/1.1 {status} Said", f"content-type: {content_type}", "connection: close"]
    return "\r\n".join([*lines, *fields, "", ""]).encode("latin-1")


def whole(body: object, status: int = 200, *fields: str, kind: str = "application/json") -> Reply:
    """Return a response in one piece; what is not bytes becomes JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [head(status, kind, f"content-length: {len(data)}", *fields) + data]


def events(*data: object, done: bool = True) -> bytes:
    """Return server-sent events; what is not bytes becomes JSON."""
    texts = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in data]
    if done:
        texts.append(b"[DONE]")
    return b"".join(b"data: " + text + b"\n\n" for text in texts)


def stream(*data: object, done: bool = True) -> Reply:
    """Return a stream of events; what is not bytes becomes JSON."""
    return [head() + events(*data, done=done)]


def chunk(finish: object = None, *, usage: object = None, **delta: object) -> dict[str, object]:
    """Return a chunk of a chat completions stream."""
    made: dict[str, object] = {
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return made if usage is None else made | {"usage": usage}
