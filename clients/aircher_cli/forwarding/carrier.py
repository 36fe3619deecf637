"""Moves bytes between the connections of one end and the pipes of ssh: one loop, no threads.

It ends when the other end does, when nothing has come from it for `SILENCE_SECONDS` although each
end asks every `PING_SECONDS`, or nothing at all for `GREETING_SECONDS`, or by a signal. Time is the
one that goes on while the machine sleeps, so that an end that wakes up notices at once that the
other one has given up.
"""

import os
import select
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from typing import NamedTuple

from aircher_cli.forwarding.frames import FrameError, NoGreeting
from aircher_cli.forwarding.mux import Closed, Credited, Message, Mux, Opened, Received

PING_SECONDS = 5.0
SILENCE_SECONDS = 15.0
GREETING_SECONDS = 180.0
"""For ssh to log in, with what it asks the user, and for the other end to say its first word."""
HIGH_WATER = 1024 * 1024
"""Bytes that wait for ssh until no more are read from connections."""
READ_SIZE = 65_536
LAST_SECONDS = 0.5
"""For the last frames, when an end says that it goes."""

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def now() -> float:
    """Return seconds on a clock that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Why(Enum):
    """Why a forward has ended."""

    CLOSED = auto()
    """The pipes are closed: ssh or the other end has ended."""
    SILENT = auto()
    """For how many seconds is in the text, if the other end has never spoken."""
    SIGNAL = auto()
    REFUSED = auto()
    """The other end cannot do it, and says why."""
    LEFT = auto()
    """The other end goes, and says why."""
    LOST = auto()
    """What it is about is gone here: the socket's file."""
    BROKEN = auto()
    """The other end does not speak this protocol."""


class End(NamedTuple):
    """How a forward has ended: `text` is what the other end says, or what happened here."""

    why: Why
    text: str = ""
    number: int = 0


class Link:
    """One connection: its socket, what is to be written to it, and whether it ends after that."""

    __slots__ = ("is_closing", "number", "out", "reason", "sock")

    def __init__(self, number: int, sock: socket.socket | None) -> None:
        self.number = number
        self.sock = sock
        self.out = bytearray()
        self.is_closing = False
        self.reason = ""

    def __repr__(self) -> str:
        return f"<Link {self.number}, {len(self.out)} bytes to write>"


class Carrier:
    """One end. Subclasses decide what opens connections, and what messages mean.

    `source` and `sink` are descriptors, which the caller closes; `clock` is `now`.
    """

    def __init__(
        self, source: int, sink: int, *, opens: bool, clock: Callable[[], float] = now
    ) -> None:
        self.mux = Mux(opens=opens)
        self.end: End | None = None
        self.links: dict[int, Link] = {}
        self.selector = selectors.PollSelector()
        self._source, self._sink = source, sink
        self._clock = clock
        self._began_at = self._heard_at = self._asked_at = clock()
        self._is_blocked = False
        self._signals: socket.socket | None = None
        for number in (source, sink):
            os.set_blocking(number, False)
        self.selector.register(source, selectors.EVENT_READ, self._read_source)

    # ---------------------------------------------------------- what subclasses decide

    def on_opened(self, number: int) -> None:
        """Handle a connection that the other end has opened."""

    def on_message(self, message: dict[str, object]) -> None:
        """Handle what the other end says."""

    def on_end(self, end: End) -> None:
        """Say the last word to the other end."""

    def on_tick(self) -> None:
        """Look at what no descriptor tells; called every few seconds, and after each event."""

    def note_written(self, link: Link, data: bytes) -> None:
        """Note what a connection's socket has taken."""

    def farewell(self) -> str:
        """Return why connections end that are open at the end."""
        return ""

    def last_words(self, link: Link, reason: str) -> bytes:
        """Return what a connection's reader gets last, because of `reason`."""
        del link, reason
        return b""

    # ---------------------------------------------------------- the loop

    def run(self) -> End:
        """Carry until the end, and return how it came; every connection is closed then."""
        try:
            while self.end is None:
                self._step()
            self._look_for_signal()
            self.on_end(self.end)
            self._flush()
            return self.end
        finally:
            for link in tuple(self.links.values()):
                self._drop(link, self.farewell())
            self.selector.close()

    def _look_for_signal(self) -> None:
        """Note a signal that came with the end: Ctrl-C ends ssh, too, which may be seen first."""
        if self._signals is not None and select.select([self._signals], [], [], 0)[0]:
            self.end = End(Why.SIGNAL, number=self._signals.recv(64)[0])

    def stop(self, why: Why, text: str = "", number: int = 0) -> None:
        """End; the first reason counts."""
        if self.end is None:
            self.end = End(why, text, number)

    def _step(self) -> None:
        self._watch(self._sink, self._write_sink, write=bool(self.mux.out))
        self._note_blocked()
        for key, mask in self.selector.select(PING_SECONDS):
            if self.end is None:
                key.data(mask)
        self._tick()

    def _tick(self) -> None:
        moment = self._clock()
        if self.mux.is_greeted:
            if moment - self._heard_at > SILENCE_SECONDS:
                self.stop(Why.SILENT)
            elif moment - self._asked_at >= PING_SECONDS:
                self._asked_at = moment
                self.mux.ping()
        elif moment - self._began_at > GREETING_SECONDS:
            self.stop(Why.SILENT, f"{GREETING_SECONDS:g}")
        self.on_tick()

    def _note_blocked(self) -> None:
        """While too much waits for ssh, read no connection."""
        is_blocked = len(self.mux.out) >= HIGH_WATER
        if is_blocked != self._is_blocked:
            self._is_blocked = is_blocked
            for link in self.links.values():
                self.watch(link)

    # ---------------------------------------------------------- the other end

    def _read_source(self, _mask: int) -> None:
        try:
            data = os.read(self._source, READ_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            self.stop(Why.CLOSED, error.strerror or "")
            return
        if not data:
            self.stop(Why.CLOSED)
            return
        self._heard_at = self._clock()
        try:
            events = self.mux.feed(data)
        except NoGreeting as error:
            self.stop(Why.BROKEN, error.said.decode(errors="replace"))
            return
        except FrameError as error:
            self.stop(Why.BROKEN, str(error))
            return
        for event in events:
            self._handle(event)

    def _handle(self, event: object) -> None:
        if isinstance(event, Message):
            self.on_message(event.message)
        elif isinstance(event, Opened):
            self.on_opened(event.number)
        elif isinstance(event, Received | Credited | Closed):
            link = self.links.get(event.number)
            if link is not None:
                self._handle_of(link, event)

    def _handle_of(self, link: Link, event: Received | Credited | Closed) -> None:
        if isinstance(event, Received):
            link.out += event.data
        elif isinstance(event, Closed):
            link.is_closing, link.reason = True, event.reason
            if link.sock is None:
                self._drop(link)
        if link.sock is not None:
            self._write_link(link)

    def _write_sink(self, _mask: int = 0) -> None:
        out = self.mux.out
        try:
            size = os.write(self._sink, out[:READ_SIZE])
        except BlockingIOError:
            return
        except OSError as error:
            self.stop(Why.CLOSED, error.strerror or "")
            return
        del out[:size]

    def _flush(self) -> None:
        """Write what is left, as far as ssh takes it soon: it may be why we end."""
        if self.end is None or self.end.why in (Why.CLOSED, Why.SILENT):
            return
        until = time.monotonic() + LAST_SECONDS
        with selectors.PollSelector() as selector:
            selector.register(self._sink, selectors.EVENT_WRITE)
            while self.mux.out and (left := until - time.monotonic()) > 0:
                if not selector.select(left):
                    return
                try:
                    del self.mux.out[: os.write(self._sink, self.mux.out[:READ_SIZE])]
                except OSError:
                    return  # it is gone: nothing more can be said

    # ---------------------------------------------------------- connections

    def add(self, number: int, sock: socket.socket | None) -> Link:
        """Carry a connection; without a socket, what comes for it waits for `attach`."""
        link = self.links[number] = Link(number, sock)
        if sock is not None:
            sock.setblocking(False)
            self.watch(link)
        return link

    def attach(self, link: Link, sock: socket.socket) -> None:
        """Give a connection its socket."""
        sock.setblocking(False)
        link.sock = sock
        self._write_link(link)

    def close(self, link: Link, reason: str = "") -> None:
        """End a connection at both ends."""
        self.mux.close(link.number, reason)
        self._drop(link, reason)

    def watch(self, link: Link) -> None:
        """Wait for what the connection needs now."""
        if link.sock is None:
            return
        # Its reader may read no more before its own answers are taken, which go nowhere then.
        may_read = link.is_closing or (not self._is_blocked and self.mux.credit(link.number) > 0)

        def serve(mask: int) -> None:
            if mask & selectors.EVENT_WRITE:
                self._write_link(link)
            if mask & selectors.EVENT_READ and self.links.get(link.number) is link:
                self._read_link(link)

        self._watch(link.sock.fileno(), serve, read=may_read, write=bool(link.out))

    def _watch(
        self, number: int, serve: Callable[[int], None], *, read: bool = False, write: bool = False
    ) -> None:
        wanted = (selectors.EVENT_READ if read else 0) | (selectors.EVENT_WRITE if write else 0)
        known = self.selector.get_map().get(number)
        if known is None:
            if wanted:
                self.selector.register(number, wanted, serve)
        elif not wanted:
            self.selector.unregister(number)
        elif known.events != wanted:
            self.selector.modify(number, wanted, serve)

    def _read_link(self, link: Link) -> None:
        assert link.sock is not None
        size = READ_SIZE if link.is_closing else self.mux.credit(link.number)
        if not size:
            self.watch(link)
            return
        try:
            data = link.sock.recv(size)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close(link)
            return
        if link.is_closing:
            return
        self.mux.send(link.number, data)
        if self.mux.credit(link.number) == 0:
            self.watch(link)

    def _write_link(self, link: Link) -> None:
        """Write what waits for a connection; close it if that was all."""
        assert link.sock is not None
        if link.out:
            try:
                size = link.sock.send(link.out[:READ_SIZE])
            except BlockingIOError:
                size = 0
            except OSError:
                self.close(link)
                return
            self.note_written(link, bytes(link.out[:size]))
            del link.out[:size]
            self.mux.take(link.number, size)
        if link.is_closing and not link.out:
            self._drop(link, link.reason)
        else:
            self.watch(link)

    def _drop(self, link: Link, reason: str = "") -> None:
        self.links.pop(link.number, None)
        if link.sock is None:
            return
        if words := self.last_words(link, reason):
            with suppress(OSError):  # its reader is gone, or far behind
                link.sock.send(words)
        if link.sock.fileno() in self.selector.get_map():
            self.selector.unregister(link.sock.fileno())
        link.sock.close()

    # ---------------------------------------------------------- signals

    @contextmanager
    def stopped_by_signals(self) -> Iterator[None]:
        """End by the signals that stop a program, inside the context."""
        with woken_by_signals() as ours:
            self._signals = ours
            self.selector.register(ours, selectors.EVENT_READ, lambda _: self.stop(Why.SIGNAL))
            yield
            self._signals = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.links)} connections, {self.mux!r}>"


@contextmanager
def woken_by_signals() -> Iterator[socket.socket]:
    """Yield a socket that is readable after a signal that stops a program: a byte with its number.

    A signal that is ignored, as under nohup, stays so.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        before = {each: signal.getsignal(each) for each in STOPPING}
        old = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        for each, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(each, lambda *_: None)
        try:
            yield ours
        finally:
            signal.set_wakeup_fd(old)
            for each, handler in before.items():
                signal.signal(each, handler)
