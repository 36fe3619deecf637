"""The engine's time, as this machine knows it: windows of shared limits go by it.

So clocks of machines that are an hour apart do not matter. Between two answers the steady time goes
on; before the first answer, the machine's own clock is all there is.
"""

from collections.abc import Callable

JUMP_SECONDS = 2.0
"""A larger difference is another time, not the inaccuracy of a measurement."""


class EngineClock:
    """`offset` is what the engine's clock is ahead of the steady time."""

    __slots__ = ("is_known", "offset")

    def __init__(self, steady: Callable[[], float], clock: Callable[[], float]) -> None:
        self.offset = clock() - steady()
        self.is_known = False

    def learn(self, now: float, sent: float, received: float) -> bool:
        """Note that it was `now` between two steady times; return whether that is a jump."""
        offset = now - (sent + received) / 2
        error = abs(offset - self.offset) - (received - sent) / 2
        self.offset, self.is_known = offset, True
        return error > JUMP_SECONDS

    def time_at(self, steady: float) -> float:
        """Return the engine's Unix time at a steady time."""
        return steady + self.offset

    def steady_at(self, time: float) -> float:
        """Return the steady time of a Unix time of the engine."""
        return time - self.offset

    def __repr__(self) -> str:
        return f"<EngineClock {self.offset:+.3f} s>"
