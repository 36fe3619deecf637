"""How long a request may wait, phase by phase, over one cancel scope.

    connect     name look-up, TCP and TLS together
    write       the server takes no data; renewed whenever it takes some
    first_byte  from the request's last byte to the whole head, and on to the body's first byte
    read        between one piece of the body and the next

One scope is opened for a request and its deadline moved from phase to phase: cheaper than a scope
for each, and no gap between them.
"""

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


def seconds_for(phase: Phase, timeouts: Seconds) -> float:
    """Return the seconds of `phase`; without `first_byte`, as httpx asks, `read` stands in."""
    seconds = timeouts.get(phase)
    if seconds is None and phase == "first_byte" and "first_byte" not in timeouts:
        seconds = timeouts.get("read")
    return float("inf") if seconds is None else seconds


class Deadlines:
    """The phases of one request: enter `scope`, then `begin` each phase inside it."""

    __slots__ = ("_timeouts", "peer", "phase", "scope")

    def __init__(self, request: httpx.Request, peer: str) -> None:
        self._timeouts: Seconds = request.extensions.get("timeout") or {}
        self.peer = peer
        self.phase: Phase = "connect"
        self.scope = trio.CancelScope()

    def __repr__(self) -> str:
        return f"<Deadlines {self.peer} {self.phase} until={self.scope.deadline:g}>"

    def begin(self, phase: Phase) -> None:
        """Give `phase` its whole time from now on."""
        self.phase = phase
        self.scope.deadline = self.ends_at(phase)

    def renew(self) -> None:
        """Give the present phase its whole time again: there was progress."""
        self.scope.deadline = self.ends_at(self.phase)

    def ends_at(self, phase: Phase) -> float:
        """Return the time on trio's clock at which `phase` would be over if it began now."""
        return trio.current_time() + seconds_for(phase, self._timeouts)

    def error(self, phase: Phase | None = None) -> httpx.TimeoutException:
        """Return what to raise when `phase`, or else the present one, took too long."""
        phase = phase or self.phase
        kind, sentence = TIMEOUTS[phase]
        return kind(sentence.format(peer=self.peer, seconds=seconds_for(phase, self._timeouts)))
