"""How long a request may wait, phase by phase.

    connect     name lookup, TCP and TLS together
    write       the server takes no data; renewed whenever it takes some
    first_byte  from the request's last byte to the whole head, and on to the body's first byte
    read        between one piece of the body and the next

Most requests go over an open connection and wait once, in the socket: their deadlines are those of
the `TcpStream`, kept by one `DeadlineScheduler` for all. Large and proxied requests wait in several
places at once: they do so in a cancel scope whose deadline moves from phase to phase.
"""

import math
from typing import Literal

import httpx
import msgspec
import trio

Phase = Literal["connect", "write", "first_byte", "read"]

# phase -> (the exception, its message)
TIMEOUTS: dict[Phase, tuple[type[httpx.TimeoutException], str]] = {
    "connect": (httpx.ConnectTimeout, "no connection to {peer} within {seconds:g} s"),
    "write": (httpx.WriteTimeout, "{peer} took no data for {seconds:g} s"),
    "first_byte": (httpx.ReadTimeout, "no answer from {peer} within {seconds:g} s"),
    "read": (httpx.ReadTimeout, "{peer} sent nothing more for {seconds:g} s"),
}


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """The seconds that each phase may take; infinity is no limit."""

    connect: float = math.inf
    write: float = math.inf
    first_byte: float = math.inf
    read: float = math.inf

    def error(self, phase: Phase, peer: str) -> httpx.TimeoutException:
        """Return what to raise when `phase` took too long."""
        kind, message = TIMEOUTS[phase]
        return kind(message.format(peer=peer, seconds=getattr(self, phase)))


class RequestDeadlines:
    """The phases of one request, each with its deadline in the cancel scope that is open."""

    __slots__ = ("_phase", "_scope", "_timeouts", "peer")

    def __init__(self, timeouts: Timeouts, peer: str) -> None:
        self.peer = peer
        self._timeouts = timeouts
        self._phase: Phase = "connect"
        self._scope = trio.CancelScope()

    def __repr__(self) -> str:
        return f"<RequestDeadlines {self.peer} {self._phase} until={self._scope.deadline:g}>"

    def open_scope(self, phase: Phase) -> trio.CancelScope:
        """Return a scope to enter at once: it bounds `phase`, and each phase that begins in it."""
        self._scope = trio.CancelScope()
        self.begin(phase)
        return self._scope

    def begin(self, phase: Phase) -> float:
        """Give `phase` its whole time from now on; return when that ends, on trio's clock."""
        self._phase = phase
        ends_at: float = trio.current_time() + getattr(self._timeouts, phase)
        self._scope.deadline = ends_at
        return ends_at

    def renew(self) -> None:
        """Give the current phase its whole time again: there was progress."""
        self.begin(self._phase)

    def error(self, phase: Phase | None = None) -> httpx.TimeoutException:
        """Return what to raise when `phase`, or else the current one, took too long."""
        return self._timeouts.error(phase or self._phase, self.peer)
