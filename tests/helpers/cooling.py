"""Clocks that a test moves, and cooldowns that follow them."""

import msgspec

from aircherd.events import Event, EventBus
from aircherd.providers.health.clocks import Clocks
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.vocabulary.availability import Allowance, Counted, RateLimitState
from aircherd.vocabulary.failure import Failure, FailureClass

WALL = 1_795_000_000.0


class Time(msgspec.Struct):
    """Three clocks that a test moves, separately if need be."""

    ticks: float = 5_000.0
    running: float = 900.0
    wall: float = WALL

    @property
    def clocks(self) -> Clocks:
        return Clocks(lambda: self.ticks, lambda: self.running, lambda: self.wall)

    def passes(self, seconds: float) -> None:
        self.ticks += seconds
        self.running += seconds
        self.wall += seconds

    def sleeps(self, seconds: float) -> None:
        """Let the machine sleep."""
        self.ticks += seconds
        self.wall += seconds


class CooldownRig:
    """Cooldowns without jitter, their clocks, and what they published."""

    def __init__(self) -> None:
        self.time = Time()
        self.bus = EventBus(lambda: self.time.wall)
        self.events: list[Event] = []
        self._subscription = self.bus.subscribed(("provider",), self.events.append)
        self._subscription.__enter__()  # for as long as the bus lives
        self.cooldowns = CooldownManager(self.bus, clocks=self.time.clocks, jitter=lambda: 0.0)

    @property
    def published(self) -> list[dict[str, object]]:
        return [event.data for event in self.events]


def failed(kind: FailureClass, message: str = "why", **fields: object) -> Failure:
    return Failure(kind=kind, message=message, **fields)


def left(now: float, reset: float = 40.0, **remaining: int) -> RateLimitState:
    """Return what is left of each amount, all restored `reset` seconds after `now`."""
    allowances = tuple(
        Allowance(counted=_counted(name), limit=50, remaining=n, reset_at=now + reset)
        for name, n in remaining.items()
    )
    return RateLimitState(seen_at=now, allowances=allowances)


def _counted(name: str) -> Counted:
    return msgspec.convert(name, Counted)
