"""How long a request may wait, phase by phase.

    connect     name look-up, TCP and TLS together
    write       the server takes no data; renewed whenever it takes some
    first_byte  from the request's last byte to the whole head, and on to the body's first byte
    read        between one piece of the body and the next

Most requests go over an open connection and wait once, in the socket: then the deadlines are the
socket's (`Wire`, and one `wait_keeper` for all), and cost next to nothing. What waits in several
places at once, connecting and large requests, does so in a scope whose deadline moves from phase
to phase.
"""

import math
from collections.abc import Mapping
from typing import Literal

import httpx
import trio

Phase = Literal["connect", "write", "first_byte", "read"]

# phase -> (what is raised, its sentence)
TIMEOUTS: dict[Phase, tuple[type[httpx.TimeoutException], str]] = {
    "connect": (httpx.ConnectTimeout, "no connection to {peer} within {seconds:g} s"),
    "write": (httpx.WriteTimeout, "{peer} took no data for {seconds:g} s"),
    "first_byte": (httpx.ReadTimeout, "no answer from {peer} within {seconds:g} s"),
    "read": (httpx.ReadTimeout, "{peer} sent nothing more for {seconds:g} s"),
}

Seconds = Mapping[str, float | None]
"""As in `request.extensions["timeout"]`; what is missing or None has no limit."""


def timeouts_of(request: httpx.Request) -> Seconds:
    """Return the deadlines that a request brings along."""
    timeouts: Seconds = request.extensions.get("timeout") or {}
    return timeouts


def seconds_for(phase: Phase, timeouts: Seconds) -> float:
    """Return the seconds of `phase`; without `first_byte`, as httpx asks, `read` stands in."""
    seconds = timeouts.get(phase)
    if seconds is None and phase == "first_byte" and "first_byte" not in timeouts:
        seconds = timeouts.get("read")
    return math.inf if seconds is None else seconds


class RequestDeadlines:
    """The phases of one request.

    Either `begin` each phase inside of `open_scope()`, or set `phase` for `error` and keep to
    `ends_at`.
    """

    __slots__ = ("_scope", "_timeouts", "answer_by", "peer", "phase")

    def __init__(self, timeouts: Seconds, peer: str) -> None:
        self._timeouts = timeouts
        self.peer = peer
        self.phase: Phase = "connect"
        self.answer_by = math.inf
        self._scope: trio.CancelScope | None = None

    def __repr__(self) -> str:
        until = f" until={self._scope.deadline:g}" if self._scope else ""
        return f"<Deadlines {self.peer} {self.phase}{until}>"

    def open_scope(self, phase: Phase) -> trio.CancelScope:
        """Return a scope to enter at once: it bounds `phase`, and each one that begins in it."""
        self.phase = phase
        self._scope = trio.CancelScope(deadline=self.ends_at(phase))
        return self._scope

    def begin(self, phase: Phase) -> None:
        """Give `phase` its whole time from now on, in the open scope."""
        self.phase = phase
        if self._scope is not None:
            self._scope.deadline = self.ends_at(phase)

    def await_answer(self) -> float:
        """Let `first_byte` begin; return when it ends, which `answer_by` keeps for the body."""
        self.begin("first_byte")
        self.answer_by = self.ends_at("first_byte")
        return self.answer_by

    def renew(self) -> None:
        """Give the present phase its whole time again: there was progress."""
        self.begin(self.phase)

    def seconds(self, phase: Phase) -> float:
        """Return how long `phase` may take."""
        return seconds_for(phase, self._timeouts)

    def ends_at(self, phase: Phase) -> float:
        """Return the time on trio's clock at which `phase` would be over if it began now."""
        return trio.current_time() + seconds_for(phase, self._timeouts)

    def error(self, phase: Phase | None = None) -> httpx.TimeoutException:
        """Return what to raise when `phase`, or else the present one, took too long."""
        phase = phase or self.phase
        kind, sentence = TIMEOUTS[phase]
        return kind(sentence.format(peer=self.peer, seconds=seconds_for(phase, self._timeouts)))
