"""A session with a small table of methods, served over a real socket pair."""

import socket
from contextlib import asynccontextmanager
from types import SimpleNamespace

import msgpack
import msgspec
import trio
import trio.lowlevel

from aircher_wire import frames
from aircherd.api.context import Method
from aircherd.chat.caller import Caller
from aircherd.config.model import DEFAULT_CONFIG
from aircherd.config.watcher.file_watcher import FileWatcher
from aircherd.errors import BadRequest
from aircherd.events import EventBus
from aircherd.ipc.connection_methods import ConnectionMethod
from aircherd.ipc.session import Session
from aircherd.memory.budget import MemoryBudget
from aircherd.vocabulary.reply import TextDelta


class NoParams(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


class NameParams(msgspec.Struct, forbid_unknown_fields=True):
    """One parameter."""

    name: str
    extra: dict[str, object] = {}


async def greet(services, context, params):
    return {"hello": params.name}


async def refuse(services, context, params):
    raise BadRequest("not like this", field="name")


async def crash(services, context, params):
    raise RuntimeError("sk-canary-0123456789")


async def hang(services, context, params):
    services.hanging.set()
    try:
        await trio.sleep_forever()
    finally:
        services.ended.set()


async def stream_some(services, context, params):
    send = context.send
    for piece in ("a", "b"):
        await send([TextDelta(piece)])
    return {}


async def flood(services, context, params):
    send = context.send
    while True:
        await send([TextDelta("x" * 100_000)])
        services.sent += 100_000


async def too_big(services, context, params):
    return {"number": 10**30}


async def large(services, context, params):
    return {"text": "x" * 1_000_000}


async def too_long(services, context, params):
    return {"text": "x" * (frames.MAX_FRAME + 1)}


async def caller_name(services, context, params):
    return {"caller": context.caller.client}


async def start_stream(session, params):
    async def run(context):
        await context.send([TextDelta("s")])
        if params.name == "hang":
            await hang(session.services, context, params)
        return {"done": True}

    return {"stream": session.start_stream(run, params)}


async def hello(session, params):
    await trio.lowlevel.checkpoint()
    session.caller = Caller(params.name)
    return {}


TABLE = {
    "who": Method(NoParams, caller_name),
    "too_big": Method(NoParams, too_big),
    "large": Method(NoParams, large),
    "too_long": Method(NoParams, too_long),
    "greet": Method(NameParams, greet),
    "refuse": Method(NoParams, refuse),
    "crash": Method(NoParams, crash),
    "hang": Method(NoParams, hang),
    "stream": Method(NoParams, stream_some),
    "flood": Method(NoParams, flood),
}
CONNECTION_TABLE = {
    "hello": ConnectionMethod(NameParams, hello),
    "start": ConnectionMethod(NameParams, start_stream),
}


class Peer:
    """The client's end."""

    def __init__(self, stream):
        self.stream = stream
        self._unpacker = msgpack.Unpacker()

    async def send(self, *frames):
        await self.stream.send_all(b"".join(map(msgpack.packb, frames)))

    async def receive(self):
        """Return the next frame, None at the end."""
        while True:
            try:
                return self._unpacker.unpack()
            except msgpack.OutOfData:
                data = await self.stream.receive_some()
                if not data:
                    return None
                self._unpacker.feed(data)

    async def ask(self, msgid, method, **params):
        await self.send([0, msgid, method, [params]])
        return await self.receive()


@asynccontextmanager
async def conversation(budget=None):
    """Serve one client; yield its end and the session. `budget` is the daemon's memory."""
    ours, theirs = socket.socketpair()
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
    services = SimpleNamespace(
        bus=EventBus(clock=lambda: 5.0),
        hanging=trio.Event(),
        ended=trio.Event(),
        sent=0,
        watcher=FileWatcher(),
        mask_keys=bytes,
        config=SimpleNamespace(current=DEFAULT_CONFIG),
        memory=budget or MemoryBudget(),
    )
    session = Session(stream, services, TABLE, CONNECTION_TABLE)
    peer = Peer(trio.SocketStream(trio.socket.from_stdlib_socket(theirs)))
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery, peer.stream:

            async def serve():
                async with stream:
                    await session.serve()

            nursery.start_soon(serve)
            yield peer, session
            await peer.stream.aclose()


def error_of(frame):
    """Check that `frame` is an error response; return its code and message."""
    assert (frame[0], frame[3]) == (1, None)
    return frame[2]["code"], frame[2]["message"]
