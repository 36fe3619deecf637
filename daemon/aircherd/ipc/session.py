"""One client: frames in, concurrent requests, and one writer for frames that have to wait.

On failure: a broken frame ends this connection, after one `error` notification; an error of a
request is sent as its response; if the client disconnects, its requests are cancelled and their
connections to providers are closed at once. A client that does not read only fills its own outbox:
past the bound its chats wait, no further requests are started, and its events are dropped and
counted.
"""

import itertools
import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, closing
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog
import trio
from msgspec.structs import replace

from aircher_wire import codes, frames, methods
from aircherd.access.peer import Peer
from aircherd.api.audit import note_refusal
from aircherd.api.context import Method
from aircherd.api.methods import METHODS
from aircherd.api.notices import take_notices
from aircherd.api.services import Services
from aircherd.chat.caller import Caller, Delta, Send
from aircherd.errors import AircherError, BadRequest, Busy, ShuttingDown
from aircherd.ipc.chat_stream import ChatStream, Handler
from aircherd.ipc.connection_methods import (
    CONNECTION_METHODS,
    FEATURES,
    ConnectionMethod,
    subscribe_after,
)
from aircherd.ipc.deltas import DeltaWriter
from aircherd.ipc.event_feed import EventFeed
from aircherd.ipc.outbox import Outbox
from aircherd.ipc.pace import PacedDeltas
from aircherd.ipc.request_queue import FEW, RequestQueue
from aircherd.ipc.request_reader import (
    UNCOUNTED,
    Incoming,
    ReadyRequest,
    RequestReader,
    validate,
)
from aircherd.ipc.request_task import RequestTask
from aircherd.ipc.responses import cancelled_error, encode_error, encode_result, internal_error
from aircherd.memory.budget import SMALL, TASK_COST
from aircherd.memory.request_memory import RequestMemory
from aircherd.memory.sizes import size_of
from aircherd.providers.transport.deadline_scheduler import deadline_scheduler
from aircherd.sharing.share import Share, share_of_task
from aircherd.sharing.turns import turns
from aircherd.sockets.client_stream import ClientStream

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

T = TypeVar("T")

log = structlog.get_logger()


class Session:
    """One connected client; `caller` comes from its `hello`, `events` has its subscription.

    `claimed_host` is the machine that the client says it is at. `ipc.forwarded` has the session of
    clients that are at another one.
    """

    features: Sequence[str] = FEATURES
    claimed_host: str | None = None

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
        self.pace = 0.0
        """Seconds between two sends of a stream that the client asked for; 0 for no pause."""
        self.signs = False
        """Whether deltas have signatures."""
        self._own_name = self._claimed_name = UNKNOWN
        self._replaced: dict[Method, Method] = {}
        self.services = services
        self.is_draining = False
        self.deadlines = deadline_scheduler()
        self.memory = services.memory.open_share()
        self._client = ClientStream(stream)
        self._connection_table = connection_table
        self._table = table
        self.share = Share()
        self.turns = turns()
        # Nothing here refers to the session: it is freed when it ends, not by the next collection.
        self.outbox = Outbox(self.memory, self._client.send_now)
        self._refuse = partial(_refuse, self.outbox)
        self._reader = RequestReader({**table, **connection_table}, self.memory, self._refuse)
        self._queue = RequestQueue(self.memory)
        self._requests: dict[int, RequestTask] = {}
        self._serving_inline = -1  # the number of the request
        self._idle_tasks: list[RequestTask] = []
        self._streams: dict[int, ChatStream] = {}
        self._streams_by_request: dict[int, ChatStream] = {}
        self._stream_numbers = itertools.count(1)
        self.events = EventFeed(services.bus, self.outbox, services.mask_keys)
        self._nursery: trio.Nursery | None = None
        self._request_ended = trio.lowlevel.ParkingLot()
        self._reports_ends = False
        # While there are streams or rights, or it drains, each request needs a closer look.
        self._is_usual = True

    # ---------------------------------------------------------- the client

    def introduce(self, name: str | None, project: str | None, folder: str | None = None) -> None:
        """Store what the client says of itself, and decide what it may do.

        A client that gives no `name` keeps the one that it has.
        """
        self._own_name = name or self._own_name
        self._claimed_name = self._full_name(self._own_name)
        self.caller = Caller(self._claimed_name, project, self.peer, folder)
        self.decide_rights()

    @property
    def host(self) -> str | None:
        """The other machine that the client is at, None for this one."""
        return None

    def _full_name(self, name: str) -> str:
        """Return the name by which a client that calls itself `name` is counted."""
        return name

    def may_call(self, method: str) -> bool:
        """Return whether the client may call a method."""
        return self.gate is None or not self.gate.forbids(method)

    def keys_refused(self) -> dict[str, object] | None:
        """Return why the client cannot store keys, as an error says it; None if it can."""
        reason = self.gate and self.gate.forbids(methods.AUTH_LOGIN)
        return {"message": reason} if reason else None

    async def take_notices(self, *, are_shown: bool) -> list[dict[str, str]]:
        """Return the notices for the client, which shows them all if `are_shown`."""
        return await take_notices(self.services, are_shown=are_shown)

    def decide_rights(self) -> None:
        """Decide what the client may do; again whenever its name or the configuration changes."""
        config, caller = self.services.config.current, self.caller
        name, before = self._claimed_name, self.gate
        self.gate, self._replaced = None, {}
        if config.has_roles:
            from aircherd.access.gate import Gate  # noqa: PLC0415 -- most users have no roles
            from aircherd.access.rights import decide  # noqa: PLC0415

            rights = decide(config, name, self.peer.runs, self.host)
            if rights.bound_to is not None:
                rights = replace(rights, runs=self.peer.script or self.peer.program)
            name = rights.name
            self.gate = Gate(config, rights, self.peer, self.services.questions, self.host)
            if before is not None:
                self.gate.continue_from(before)
            self._replaced = self.gate.replacements({**self._table, **self._connection_table})
            if self.gate.forbids(methods.EVENTS_SUBSCRIBE):
                self.events.unsubscribe(None)
            elif rights.entry.confirm:
                subscribe = self._connection_table[methods.EVENTS_SUBSCRIBE]
                self._replaced[subscribe] = subscribe_after(self.gate, self, subscribe.handler)
        self._note_state()
        if caller.client != name:
            self.caller = Caller(name, caller.project, self.peer, caller.folder)

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
        share_of_task.set(self.share)
        with closing(self.memory), closing(self._reader), closing(self.events):
            try:
                async with trio.open_nursery() as self._nursery:
                    self._nursery.start_soon(self._write)
                    await self._read_all()
                    self._nursery.cancel_scope.cancel()
            finally:
                self._note_left()

    def _note_left(self) -> None:
        """Forget the requests that ended with the connection: nothing is left to drain."""
        self._nursery = None
        self._requests.clear()
        self.note_end()

    async def _read_all(self) -> None:
        """Read until the client disconnects, which cancels its requests, or breaks a frame."""
        try:
            await self._read()
        except trio.BrokenResourceError:
            pass
        except frames.FrameError as error:
            log.warning("broken_frame", client=self.caller.client, error=str(error))
            await self._start_all()
            await self._send_last_error(codes.BAD_REQUEST, str(error))

    async def _read(self) -> None:
        client, reader, outbox, queue = self._client, self._reader, self.outbox, self._queue
        watcher, turns = self.services.watcher, self.turns
        found: Sequence[Incoming] | None
        incoming: Incoming | None
        request: ReadyRequest | None
        # No deadlines: an editor may be idle for days.
        while data := await client.receive_some():
            if not watcher.is_attentive:
                # After a quiet time: files may have changed that the request depends on.
                await watcher.catch_up()
            while True:
                if not turns.is_open:
                    await turns.enter(self.share, first=True)
                found = reader.feed(data)
                if len(found) > FEW or queue.is_active:
                    self._start_later(found)
                else:
                    for incoming in found:
                        request = (
                            self._start_unless_inline(incoming)
                            if type(incoming) is ReadyRequest
                            else self._start_frame(incoming)
                        )
                        if request is not None:
                            await self._serve_inline(request)
                # A prompt must not be kept until the client sends more.
                found = incoming = request = None
                if reader.error:
                    # Another one: an error refers to the frames it came through, and to us.
                    raise frames.FrameError(str(reader.error))
                # Stop reading from a client that does not read responses: they are in our memory.
                if outbox.is_behind:
                    await outbox.wait_for_room()
                if not reader.rest:
                    break
                data = reader.rest
                await trio.lowlevel.checkpoint()

    async def _write(self) -> None:
        while True:
            try:
                await self._client.send_all(await self.outbox.take())
            except trio.BrokenResourceError:
                break  # the reader may notice only after it has read all data in the kernel
            self.outbox.note_written()
            self.events.report_dropped()
        assert self._nursery is not None
        self._nursery.cancel_scope.cancel()

    @property
    def active(self) -> int:
        """The number of requests and streams that have not ended."""
        return len(self._requests) + len(self._streams) + len(self._queue)

    async def wait_drained(self) -> None:
        """Refuse new requests and wait for the active ones. The caller sets the deadline."""
        self._drain()
        while self._requests or self._streams or self._queue.is_active:
            await self.wait_for_end()

    def _drain(self) -> None:
        self.is_draining = True
        self._note_state()

    def _note_state(self) -> None:
        self._is_usual = not (self._streams or self.is_draining or self._replaced)

    async def close(self) -> None:
        """Cancel all requests, tell the client that the daemon is shutting down, and end."""
        nursery = self._nursery
        if nursery is None:
            return
        self._drain()
        for msgid in self._queue.clear():
            self._respond_cancelled(msgid)
        for request in tuple(self._requests.values()):
            request.cancel()
        for stream in tuple(self._streams.values()):
            stream.scope.cancel()
        with trio.move_on_after(CLOSE_TIMEOUT):
            await self.wait_drained()
        await self._send_last_error(codes.SHUTTING_DOWN, "the daemon is shutting down")
        nursery.cancel_scope.cancel()

    async def _send_last_error(self, code: str, message: str) -> None:
        self.notify(methods.ERROR, {"code": code, "message": message})
        with trio.move_on_after(CLOSE_TIMEOUT):
            await self.outbox.wait_empty()

    async def _start_all(self) -> None:
        """Start what waits: requests before a broken frame are valid."""
        with trio.move_on_after(CLOSE_TIMEOUT):
            while self._queue.is_active:
                await self.wait_for_end()

    # ---------------------------------------------------------- incoming frames

    def _handle_frame(self, frame: Incoming) -> ReadyRequest | None:
        """Handle a frame that `request_reader` did not decode; return the request if it is one."""
        if isinstance(frame, frames.Request):
            try:
                return validate(frame, self._table, self._connection_table)
            except AircherError as error:
                self.outbox.put(encode_error(frame.msgid, error))
        elif isinstance(frame, frames.Notification) and frame.method == methods.CANCEL:
            self._cancel(frame.params)
        # Other frames are ignored: Neovim reports unknown methods with notifications.
        return None

    def _start_later(self, found: Sequence[Incoming]) -> None:
        """Queue requests that came together; cancel at once."""
        for incoming in found:
            request = incoming if type(incoming) is ReadyRequest else self._handle_frame(incoming)
            if request is None:
                continue
            if refusal := self._refusal(request.msgid):
                self.outbox.put(encode_error(request.msgid, refusal))
                continue
            try:
                self._queue.add(self._counted(request))
            except Busy as error:
                self._refuse(request.msgid, error)
        if len(self._queue) and not self._queue.is_active:
            assert self._nursery is not None
            self._queue.is_active = True
            self._nursery.start_soon(self._queue.run, self)

    async def start(self, request: ReadyRequest) -> None:
        """Start a request that was not refused."""
        if inline := self._start_closely(request, is_admitted=True):
            await self._serve_inline(inline)

    def _start_frame(self, frame: Incoming) -> ReadyRequest | None:
        request = self._handle_frame(frame)
        return None if request is None else self._start_closely(request)

    def _start_unless_inline(self, request: ReadyRequest) -> ReadyRequest | None:
        """Start or refuse a request, and return None; or return it.

        Then it has to be served in the reader's task, so that `hello` applies to all requests of
        the same read.
        """
        msgid, method, _, memory = request
        requests, idle = self._requests, self._idle_tasks
        if (
            not idle  # while there is one, there are less than `MAX_ACTIVE_REQUESTS`
            or memory
            or msgid in requests
            or not self._is_usual
            or type(method) is ConnectionMethod
        ):
            return self._start_closely(request)
        task = requests[msgid] = idle.pop()
        task.assign(request)
        return None

    def _start_closely(
        self, request: ReadyRequest, *, is_admitted: bool = False
    ) -> ReadyRequest | None:
        """Do the same for any request; `is_admitted` if it must not be refused any more."""
        if self._replaced:
            request = request.with_method_of(self._replaced)
        msgid = request.msgid
        if not is_admitted and (refusal := self._refusal(msgid)):
            self.outbox.put(encode_error(msgid, refusal))
        elif type(request.method) is ConnectionMethod:
            if request.memory > 0:  # a stream takes it again
                self.memory.give_back(request.memory)
            return request
        else:
            try:
                self._assign(request)
            except Busy as error:
                self._refuse(msgid, error)
        return None

    def _assign(self, request: ReadyRequest) -> None:
        """Hand a request to a task that may have to be started.

        Raises:
            Busy: there is no memory for it.
        """
        request = self._counted(request)
        if self._idle_tasks:
            task = self._idle_tasks.pop()
            task.assign(request)
        else:
            try:
                self.memory.take(TASK_COST)
            except Busy:
                self.memory.give_back(request.memory)
                raise
            assert self._nursery is not None
            task = RequestTask(self, request)
            self._nursery.start_soon(task.run)
        self._requests[request.msgid] = task
        task.memory.adopt(request.memory)

    def _counted(self, request: ReadyRequest) -> ReadyRequest:
        """Count what the parameters take, unless that was done.

        Raises:
            Busy: there is no memory for them.
        """
        if request.memory != UNCOUNTED:
            return request
        size = _counted_size(request.params)
        self.memory.take(size)
        return request._replace(memory=size)

    def _refusal(self, msgid: int) -> AircherError | None:
        if msgid in self._requests or msgid in self._queue:
            return BadRequest(f"request {msgid} is still active: use another id")
        if self.active >= MAX_ACTIVE_REQUESTS:
            return Busy(
                f"this client has {MAX_ACTIVE_REQUESTS} requests under way: wait for one to end"
            )
        if self.is_draining:
            return ShuttingDown("the daemon is shutting down; send the request again")
        # From now on, the number means the new request.
        self._streams_by_request.pop(msgid, None)
        return None

    async def _serve_inline(self, request: ReadyRequest) -> None:
        self._serving_inline = request.msgid
        try:
            result = await request.method.handler(self, request.params)
        except AircherError as error:
            note_refusal(self.services, self.caller, error)
            response = encode_error(request.msgid, error)
        except Exception as error:  # the edge: one request must not end the daemon
            log.exception("request_crashed")
            response = encode_error(request.msgid, internal_error(error))
        else:
            response = encode_result(request.msgid, result)
        self.outbox.put(self.services.mask_keys(response))

    def _cancel(self, params: Mapping[str, object]) -> None:
        """Cancel a request or a stream. An unknown number is no error: it may have just ended."""
        request_id, stream = params.get("id"), params.get("stream")
        chat = self._streams.get(stream) if isinstance(stream, int) else None
        if isinstance(request_id, int):
            if request := self._requests.get(request_id):
                request.cancel()
            elif self._queue.remove(request_id):
                self._respond_cancelled(request_id)
            else:
                chat = self._streams_by_request.get(request_id) or chat
        if chat is not None:
            chat.scope.cancel()

    def _respond_cancelled(self, msgid: int) -> None:
        error = cancelled_error(is_draining=self.is_draining)
        self.outbox.put(encode_error(msgid, error))

    # ---------------------------------------------------------- called by tasks and streams

    def respond(self, msgid: int, data: bytes) -> None:
        """Send the response of a request, which is then no longer active."""
        self.outbox.put(data)
        del self._requests[msgid]
        if self._reports_ends:
            self.note_end()

    def is_served(self, msgid: int) -> bool:
        """Return whether a request has been started and not been answered."""
        return msgid in self._requests

    async def wait_for_end(self) -> None:
        """Wait until a request or a stream has ended. The caller sets the deadline."""
        self._reports_ends = True
        await self._request_ended.park()

    def note_end(self) -> None:
        """Wake what waits for the end of a request or a stream."""
        self._reports_ends = False
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
        self.outbox.put(frames.encode_notification(method, params))

    def delta_writer(self, name: str, number: int, *, signs: bool = False) -> DeltaWriter:
        """Return what encodes the deltas of one chat, each with `{name: number}`."""
        return DeltaWriter(name, number, signs=signs)

    def delta_sender(self, name: str, number: int) -> Send:
        """Return a function that sends a chat's deltas to this client with `{name: number}`."""
        writer, outbox = self.delta_writer(name, number, signs=self.signs), self.outbox

        async def send(deltas: Sequence[Delta]) -> None:
            outbox.put_deltas(writer, deltas)
            if outbox.is_behind:
                del deltas
                await outbox.wait_for_room()

        return send

    def open_pace(self, name: str, number: int) -> PacedDeltas:
        """Return what sends a chat's deltas at the client's pace, in a task of its own."""
        assert self._nursery is not None
        paced = PacedDeltas(self.delta_writer(name, number), self.outbox, self.pace)
        self._nursery.start_soon(paced.run)
        return paced

    def start_stream(self, handler: Handler, params: object) -> int:
        """Start `handler` as a stream; return the number that identifies and cancels it.

        It does not run before the next checkpoint, so the response with its number goes out first.

        Raises:
            Busy: there is no memory for it and its `params`.
        """
        assert self._nursery is not None
        memory = RequestMemory(self.memory)
        tasks = 2 if self.pace else 1
        memory.grow(tasks * TASK_COST + _counted_size(params))
        number = next(self._stream_numbers)
        msgid = self._serving_inline
        stream = self._streams[number] = ChatStream(self, number, msgid, memory)
        self._streams_by_request[msgid] = stream
        self._note_state()
        self._nursery.start_soon(stream.run, handler)
        return number

    async def hold(self, context: AbstractAsyncContextManager[T]) -> T:
        """Enter a context, which ends with the connection; return what it yields."""
        assert self._nursery is not None
        result: T = await self._nursery.start(_hold, context)
        return result

    def forget_stream(self, number: int) -> None:
        """Remove a stream that has ended."""
        stream = self._streams.pop(number)
        if self._streams_by_request.get(stream.msgid) is stream:
            del self._streams_by_request[stream.msgid]
        self._note_state()
        self.note_end()

    def __repr__(self) -> str:
        return f"<Session of {self.caller.client}, {len(self._requests)} requests, {self.outbox}>"


async def _hold(
    context: AbstractAsyncContextManager[T], *, task_status: trio.TaskStatus[T]
) -> None:
    async with context as result:
        task_status.started(result)
        await trio.sleep_forever()


def _counted_size(params: object) -> int:
    """Return what parameters take in memory, 0 if the allowance of a task covers it."""
    size = size_of(params)
    return size if size > SMALL else 0


def _refuse(outbox: Outbox, msgid: int, error: AircherError) -> None:
    outbox.put(encode_error(msgid, error))
