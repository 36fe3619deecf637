"""One client: frames in, requests served side by side, one writer for what cannot leave at once.

What happens on each failure: a broken frame ends this connection with one `error` notification
and no other; an error of a request goes back as its answer; a client that goes away takes its
requests with it, and their upstream connections are closed at once. A client that does not read
fills its own outbox only: past the bound its chats wait, and its events are dropped and counted.
"""

import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack

import msgspec
import structlog
import trio

from aircher_wire import codes, frames, methods
from aircherd.api.context import Method, RequestContext
from aircherd.api.methods import METHODS
from aircherd.api.services import Services
from aircherd.chat.caller import Caller, Delta, Send
from aircherd.errors import (
    AircherError,
    BadRequest,
    ShuttingDown,
    TooManyRequests,
    UnknownMethod,
)
from aircherd.events import Event
from aircherd.ipc.answers import (
    cancelled_error,
    encode_error,
    encode_result,
    internal_error,
    wire_error,
)
from aircherd.ipc.client_stream import ClientStream
from aircherd.ipc.connection_methods import CONNECTION_METHODS, ConnectionMethod
from aircherd.ipc.deltas import DeltaWriter
from aircherd.ipc.outbox import Outbox
from aircherd.ipc.request_reader import Incoming, ReadyRequest, RequestReader
from aircherd.ipc.request_task import RequestTask
from aircherd.providers.transport.deadline_scheduler import deadline_scheduler
from aircherd.vocabulary.validation_messages import describe_invalid

MAX_ACTIVE_REQUESTS = 4096
"""Requests and streams of one client: far more than an editor has, and an end to a runaway loop."""
MAX_IDLE_TASKS = 64
"""Tasks of one client that wait for its next requests; more end."""
CLOSE_TIMEOUT = 1.0
"""Seconds for the last frames of a connection that is being closed."""

log = structlog.get_logger()


class Session:
    """One connected client. `caller` is what it said of itself in `hello`."""

    def __init__(
        self,
        stream: trio.SocketStream,
        services: Services,
        table: Mapping[str, Method] = METHODS,
        connection_table: Mapping[str, Method] = CONNECTION_METHODS,
    ) -> None:
        self.caller = Caller("unknown")
        self.services = services
        self.is_draining = False
        self.deadlines = deadline_scheduler()
        self._client = ClientStream(stream)
        self._connection_table = connection_table
        self._table = table
        self._reader = RequestReader({**table, **connection_table})
        self._outbox = Outbox(self._client.send_now)
        self._requests: dict[int, RequestTask] = {}
        self._idle: list[RequestTask] = []
        self._streams: dict[int, trio.CancelScope] = {}
        self._stream_numbers = itertools.count(1)
        self._subscription = ExitStack()
        self._topics: frozenset[str] = frozenset()
        self._dropped = 0
        self._nursery: trio.Nursery | None = None
        self._something_ended = trio.lowlevel.ParkingLot()

    # ---------------------------------------------------------- the life of a connection

    async def serve(self) -> None:
        """Serve the client until it goes away or the daemon does; the stream is the caller's."""
        with self._subscription:
            async with trio.open_nursery() as self._nursery:
                self._nursery.start_soon(self._write)
                try:
                    await self._read()
                except trio.BrokenResourceError:
                    pass  # the client went away in the middle; so do its requests
                except frames.FrameError as error:
                    log.warning("broken_frame", client=self.caller.client, error=str(error))
                    await self._say_farewell(codes.BAD_REQUEST, str(error))
                self._nursery.cancel_scope.cancel()

    async def _read(self) -> None:
        client, reader, outbox = self._client, self._reader, self._outbox
        # No deadlines: an editor may be connected for days without a word.
        while data := await client.receive_some():
            for incoming in reader.feed(data):
                if type(incoming) is ReadyRequest:
                    await self._start(incoming)
                else:
                    await self._take_frame(incoming)
            if reader.error:
                raise reader.error
            # A client that does not read its answers is not read: they wait in our memory.
            if outbox.is_full:
                await outbox.wait_for_room()

    async def _write(self) -> None:
        while True:
            data = await self._outbox.take()
            try:
                await self._client.send_all(data)
            except trio.BrokenResourceError:
                break  # the reader may not see it before it has read what the kernel still holds
            self._outbox.written()
            self._report_dropped()
        assert self._nursery is not None
        self._nursery.cancel_scope.cancel()

    async def wait_drained(self) -> None:
        """Take no new request and wait for those under way. The caller sets the deadline."""
        self.is_draining = True
        while self._requests or self._streams:
            await self._something_ended.park()

    async def close(self) -> None:
        """Cancel what is under way, say that the daemon goes down, and end."""
        if self._nursery is None:
            return
        self.is_draining = True
        for request in tuple(self._requests.values()):
            request.cancel()
        for scope in tuple(self._streams.values()):
            scope.cancel()
        with trio.move_on_after(CLOSE_TIMEOUT):
            await self.wait_drained()
        await self._say_farewell(codes.SHUTTING_DOWN, "the daemon is shutting down")
        self._nursery.cancel_scope.cancel()

    async def _say_farewell(self, code: str, message: str) -> None:
        self._notify(methods.ERROR, {"code": code, "message": message})
        with trio.move_on_after(CLOSE_TIMEOUT):
            await self._outbox.wait_empty()

    # ---------------------------------------------------------- what the client says

    async def _take_frame(self, frame: Incoming) -> None:
        """Take a frame that needs more than a look: see `request_reader`."""
        if isinstance(frame, frames.Request):
            try:
                request = self._checked(frame)
            except AircherError as error:
                self._outbox.put(encode_error(frame.msgid, error))
            else:
                await self._start(request)
        elif isinstance(frame, frames.Notification) and frame.method == methods.CANCEL:
            self._cancel(frame.params)
        # Anything else is dropped: Neovim answers what it does not know with notifications.

    def _checked(self, request: frames.Request) -> ReadyRequest:
        name = request.method
        method = self._table.get(name) or self._connection_table.get(name)
        if method is None:
            raise UnknownMethod(f"there is no method {name!r}", method=name)
        try:
            params: object = msgspec.convert(_fix_empty_maps(request.params), method.params)
        except msgspec.ValidationError as error:
            raise BadRequest(f"{name}: {describe_invalid(error)}") from None
        except UnicodeEncodeError:
            raise BadRequest(f"{name}: a name in it is not valid UTF-8") from None
        return ReadyRequest(request.msgid, method, params)

    async def _start(self, request: ReadyRequest) -> None:
        msgid = request.msgid
        if refusal := self._refusal(msgid):
            self._outbox.put(encode_error(msgid, refusal))
        elif type(request.method) is ConnectionMethod:
            # In this task: what comes in the same read is by the client that `hello` names.
            await self._serve_here(request)
        elif self._idle:
            task = self._requests[msgid] = self._idle.pop()
            task.give(request)
        else:
            assert self._nursery is not None
            task = self._requests[msgid] = RequestTask(self, request)
            self._nursery.start_soon(task.run)

    def _refusal(self, msgid: int) -> AircherError | None:
        if msgid in self._requests:
            return BadRequest(f"request {msgid} is still being answered: use another number")
        if len(self._requests) + len(self._streams) >= MAX_ACTIVE_REQUESTS:
            return TooManyRequests(
                f"this client has {MAX_ACTIVE_REQUESTS} requests under way: wait for one to end"
            )
        if self.is_draining:
            return ShuttingDown("the daemon is shutting down; the next one will answer")
        return None

    async def _serve_here(self, request: ReadyRequest) -> None:
        try:
            result = await request.method.handler(self, request.params)
        except AircherError as error:
            answer = encode_error(request.msgid, error)
        except Exception as error:  # the edge: one request must not end the daemon
            log.exception("request_crashed")
            answer = encode_error(request.msgid, internal_error(error))
        else:
            answer = encode_result(request.msgid, result)
        self._outbox.put(answer)

    def _cancel(self, params: Mapping[str, object]) -> None:
        """Cancel a request or a stream; one that has just ended is a race and no error."""
        request_id, stream = params.get("id"), params.get("stream")
        if isinstance(request_id, int) and (request := self._requests.get(request_id)):
            request.cancel()
        if isinstance(stream, int) and (scope := self._streams.get(stream)):
            scope.cancel()

    # ---------------------------------------------------------- for the tasks that serve requests

    @property
    def is_full(self) -> bool:
        """Whether the client is too far behind to be sent more."""
        return self._outbox.is_full

    async def wait_for_room(self) -> None:
        """Wait while the client is too far behind."""
        await self._outbox.wait_for_room()

    def answer(self, msgid: int, data: bytes) -> None:
        """Send a request's answer: it is over."""
        self._outbox.put(data)
        del self._requests[msgid]
        if self.is_draining:
            self._something_ended.unpark_all()

    def keep_idle(self, task: RequestTask) -> bool:
        """Keep a task for the next request, unless enough of them wait."""
        if len(self._idle) >= MAX_IDLE_TASKS:
            return False
        self._idle.append(task)
        return True

    def forget_idle(self, task: RequestTask) -> None:
        """Forget an idle task that was cancelled."""
        self._idle.remove(task)

    # ---------------------------------------------------------- what the client is told

    def _notify(self, method: str, params: dict[str, object]) -> None:
        self._outbox.put(frames.encode_notification(method, params))

    def delta_sender(self, name: str, number: int) -> Send:
        """Return what takes a chat's deltas to this client, marked `{name: number}`."""
        writer, outbox = DeltaWriter(name, number), self._outbox

        async def send(deltas: Sequence[Delta]) -> None:
            outbox.put_deltas(writer, deltas)
            if outbox.is_full:
                await outbox.wait_for_room()

        return send

    def start_stream(self, run: Callable[[RequestContext], Awaitable[object]]) -> int:
        """Start `run(context)` as a stream that can be cancelled by its number; return the number.

        It does not run before the next checkpoint, so the answer with its number goes out first.
        """
        assert self._nursery is not None
        number = next(self._stream_numbers)
        scope = self._streams[number] = trio.CancelScope()
        context = StreamContext(self.caller, scope, self.delta_sender("stream", number))
        self._nursery.start_soon(self._run_stream, number, context, run)
        return number

    async def _run_stream(
        self,
        number: int,
        context: "StreamContext",
        run: Callable[[RequestContext], Awaitable[object]],
    ) -> None:
        error: AircherError | None = None
        result: object = None
        try:
            with context.scope:
                try:
                    result = await run(context)
                except AircherError as failure:
                    error = failure
                except Exception as failure:  # the edge: one stream must not end the daemon
                    log.exception("request_crashed")
                    error = internal_error(failure)
            if context.scope.cancelled_caught:
                error = cancelled_error(is_draining=self.is_draining)
            await self._outbox.wait_for_room()
            outcome = (
                {"error": wire_error(error)} if error else {"result": msgspec.to_builtins(result)}
            )
            self._notify(methods.CHAT_DONE, {"stream": number, **outcome})
        finally:
            del self._streams[number]
            self._something_ended.unpark_all()

    # ---------------------------------------------------------- events

    def subscribe(self, topics: Sequence[str]) -> None:
        """Deliver events of these topics too, from now on."""
        self._set_topics(self._topics | set(topics))

    def unsubscribe(self, topics: Sequence[str] | None) -> None:
        """Deliver events of these topics no longer; None means all."""
        self._set_topics(self._topics - set(topics) if topics is not None else frozenset())

    def _set_topics(self, topics: frozenset[str]) -> None:
        self._subscription.close()
        self._topics = topics
        bus = self.services.bus
        self._subscription.enter_context(bus.subscribed(tuple(topics), self._take_event))

    def _take_event(self, event: Event) -> None:
        if self._outbox.is_full:
            self._dropped += 1
            return
        about = {"topic": event.topic, "seq": event.seq, "at": event.at}
        self._notify(methods.EVENT, {**event.data, **about})

    def _report_dropped(self) -> None:
        if self._dropped and not self._outbox.is_full:
            self._notify(methods.EVENT, {"topic": "lagged", "dropped": self._dropped})
            self._dropped = 0

    def __repr__(self) -> str:
        return f"<Session of {self.caller.client}, {len(self._requests)} requests, {self._outbox}>"


class StreamContext:
    """A stream of a session, as handlers see it: see `api.context.RequestContext`."""

    __slots__ = ("caller", "scope", "send")

    def __init__(self, caller: Caller, scope: trio.CancelScope, send: Send) -> None:
        self.caller = caller
        self.scope = scope
        self.send = send

    def __repr__(self) -> str:
        return f"<StreamContext of {self.caller.client}>"


def _fix_empty_maps(params: dict[str, object]) -> dict[str, object]:
    """Return `params` with the maps that an editor's empty table turned into an empty list."""
    if [] not in params.values():
        return params
    maps = ("extra", "route", "client", "variables")
    return {key: {} if key in maps and value == [] else value for key, value in params.items()}
