"""One client: frames in, concurrent requests, and one writer for frames that have to wait.

On failure: a broken frame ends this connection, after one `error` notification; an error of a
request is sent as its response; if the client disconnects, its requests are cancelled and their
connections to providers are closed at once. A client that does not read only fills its own outbox:
past the bound its chats wait, and its events are dropped and counted.
"""

import itertools
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
import structlog
import trio

from aircher_wire import codes, frames, methods
from aircherd.access.peer import Peer
from aircherd.api.context import Method
from aircherd.api.methods import METHODS
from aircherd.api.services import Services
from aircherd.chat.caller import Caller, Delta, Send
from aircherd.errors import (
    AircherError,
    BadRequest,
    Busy,
    ShuttingDown,
    UnknownMethod,
)
from aircherd.ipc.chat_stream import ChatStream, Handler
from aircherd.ipc.client_stream import ClientStream
from aircherd.ipc.connection_methods import CONNECTION_METHODS, ConnectionMethod
from aircherd.ipc.deltas import DeltaWriter
from aircherd.ipc.event_feed import EventFeed
from aircherd.ipc.outbox import Outbox
from aircherd.ipc.request_reader import Incoming, ReadyRequest, RequestReader
from aircherd.ipc.request_task import RequestTask
from aircherd.ipc.responses import encode_error, encode_result, internal_error
from aircherd.providers.transport.deadline_scheduler import deadline_scheduler
from aircherd.vocabulary.validation_messages import describe_invalid

if TYPE_CHECKING:
    from aircherd.access.gate import Gate

UNKNOWN = "unknown"
"""The name of a client that has not introduced itself."""
MAX_ACTIVE_REQUESTS = 4096
"""Requests and streams of one client: more than an editor needs, and a bound for runaway loops."""
MAX_IDLE_TASKS = 64
"""Tasks of one client that wait for its next requests; further ones end."""
CLOSE_TIMEOUT = 1.0
"""Seconds to send the last frames when a connection is closed."""

log = structlog.get_logger()


class Session:
    """One connected client; `caller` comes from its `hello`, `events` has its subscription."""

    def __init__(
        self,
        stream: trio.SocketStream,
        services: Services,
        table: Mapping[str, Method] = METHODS,
        connection_table: Mapping[str, Method] = CONNECTION_METHODS,
        peer: Peer | None = None,
    ) -> None:
        self.peer = peer or Peer(0, os.getuid())
        self.caller = Caller(UNKNOWN, None, self.peer)
        self.gate: Gate | None = None
        self._claimed_name = UNKNOWN
        self._replaced: dict[Method, Method] = {}
        self.services = services
        self.is_draining = False
        self.deadlines = deadline_scheduler()
        self._client = ClientStream(stream)
        self._connection_table = connection_table
        self._table = table
        self._reader = RequestReader({**table, **connection_table})
        self._outbox = Outbox(self._client.send_now)
        self._requests: dict[int, RequestTask] = {}
        self._idle_tasks: list[RequestTask] = []
        self._streams: dict[int, ChatStream] = {}
        self._stream_numbers = itertools.count(1)
        self.events = EventFeed(services.bus, self._outbox)
        self._nursery: trio.Nursery | None = None
        self._request_ended = trio.lowlevel.ParkingLot()

    # ---------------------------------------------------------- the client

    def introduce(self, name: str, project: str | None) -> None:
        """Store what the client says of itself, and decide what it may do."""
        self._claimed_name = name
        self.caller = Caller(name, project, self.peer)
        self.decide_rights()

    def decide_rights(self) -> None:
        """Decide what the client may do; again whenever its name or the configuration changes."""
        config, caller = self.services.config.current, self.caller
        name, self.gate, self._replaced = self._claimed_name, None, {}
        if config.has_roles:
            from aircherd.access.gate import Gate  # noqa: PLC0415 -- most users have no roles
            from aircherd.access.rights import decide  # noqa: PLC0415

            rights = decide(config, name, self.peer.runs)
            name = rights.name
            self.gate = Gate(config, rights, self.peer, self.services.questions)
            self._replaced = self.gate.replacements({**self._table, **self._connection_table})
            if self.gate.forbids(methods.EVENTS_SUBSCRIBE):
                self.events.unsubscribe(None)
        if caller.client != name:
            self.caller = Caller(name, caller.project, self.peer)

    def describe(self) -> dict[str, object]:
        """Return the client for `status`."""
        peer, gate = self.peer, self.gate
        return {
            "name": self.caller.client,
            **({"pid": peer.pid} if peer.pid else {}),
            **({"program": program} if (program := peer.script or peer.program) else {}),
            "since": peer.since,
            "role": gate.rights.role if gate else "all",
        }

    # ---------------------------------------------------------- the connection

    async def serve(self) -> None:
        """Serve the client until it disconnects or the daemon stops; the caller owns the stream."""
        with closing(self.events):
            async with trio.open_nursery() as self._nursery:
                self._nursery.start_soon(self._write)
                try:
                    await self._read()
                except trio.BrokenResourceError:
                    pass  # the client disconnected; its requests are cancelled
                except frames.FrameError as error:
                    log.warning("broken_frame", client=self.caller.client, error=str(error))
                    await self._send_last_error(codes.BAD_REQUEST, str(error))
                self._nursery.cancel_scope.cancel()

    async def _read(self) -> None:
        client, reader, outbox = self._client, self._reader, self._outbox
        watcher = self.services.watcher
        # No deadlines: an editor may be idle for days.
        while data := await client.receive_some():
            if not watcher.is_attentive:
                # After a quiet time: files may have changed that the request depends on.
                await watcher.catch_up()
            for incoming in reader.feed(data):
                if type(incoming) is ReadyRequest:
                    await self._start(incoming)
                else:
                    await self._handle_frame(incoming)
            if reader.error:
                raise reader.error
            # Stop reading from a client that does not read its responses: they are in our memory.
            if outbox.is_full:
                await outbox.wait_for_room()

    async def _write(self) -> None:
        while True:
            data = await self._outbox.take()
            try:
                await self._client.send_all(data)
            except trio.BrokenResourceError:
                break  # the reader may notice only after it has read all data in the kernel
            self._outbox.note_written()
            self.events.report_dropped()
        assert self._nursery is not None
        self._nursery.cancel_scope.cancel()

    @property
    def active(self) -> int:
        """The number of requests and streams that have not ended."""
        return len(self._requests) + len(self._streams)

    async def wait_drained(self) -> None:
        """Refuse new requests and wait for the active ones. The caller sets the deadline."""
        self.is_draining = True
        while self._requests or self._streams:
            await self._request_ended.park()

    async def close(self) -> None:
        """Cancel all requests, tell the client that the daemon is shutting down, and end."""
        if self._nursery is None:
            return
        self.is_draining = True
        for request in tuple(self._requests.values()):
            request.cancel()
        for stream in tuple(self._streams.values()):
            stream.scope.cancel()
        with trio.move_on_after(CLOSE_TIMEOUT):
            await self.wait_drained()
        await self._send_last_error(codes.SHUTTING_DOWN, "the daemon is shutting down")
        self._nursery.cancel_scope.cancel()

    async def _send_last_error(self, code: str, message: str) -> None:
        self.notify(methods.ERROR, {"code": code, "message": message})
        with trio.move_on_after(CLOSE_TIMEOUT):
            await self._outbox.wait_empty()

    # ---------------------------------------------------------- incoming frames

    async def _handle_frame(self, frame: Incoming) -> None:
        """Handle a frame that `request_reader` did not decode into a request."""
        if isinstance(frame, frames.Request):
            try:
                request = self._validate(frame)
            except AircherError as error:
                self._outbox.put(encode_error(frame.msgid, error))
            else:
                await self._start(request)
        elif isinstance(frame, frames.Notification) and frame.method == methods.CANCEL:
            self._cancel(frame.params)
        # Other frames are ignored: Neovim reports unknown methods with notifications.

    def _validate(self, request: frames.Request) -> ReadyRequest:
        name = request.method
        method = self._table.get(name) or self._connection_table.get(name)
        if method is None:
            raise UnknownMethod(f"unknown method {name!r}", method=name)
        try:
            params: object = msgspec.convert(_fix_empty_maps(request.params), method.params)
        except msgspec.ValidationError as error:
            raise BadRequest(f"{name}: {describe_invalid(error)}") from None
        except UnicodeEncodeError:
            raise BadRequest(f"{name}: a parameter name is not valid UTF-8") from None
        return ReadyRequest(request.msgid, method, params)

    async def _start(self, request: ReadyRequest) -> None:
        if self._replaced:
            request = request.with_method_of(self._replaced)
        msgid = request.msgid
        if refusal := self._refusal(msgid):
            self._outbox.put(encode_error(msgid, refusal))
        elif type(request.method) is ConnectionMethod:
            # In this task, so that `hello` applies to all requests of the same read.
            await self._serve_inline(request)
        elif self._idle_tasks:
            task = self._requests[msgid] = self._idle_tasks.pop()
            task.assign(request)
        else:
            assert self._nursery is not None
            task = self._requests[msgid] = RequestTask(self, request)
            self._nursery.start_soon(task.run)

    def _refusal(self, msgid: int) -> AircherError | None:
        if msgid in self._requests:
            return BadRequest(f"request {msgid} is still active: use another id")
        if self.active >= MAX_ACTIVE_REQUESTS:
            return Busy(
                f"this client has {MAX_ACTIVE_REQUESTS} requests under way: wait for one to end"
            )
        if self.is_draining:
            return ShuttingDown("the daemon is shutting down; send the request again")
        return None

    async def _serve_inline(self, request: ReadyRequest) -> None:
        try:
            result = await request.method.handler(self, request.params)
        except AircherError as error:
            response = encode_error(request.msgid, error)
        except Exception as error:  # the edge: one request must not end the daemon
            log.exception("request_crashed")
            response = encode_error(request.msgid, internal_error(error))
        else:
            response = encode_result(request.msgid, result)
        self._outbox.put(response)

    def _cancel(self, params: Mapping[str, object]) -> None:
        """Cancel a request or a stream. An unknown number is no error: it may have just ended."""
        request_id, stream = params.get("id"), params.get("stream")
        if isinstance(request_id, int) and (request := self._requests.get(request_id)):
            request.cancel()
        if isinstance(stream, int) and (chat := self._streams.get(stream)):
            chat.scope.cancel()

    # ---------------------------------------------------------- called by tasks and streams

    @property
    def is_full(self) -> bool:
        """Whether the client is too far behind to be sent more."""
        return self._outbox.is_full

    async def wait_for_room(self) -> None:
        """Wait while the client is too far behind."""
        await self._outbox.wait_for_room()

    def respond(self, msgid: int, data: bytes) -> None:
        """Send the response of a request, which is then no longer active."""
        self._outbox.put(data)
        del self._requests[msgid]
        if self.is_draining:
            self._request_ended.unpark_all()

    def keep_idle(self, task: RequestTask) -> bool:
        """Keep a task for the next request; return False if there are enough."""
        if len(self._idle_tasks) >= MAX_IDLE_TASKS:
            return False
        self._idle_tasks.append(task)
        return True

    def forget_idle(self, task: RequestTask) -> None:
        """Forget an idle task that was cancelled."""
        self._idle_tasks.remove(task)

    def notify(self, method: str, params: dict[str, object]) -> None:
        """Send a notification."""
        self._outbox.put(frames.encode_notification(method, params))

    def delta_sender(self, name: str, number: int) -> Send:
        """Return a function that sends a chat's deltas to this client with `{name: number}`."""
        writer, outbox = DeltaWriter(name, number), self._outbox

        async def send(deltas: Sequence[Delta]) -> None:
            outbox.put_deltas(writer, deltas)
            if outbox.is_full:
                await outbox.wait_for_room()

        return send

    def start_stream(self, handler: Handler) -> int:
        """Start `handler` as a stream; return the number that identifies and cancels it.

        It does not run before the next checkpoint, so the response with its number goes out first.
        """
        assert self._nursery is not None
        number = next(self._stream_numbers)
        stream = self._streams[number] = ChatStream(self, number)
        self._nursery.start_soon(stream.run, handler)
        return number

    def forget_stream(self, number: int) -> None:
        """Remove a stream that has ended."""
        del self._streams[number]
        self._request_ended.unpark_all()

    def __repr__(self) -> str:
        return f"<Session of {self.caller.client}, {len(self._requests)} requests, {self._outbox}>"


def _fix_empty_maps(params: dict[str, object]) -> dict[str, object]:
    """Return `params` with empty lists replaced by maps: Lua cannot tell an empty table's kind."""
    if [] not in params.values():
        return params
    maps = ("extra", "route", "client", "variables")
    return {key: {} if key in maps and value == [] else value for key, value in params.items()}
