"""A fleet as a plain simulation of the rule by which an engine grants, without daemons or time.

It shows how much of a limit lies idle in leases, and how early a request is refused because of it:
the figures of docs/fleet.md. Requests take no time here, and each uses what it has reserved.
"""

import random
from collections.abc import Sequence

import msgspec

TICKS = 100
"""Of one second."""
IDLE_TICKS = TICKS
"""After so long without a request, a machine gives its lease back."""


def grant(rest: int, machines: int, least: int, most: int) -> int:
    """Return what an engine grants of the `rest` of a limit."""
    if least > rest:
        return 0
    return min(most, max(least, rest // (2 * machines)), rest)


class Station(msgspec.Struct):
    """One machine: its speed in requests a second, and its lease."""

    speed: float
    is_dead: bool = False
    held: int = 0
    used: int = 0
    idle: int = 0


class Ending(msgspec.Struct, frozen=True):
    """How a run ended, in requests. `idle_first`: in leases when the first one was refused.

    `idle_dead`: in leases of killed machines at the end; `unused`: what of the limit was not used.
    """

    used: int
    used_first: int
    idle_first: int
    idle_dead: int
    unused: int


def simulate(
    maximum: int,
    speeds: Sequence[float],
    *,
    killed: Sequence[tuple[float, int]] = (),
    stopping: Sequence[tuple[float, int]] = (),
    seconds: float = 60.0,
    seed: int = 0,
) -> Ending:
    """Let machines of these speeds use up a limit.

    Args:
        maximum: the limit, in requests.
        speeds: of each machine, in requests a second.
        killed: when a machine is killed, as a share of the limit that is used, and which.
        stopping: when one has no more to do, likewise.
        seconds: how long to go on.
        seed: of the times of requests.
    """
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    stations = [Station(speed) for speed in speeds]
    first: tuple[int, int] | None = None
    for _ in range(int(seconds * TICKS)):
        used = sum(each.used for each in stations)
        for share, number in killed:
            stations[number].is_dead |= used >= share * maximum
        for share, number in stopping:
            if used >= share * maximum:
                stations[number].speed = 0
        for each in stations:
            if not each.is_dead and not _work(each, stations, maximum, chance) and first is None:
                idle = sum(station.held for station in stations)
                first = (sum(station.used for station in stations), idle)
    used = sum(each.used for each in stations)
    dead = sum(each.held for each in stations if each.is_dead)
    used_first, idle_first = first or (used, 0)
    return Ending(used, used_first, idle_first, dead, maximum - used)


def _work(
    station: Station, stations: Sequence[Station], maximum: int, chance: random.Random
) -> bool:
    """Send the requests of one tick; return whether all of them went out."""
    wished = station.speed / TICKS
    count = int(wished) + (chance.random() < wished % 1)
    station.idle = 0 if count else station.idle + 1
    if station.idle >= IDLE_TICKS:
        station.held = 0
    lease = max(int(station.speed), 1)  # a second of its use
    for _ in range(count):
        if station.held < max(lease // 2, 1):
            rest = maximum - sum(each.used + each.held for each in stations)
            least = 0 if station.held else 1
            station.held += grant(rest, len(stations), least, max(lease - station.held, least))
        if not station.held:
            return False
        station.held -= 1
        station.used += 1
    return True
