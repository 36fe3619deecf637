"""One client: frames in, a task per request, one writer out for what cannot leave at once.

What happens on each failure: a broken frame ends this connection with one `error` notification
and no other; an error of a request goes back as its answer; a client that goes away takes its
requests with it, and their upstream connections are closed at once. A client that does not read
fills its own outbox only: past the bound its chats wait, and its events are dropped and counted.
"""

import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TypeVar

import msgspec
import structlog
import trio

from aircher_wire import codes, frames, methods
from aircherd.api.context import Method, RequestContext
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
from aircherd.ipc.client_stream import ClientStream
from aircherd.ipc.connection_methods import CONNECTION_METHODS
from aircherd.ipc.deltas import DeltaWriter
from aircherd.ipc.outbox import Outbox
from aircherd.vocabulary.validation_messages import describe_invalid

MAX_UNDER_WAY = 4096
"""Requests and streams of one client: far more than an editor has, and an end to a runaway loop."""
FAREWELL_TIMEOUT = 1.0
"""Seconds for the last frames of a connection that is being closed."""

log = structlog.get_logger()

T = TypeVar("T")


class Session:
    """One connected client. `caller` is what it said of itself in `hello`."""

    def __init__(
        self,
        stream: trio.SocketStream,
        services: Services,
        table: Mapping[str, Method],
        connection_table: Mapping[str, Method] = CONNECTION_METHODS,
    ) -> None:
        self.caller = Caller("unknown")
        self.services = services
        self._client = ClientStream(stream)
        self._table = table
        self._connection_table = connection_table
        self._outbox = Outbox(self._client.send_now)
        self._decoder = frames.Decoder()
        self._requests: dict[int, trio.CancelScope] = {}
        self._streams: dict[int, trio.CancelScope] = {}
        self._stream_numbers = itertools.count(1)
        self._subscription = ExitStack()
        self._topics: frozenset[str] = frozenset()
        self._dropped = 0
        self._nursery: trio.Nursery | None = None
        self._is_draining = False
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
        # No deadlines: an editor may be connected for days without a word.
        while data := await self._client.receive_some():
            for frame in self._decoder.feed(data):
                await self._dispatch(frame)
            if self._decoder.error:
                raise self._decoder.error
            # Who does not read its answers is not asked for more: they wait in our memory.
            await self._outbox.wait_for_room()

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
        self._is_draining = True
        while self._requests or self._streams:
            await self._something_ended.park()

    async def close(self) -> None:
        """Cancel what is under way, say that the daemon goes down, and end."""
        if self._nursery is None:
            return
        self._is_draining = True
        for scope in (*self._requests.values(), *self._streams.values()):
            scope.cancel()
        with trio.move_on_after(FAREWELL_TIMEOUT):
            await self.wait_drained()
        await self._say_farewell(codes.SHUTTING_DOWN, "the daemon is shutting down")
        self._nursery.cancel_scope.cancel()

    async def _say_farewell(self, code: str, message: str) -> None:
        self._notify(methods.ERROR, {"code": code, "message": message})
        with trio.move_on_after(FAREWELL_TIMEOUT):
            await self._outbox.wait_empty()

    # ---------------------------------------------------------- what the client says

    async def _dispatch(self, frame: frames.Frame) -> None:
        if isinstance(frame, frames.Request):
            await self._start_request(frame)
        elif isinstance(frame, frames.Notification) and frame.method == methods.CANCEL:
            self._cancel(frame.params)
        # Anything else is taken silently: Neovim answers what it does not know with notifications.

    async def _start_request(self, request: frames.Request) -> None:
        assert self._nursery is not None
        if refusal := self._refusal(request.msgid):
            self._outbox.put(frames.encode_error(request.msgid, _wire_error(refusal)))
            return
        scope = self._requests[request.msgid] = trio.CancelScope()
        if request.method == methods.HELLO:
            # What came in the same read is this caller's, and tasks begin in any order.
            await self._answer(request, scope)
        else:
            self._nursery.start_soon(self._answer, request, scope)

    def _refusal(self, msgid: int) -> AircherError | None:
        if msgid in self._requests:
            return BadRequest(f"request {msgid} is still being answered: number it anew")
        if len(self._requests) + len(self._streams) >= MAX_UNDER_WAY:
            return TooManyRequests(
                f"this client has {MAX_UNDER_WAY} requests under way: wait until one has ended"
            )
        return None

    def _cancel(self, params: Mapping[str, object]) -> None:
        """Cancel a request or a stream; one that has just ended is a race and no error."""
        for name, scopes in (("id", self._requests), ("stream", self._streams)):
            number = params.get(name)
            if isinstance(number, int) and (scope := scopes.get(number)):
                scope.cancel()

    async def _answer(self, request: frames.Request, scope: trio.CancelScope) -> None:
        try:
            result, error = await self._settle(scope, self._call, request)
            # Answers wait their turn, or thousands of them would wait in memory.
            await self._outbox.wait_for_room()
            if error is None:
                self._put(frames.encode_response, request.msgid, result)
            else:
                self._put(frames.encode_error, request.msgid, error)
        finally:
            del self._requests[request.msgid]
            self._something_ended.unpark_all()

    def _put(self, encode: Callable[[int, T], bytes], msgid: int, told: T) -> None:
        """Put an answer; one that cannot be put is our mistake, and told instead of it."""
        try:
            data = encode(msgid, told)
        except (TypeError, ValueError, OverflowError) as error:
            log.exception("answer_not_encoded")
            data = frames.encode_error(msgid, _wire_error(_mistake(error)))
        if len(data) > frames.MAX_FRAME:
            large = AircherError(f"the answer has {len(data)} bytes, more than a frame may have")
            data = frames.encode_error(msgid, _wire_error(large))
        self._outbox.put(data)

    async def _call(self, request: frames.Request) -> object:
        method = self._table.get(request.method) or self._connection_table.get(request.method)
        if method is None:
            raise UnknownMethod(f"there is no method {request.method!r}", method=request.method)
        if self._is_draining:
            raise ShuttingDown("the daemon is shutting down; the next one will answer")
        try:
            params: object = msgspec.convert(_with_maps(request.params), method.params)
        except msgspec.ValidationError as error:
            raise BadRequest(f"{request.method}: {describe_invalid(error)}") from None
        except UnicodeEncodeError:
            raise BadRequest(f"{request.method}: a name in it is not valid UTF-8") from None
        if request.method in self._connection_table:
            return await method.handler(self, params)
        context = _Context(self, "id", request.msgid)
        return await method.handler(self.services, context, params)

    async def _settle(
        self, scope: trio.CancelScope, run: Callable[[T], Awaitable[object]], given: T
    ) -> tuple[object, dict[str, object] | None]:
        """Do `run(given)` for the client; return its result, or the error as the wire has it."""
        with scope:
            try:
                return await run(given), None
            except AircherError as error:
                return None, _wire_error(error)
            except Exception as error:  # the edge: one request must not end the daemon
                log.exception("request_crashed")
                return None, _wire_error(_mistake(error))
        if self._is_draining:
            return None, _wire_error(ShuttingDown("the daemon is shutting down"))
        return None, {"code": codes.CANCELLED, "message": "cancelled", "data": {}}

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

    def scope_of(self, name: str, number: int) -> trio.CancelScope:
        """Return the scope of a request ("id") or a stream ("stream") that is under way."""
        return (self._requests if name == "id" else self._streams)[number]

    def start_stream(self, run: Callable[[RequestContext], Awaitable[object]]) -> int:
        """Start `run(context)` as a stream that can be cancelled by its number; return the number.

        It does not run before the next checkpoint, so the answer with its number goes out first.
        """
        assert self._nursery is not None
        number = next(self._stream_numbers)
        scope = self._streams[number] = trio.CancelScope()
        self._nursery.start_soon(self._run_stream, number, scope, run)
        return number

    async def _run_stream(
        self,
        number: int,
        scope: trio.CancelScope,
        run: Callable[[RequestContext], Awaitable[object]],
    ) -> None:
        context = _Context(self, "stream", number)
        try:
            result, error = await self._settle(scope, run, context)
            await self._outbox.wait_for_room()
            outcome = {"result": result} if error is None else {"error": error}
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


class _Context:
    """A request ("id") or a stream ("stream") of a session, as handlers see it."""

    __slots__ = ("_name", "_number", "_session", "caller")

    def __init__(self, session: Session, name: str, number: int) -> None:
        self.caller = session.caller
        self._session = session
        self._name = name
        self._number = number

    @property
    def scope(self) -> trio.CancelScope:
        return self._session.scope_of(self._name, self._number)

    @property
    def send(self) -> Send:
        return self._session.delta_sender(self._name, self._number)


def _mistake(error: Exception) -> AircherError:
    return AircherError(f"aircherd made a mistake ({type(error).__name__}); see its log")


def _wire_error(error: AircherError) -> dict[str, object]:
    return {"code": error.code, "message": error.message, "data": error.data}


def _with_maps(params: dict[str, object]) -> dict[str, object]:
    """Return `params` with the maps that an editor's empty table turned into an empty list."""
    if [] not in params.values():
        return params
    maps = ("extra", "route", "client", "variables")
    return {key: {} if key in maps and value == [] else value for key, value in params.items()}
