"""Counts the frame that is coming in, and drops it if it would take more than the client's share.

A dropped frame is answered with `busy` under its id, once, and the rest of it is skipped as it
comes: the connection stays usable. Whole frames of one read never get here.
"""

from collections.abc import Callable

from aircher_wire import frames
from aircherd.errors import AircherError, Busy
from aircherd.memory.budget import SMALL, STALE_SECONDS, IncomingFrame, MemoryShare

VALUE_COST = 128
"""Bytes for each value of an incomplete frame: the unpacker makes them as they come."""

OnRefused = Callable[[int, AircherError], None]
"""Gets the id of a request that was dropped, and why."""


class IncomingMemory(IncomingFrame):
    """What the incomplete frame of one client takes."""

    __slots__ = ("_counted", "_decoder", "_on_refused")

    def __init__(self, decoder: frames.Decoder, share: MemoryShare, on_refused: OnRefused) -> None:
        super().__init__(share)
        self._decoder = decoder
        self._on_refused = on_refused
        self._counted = 0

    def count(self) -> None:
        """Count the incomplete frame after the decoder was fed; drop it if there is no room."""
        size, values = self._decoder.partial_size
        cost = size + VALUE_COST * values
        if cost <= SMALL:
            cost = 0
        more = cost - self._counted
        if more > 0:
            try:
                self.share.take(more)
            except Busy as error:
                self._drop(error)
                return
            if not self._counted:
                self.share.budget.note_incoming(self)
            self._counted = cost
        elif more:
            self._forget(cost)

    def close(self) -> None:
        """Give back what is held."""
        if self._counted:
            self._forget(0)

    def _forget(self, cost: int) -> None:
        """The frame is complete, or was dropped; `cost` is for the beginning of the next one."""
        self.share.give_back(self._counted - cost)
        self._counted = cost
        self.share.budget.forget_incoming(self)
        if cost:
            self.share.budget.note_incoming(self)

    def forget(self) -> None:
        """Drop the frame for others, and tell the client."""
        self._drop(
            Busy(
                f"this frame was still incomplete after {STALE_SECONDS:g} s, and its memory was "
                "needed by others: send it at once"
            )
        )

    def _drop(self, error: Busy) -> None:
        msgid = self._decoder.drop_partial()
        self.close()
        if msgid is not None:
            self._on_refused(msgid, error)

    def __repr__(self) -> str:
        return f"<IncomingMemory {self._counted} bytes>"
