"""Connections of the HTTP server over real socket pairs, with a small dialect behind it."""

import json
import socket
from contextlib import asynccontextmanager
from types import SimpleNamespace

import msgspec
import trio

from aircherd.access.peer import Peer
from aircherd.config.model import DEFAULT_CONFIG, Http
from aircherd.config.watcher.file_watcher import FileWatcher
from aircherd.http_api.dialects.dialect import Route
from aircherd.http_api.server.admission import Admitter
from aircherd.http_api.server.backend import Backend
from aircherd.http_api.server.connection import Connection, House
from aircherd.http_api.server.guard import NoTokens
from aircherd.http_api.server.http_client import ClientTable
from aircherd.http_api.server.router import Router
from aircherd.memory.budget import MemoryBudget


class FakeDialect:
    """A dialect of a few paths, whose errors have its name."""

    def __init__(self, name, *routes):
        self.name = name
        self.routes = [Route(*route) for route in routes]

    def error(self, problem):
        body = {"dialect": self.name, "kind": problem.kind, "message": problem.message}
        return problem.status, json.dumps(body).encode()


CHAT = FakeDialect(
    "openai_chat",
    ("POST", "/v1/echo", "chat"),
    ("POST", "/v1/stream", "chat"),
    ("POST", "/v1/flood", "chat"),
    ("POST", "/v1/hang", "chat"),
    ("POST", "/v1/crash", "chat"),
    ("POST", "/v1/crash-late", "chat"),
    ("POST", "/v1/nothing", "chat"),
    ("GET", "/v1/models", "list_models"),
    ("GET", "/v1/models/{model}", "show_model"),
)
ANTHROPIC = FakeDialect(
    "anthropic", ("POST", "/v1/messages", "chat"), ("GET", "/v1/models", "list_models")
)


class Backstage:
    """What happened behind the server: the calls, and requests that were cancelled."""

    def __init__(self):
        self.calls = []
        self.clients = []
        self.hanging = trio.Event()
        self.cancelled = trio.Event()
        self.flooded = 0

    async def perform(self, services, client, dialect, route, call, response):  # noqa: PLR0917
        self.calls.append(call)
        self.clients.append(client)
        name = route.path.rsplit("/", 1)[1].replace("-", "_")
        act = getattr(self, name, None)
        if act is not None:
            await act(call, response)
            return
        seen = {
            "dialect": dialect.name,
            "method": call.method,
            "path": call.path,
            "params": dict(call.params),
            "query": dict(call.query),
            "raw_query": call.raw_query,
            "headers": dict(call.headers),
            "body": call.body.decode("latin-1"),
            "client": client.caller.client,
            "project": client.caller.project,
        }
        await response.whole(200, [("content-type", "application/json")], json.dumps(seen).encode())

    async def stream(self, call, response):
        headers = [("content-type", "text/event-stream")]
        await response.start(200, headers, trailers=["x-aircher-cost"])
        for piece in (b"data: a\n\n", b"data: b\n\n"):
            await response.send(piece)
        await response.end([("x-aircher-cost", "0.01")])

    async def flood(self, call, response):
        await response.start(200, [])
        while True:
            await response.send(b"x" * 100_000)
            self.flooded += 100_000

    async def hang(self, call, response):
        if call.body == b"started":
            await response.start(200, [])
            await response.send(b"one")
        self.hanging.set()
        try:
            await trio.sleep_forever()
        finally:
            self.cancelled.set()

    async def crash(self, call, response):
        raise RuntimeError("sk-canary-0123456789")

    async def crash_late(self, call, response):
        await response.start(200, [])
        await response.send(b"one")
        raise RuntimeError("sk-canary-0123456789")

    async def nothing(self, call, response):
        pass


class Tokens(NoTokens):
    """A table with the clients of some tokens."""

    def __init__(self, **clients):
        self.clients = clients

    def find(self, token):
        return self.clients.get(token.removeprefix("ak-air-"))


class TokenOf:
    """The client of a token."""

    def __init__(self, name, project=None, models=None):
        self.name = name
        self.project = project
        self.models = models
        self.host = None
        self.providers = None
        self.is_alive = True
        self.running = set()

    def may_name(self, model):
        return self.models is None or model in self.models

    def restrict(self, request):
        return request

    def end(self):
        self.is_alive = False
        for scope in tuple(self.running):
            scope.cancel()


class HttpPeer:
    """The client's end of a connection."""

    def __init__(self, stream):
        self.stream = stream
        self.received = b""

    async def send(self, data):
        await self.stream.send_all(data)

    async def answer(self, *, is_head=False):
        """Return the status, the headers and the body of the next response."""
        head = await self.until(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        status = int(lines[0].split(" ")[1])
        if "transfer-encoding" in headers:
            return status, headers, await self.until(b"0\r\n", b"\r\n\r\n")
        length = 0 if is_head else int(headers.get("content-length", 0))
        while len(self.received) < length:
            self.received += await self.more()
        body, self.received = self.received[:length], self.received[length:]
        return status, headers, body

    async def ask(self, text, **options):
        """Send a head (lines) and a body, separated by an empty line; return the response."""
        await self.send(request(text))
        return await self.answer(**options)

    async def until(self, *marks):
        at = -1
        while at < 0:
            at = 0
            for mark in marks:
                found = self.received.find(mark, at)
                at = found + len(mark) if found >= 0 else -1
                if at < 0:
                    break
            if at < 0:
                self.received += await self.more()
        found, self.received = self.received[:at], self.received[at:]
        return found

    async def more(self):
        data = await self.stream.receive_some()
        assert data, f"the connection has ended; before that came {self.received!r}"
        return data

    async def rest(self):
        """Return all that comes until the end."""
        data = self.received
        try:
            async for piece in self.stream:
                data += piece
        except trio.BrokenResourceError:
            pass
        return data


def request(text):
    """Return the bytes of a request written with plain line ends."""
    head, _, body = text.partition("\n\n")
    return head.strip().replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body.encode()


def make_services(config=None, memory=None):
    """Return the services that the server uses."""
    refused = []
    return SimpleNamespace(
        config=SimpleNamespace(current=config or DEFAULT_CONFIG),
        memory=memory or MemoryBudget(),
        watcher=FileWatcher(),
        audit=SimpleNamespace(count=lambda *what: refused.append(what)),
        refused=refused,
        questions=None,
    )


def with_http(**fields):
    """Return the built-in configuration with an `[http]` section."""
    return msgspec.structs.replace(DEFAULT_CONFIG, http=Http(**fields))


@asynccontextmanager
async def serving(services=None, *, port=None, tokens=None, dialects=(CHAT, ANTHROPIC)):
    """Serve one connection; yield the client's end, the connection and what is behind it."""
    ours, theirs = socket.socketpair()
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
    services = services or make_services()
    backstage = Backstage()
    router = Router(dialects)
    house = House(services, ClientTable(services), Backend(router, backstage.perform))
    backstage.house = house
    admitter = Admitter(services, router, tokens or NoTokens(), port)
    connection = Connection(stream, house, admitter, Peer(0, 0))
    backstage.ended = trio.Event()
    peer = HttpPeer(trio.SocketStream(trio.socket.from_stdlib_socket(theirs)))

    async def serve():
        async with stream:
            await connection.serve()
        backstage.ended.set()

    with trio.fail_after(100_000):  # of a clock that jumps
        async with trio.open_nursery() as nursery, peer.stream:
            nursery.start_soon(serve)
            yield peer, connection, backstage
            await peer.stream.aclose()
