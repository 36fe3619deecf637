"""One connection to another daemon, with many calls in progress.

Three tasks: one reads frames and hands each to its call, one writes, one listens for silence. A
sleeping laptop behind a forwarded socket takes a connection and then says nothing, so while calls
wait, a link that has heard nothing for `PING_AFTER` seconds pings; without any answer it ends.

What is not read stays bounded: past `MAX_UNREAD` bytes the link reads no further until its calls
are read, so the other daemon waits, too. A call that is not read for `PATIENCE` seconds, while
others wait behind it, fails.

On failure: a broken frame, an end or silence fails all calls at once, and the link is not used
again. A cancelled call is cancelled there; its request, once it has begun to leave, leaves whole.
"""

import itertools
import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import structlog
import trio

from aircher_wire import codes, frames, methods
from aircherd.errors import Busy, ProviderFailed
from aircherd.memory.request_memory import RequestMemory, uncounted
from aircherd.providers.upstream.request import encode_call
from aircherd.providers.upstream.unread import Unread
from aircherd.vocabulary.failure import Failure, FailureClass

READ_SIZE: Final = 65_536
MAX_UNREAD: Final = 4 * 1024 * 1024
"""Bytes of all calls together."""
PATIENCE: Final = 5.0
PING_AFTER: Final = 5.0
IDLE_SECONDS: Final = 300.0
"""A link without calls is closed after so long: a daemon may end when it has no client."""
MAX_MSGID: Final = 2**32 - 1

log = structlog.get_logger()


class _Outgoing:
    """A frame on its way out; `on_sent` is called when it begins to leave."""

    __slots__ = ("data", "is_dropped", "left", "on_sent")

    def __init__(self, data: bytes, on_sent: Callable[[], None] | None = None) -> None:
        self.data = data
        self.on_sent = on_sent
        self.is_dropped = False
        self.left = False


class LinkedCall:
    """One call over a link; `unread` has what came for it."""

    __slots__ = ("_link", "_outgoing", "msgid", "unread")

    def __init__(self, link: "Link", msgid: int, unread: Unread, outgoing: _Outgoing) -> None:
        self._link = link
        self.msgid = msgid
        self.unread = unread
        self._outgoing = outgoing

    def close(self) -> None:
        """End the call, whatever its state: the other daemon is informed at once. Idempotent."""
        self._link.forget(self.msgid, self._outgoing)
        self.unread.drop()

    def __repr__(self) -> str:
        return f"<LinkedCall {self.msgid} {self.unread!r}>"


class Link:
    """A connection over `stream` to the daemon at `path`, as long as `run` runs.

    `silence` is for how many seconds it may leave a ping unanswered. `features` are those of its
    `hello`; `may_repeat`: a call that it breaks before any answer may be made over another one.
    """

    def __init__(self, stream: trio.SocketStream, path: str, silence: float) -> None:
        self.features: frozenset[str] = frozenset()
        self.may_repeat = False
        self.failure: Failure | None = None
        self._stream = stream
        self._path = path
        self._silence = silence
        self._calls: dict[int, Unread] = {}
        self._numbers = itertools.count(1)
        self._queue: deque[_Outgoing] = deque()
        self._wake = trio.Event()  # there is something to write, or a first call
        self._called = trio.Event()
        self._taken = trio.lowlevel.ParkingLot()
        self._unread_size = 0
        self._heard = trio.current_time()
        self._last_words: str | None = None
        self._scope = trio.CancelScope()

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return self.failure is None

    @property
    def _is_asked(self) -> bool:
        """Whether there are calls without an answer."""
        return any(not each.has_ended for each in self._calls.values())

    # ---------------------------------------------------------- calls

    def start(
        self,
        method: str,
        params: bytes,
        memory: RequestMemory,
        on_sent: Callable[[], None] | None = None,
    ) -> LinkedCall:
        """Send a request with encoded parameters; the caller closes the call."""
        msgid = next(self._numbers) & MAX_MSGID
        unread = Unread(memory, self._note_unread)
        outgoing = _Outgoing(encode_call(msgid, method, params), on_sent)
        if self.failure is not None:
            unread.fail(ProviderFailed(self.failure))
            return LinkedCall(self, msgid, unread, outgoing)
        if not self._is_asked:
            self._heard = trio.current_time()
            self._called.set()
        self._calls[msgid] = unread
        self._write_later(outgoing)
        return LinkedCall(self, msgid, unread, outgoing)

    async def call(self, method: str, params: bytes = b"\x80") -> frames.Response:
        """Make one short call; return its response. The caller sets the deadline.

        Raises:
            ProviderFailed: the link broke.
        """
        call = self.start(method, params, uncounted())
        try:
            while await call.unread.take(1):
                pass
            return call.unread.take_response()
        finally:
            call.close()

    def forget(self, msgid: int, outgoing: _Outgoing) -> None:
        """Forget a call, and cancel it there unless it has been answered."""
        unread = self._calls.pop(msgid, None)
        if unread is None or unread.has_ended:
            return
        if not outgoing.left:
            outgoing.is_dropped = True
            return
        self._cancel_there(msgid)

    def close(self, message: str) -> None:
        """End the link; its calls fail."""
        self._break(FailureClass.NETWORK, message)

    # ---------------------------------------------------------- the connection

    async def run(self) -> None:
        """Serve the connection until it ends; never raises."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._write)
                    nursery.start_soon(self._watch)
                    await self._read()
        except Exception:  # a boundary: the other daemon must not end this one
            log.exception("link_failed", path=self._path)
        finally:
            self._break(FailureClass.NETWORK, f"the connection to the daemon at {self._path} ended")
            with trio.CancelScope(shield=True, deadline=trio.current_time()):
                await self._stream.aclose()

    async def _read(self) -> None:
        decoder = frames.Decoder()
        try:
            while data := await self._stream.receive_some(READ_SIZE):
                self._heard = trio.current_time()
                for frame in decoder.feed(data):
                    self._dispatch(frame)
                if decoder.error is not None:
                    self._break(
                        FailureClass.PROTOCOL,
                        f"what answers at {self._path} is no daemon of aircher: {decoder.error}",
                    )
                    return
                if self._unread_size > MAX_UNREAD:
                    await self._wait_for_readers()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        words = f": {self._last_words}" if self._last_words else ""
        self._break(
            FailureClass.NETWORK, f"the daemon at {self._path} closed the connection{words}"
        )

    def _dispatch(self, frame: frames.Frame) -> None:
        if isinstance(frame, frames.Response):
            unread = self._calls.get(frame.msgid)
            if unread is not None:  # else it was cancelled
                self.may_repeat = True
                unread.end(frame)
        elif isinstance(frame, frames.Notification):
            if frame.method == methods.CHAT_DELTA:
                self._take_delta(frame.params)
            elif frame.method == methods.ERROR:
                self._last_words = _words(frame.params)

    def _take_delta(self, delta: Mapping[str, object]) -> None:
        msgid = delta.get("id")
        unread = self._calls.get(msgid) if isinstance(msgid, int) else None
        if unread is None:
            return
        if not unread.put(delta):
            assert isinstance(msgid, int)
            self._cancel_there(msgid)

    async def _wait_for_readers(self) -> None:
        """Wait until the calls have been read; fail one that others wait behind."""
        while self._unread_size > MAX_UNREAD:
            with trio.move_on_after(PATIENCE) as scope:
                await self._taken.park()
            self._heard = trio.current_time()
            if scope.cancelled_caught and any(each.is_starving for each in self._calls.values()):
                self._fail_slowest()

    def _fail_slowest(self) -> None:
        msgid, unread = max(self._calls.items(), key=lambda item: item[1].size)
        if not unread.has_ended:
            self._cancel_there(msgid)
        unread.give_up(
            Busy(f"the reply was not read for {PATIENCE:g} s, and others wait behind it")
        )

    def _cancel_there(self, msgid: int) -> None:
        self._write_later(_Outgoing(frames.encode_notification(methods.CANCEL, {"id": msgid})))

    def _note_unread(self, size: int) -> None:
        self._unread_size += size
        if size < 0:
            self._taken.unpark_all()

    # ---------------------------------------------------------- writing

    def _write_later(self, outgoing: _Outgoing) -> None:
        self._queue.append(outgoing)
        self._wake.set()

    async def _write(self) -> None:
        try:
            while True:
                if not self._queue:
                    self._wake = trio.Event()
                    await self._wake.wait()
                outgoing = self._queue.popleft()
                if outgoing.is_dropped:
                    continue
                outgoing.left = True
                if outgoing.on_sent is not None:
                    outgoing.on_sent()
                await self._stream.send_all(outgoing.data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return  # the reader finds out why

    # ---------------------------------------------------------- silence

    async def _watch(self) -> None:
        """End the link when it is silent while calls wait, or has had no call for long."""
        while True:
            if not self._is_asked:
                self._called = trio.Event()
                with trio.move_on_after(IDLE_SECONDS) as idle:
                    await self._called.wait()
                if idle.cancelled_caught and not self._is_asked:
                    self.close(f"the connection to the daemon at {self._path} was idle")
            await trio.sleep_until(self._heard + PING_AFTER)
            if self._is_asked and trio.current_time() >= self._heard + PING_AFTER:
                await self._ping()

    async def _ping(self) -> None:
        # Any byte is an answer: a large reply may be on its way.
        asked = self._heard
        ping = self.start(methods.PING, b"\x80", uncounted())
        try:
            with trio.move_on_after(self._silence):
                while self._heard == asked:
                    await ping.unread.take(1)
                return
            if self._heard == asked:
                self.may_repeat = False
                self._break(
                    FailureClass.NETWORK,
                    f"the daemon at {self._path} says nothing: the machine it runs on may sleep, "
                    "or the way to it is cut",
                )
        except ProviderFailed:
            pass  # the link has ended
        finally:
            ping.close()

    # ---------------------------------------------------------- the end

    def _break(self, kind: FailureClass, message: str) -> None:
        if self.failure is not None:
            return
        self.failure = Failure(kind=kind, message=message)
        error = ProviderFailed(self.failure)
        for unread in self._calls.values():
            unread.fail(error)
        self._scope.cancel()

    def __repr__(self) -> str:
        state = "open" if self.is_open else "ended"
        return f"<Link {self._path} {state}, {len(self._calls)} calls, {self._unread_size} bytes>"


def _words(params: Mapping[str, object]) -> str | None:
    """Return why the other daemon ends the connection, as it says."""
    code, message = params.get("code"), params.get("message")
    if code == codes.SHUTTING_DOWN:
        return "it stops"
    return message if isinstance(message, str) else None


async def open_socket(path: str) -> trio.SocketStream:
    """Connect to a socket whose other end is this user's, or root's.

    Raises:
        OSError: it cannot be reached.
        PermissionError: another user answers there.
    """
    from aircher_wire.peer import peer_of  # noqa: PLC0415 -- few need it

    stream = await trio.open_unix_socket(path)
    _, uid = peer_of(stream.socket)
    if uid not in (os.getuid(), 0):
        await stream.aclose()
        raise PermissionError(f"user {uid} answers there, not you")
    return stream
