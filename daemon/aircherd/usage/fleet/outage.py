"""What this machine may use of a shared limit while the engine is away: plain rules.

    "local"     what is left of its lease, and 1/n of what was free when the engine was last seen.
                When the window that this was in is over: 1/n of the whole maximum
    "refuse"    what is left of its lease

n is the number of machines seen last. Others have been granted something since the last answer that
this machine had: `Draws` says how much that probably was, and that is not free any more. All of
them together exceed the maximum at most by what they were granted more than that.
"""

import math

from aircherd.config.model import OnOutage

MEASURED_SECONDS = 0.25
"""How long speed is measured at least: machines that are busy report so often."""
UNKNOWN_MACHINES = 2
"""How many there are if the engine was never seen: at least another one, or nothing were shared."""


class FleetState:
    """What all counters of a fleet have in common. Times are steady ones.

    - `away_since`: when the engine was found to be away, None while it answers.
    - `reason`: why it is away, in words; `is_refused`: trying again does not help.
    - `machines`: how many it has seen lately, this one included; 0 if that is not known.
    - `parts`: how many share the rest while it is away.
    """

    __slots__ = (
        "away_since",
        "differing",
        "is_refused",
        "machines",
        "on_outage",
        "reason",
        "was_seen",
    )

    def __init__(self, on_outage: OnOutage, machines: int = 0) -> None:
        self.on_outage: OnOutage = on_outage
        self.machines = machines
        self.away_since: float | None = None
        self.reason = ""
        self.is_refused = False
        self.was_seen = False
        self.differing: tuple[str, ...] = ()

    @property
    def parts(self) -> int:
        """Among how many machines the rest is divided."""
        return self.machines or UNKNOWN_MACHINES

    @property
    def is_away(self) -> bool:
        """Whether requests do not wait for the engine."""
        return self.away_since is not None

    def __repr__(self) -> str:
        state = f"away: {self.reason}" if self.is_away else "ok"
        return f"<FleetState {state}, {self.machines} machines>"


class Draws:
    """How fast all machines use up one limit: the growth of what they used and hold.

    Times are steady ones.
    """

    __slots__ = ("_before", "_granted", "_granted_at", "_since", "_speed", "_total", "seen_at")

    def __init__(self) -> None:
        self.seen_at = self._since = self._granted_at = -math.inf
        self._total = self._before = self._granted = 0
        self._speed = 0.0

    def note(self, total: int, granted: int, at: float) -> None:
        """Note what all have used and hold, and what of it this machine was granted just now."""
        elapsed = at - self._since
        if elapsed >= MEASURED_SECONDS:
            grown = max(total - self._before, 0) if math.isfinite(elapsed) else 0
            self._speed = max(grown / elapsed, self._speed / 2)
            self._since, self._before = at, total
        self.seen_at, self._total = at, total
        if granted:
            self._granted, self._granted_at = granted, at

    def unseen(self, away_since: float, machines: int) -> int:
        """Return what others were probably granted between the last answer and the outage."""
        if math.isinf(self.seen_at):
            return 0  # there was no answer yet
        elapsed = max(self.seen_at - self._since, MEASURED_SECONDS)
        speed = max(self._speed, (self._total - self._before) / elapsed)
        by_speed = round(speed * max(away_since - self.seen_at, 0))
        # Where all begin at once, each of the others is granted as much as this one was.
        is_recent = away_since - self._granted_at < 2 * MEASURED_SECONDS
        return max(by_speed, self._granted * (machines - 1) if is_recent else 0)


def allowance_away(state: FleetState, *, lease: int, rest: int) -> int:
    """Return what the machine may have used and reserved since its last report, all in all.

    `lease` is what it held then, `rest` what no machine had used or held.
    """
    if state.on_outage == "refuse":
        return lease
    return lease + max(rest, 0) // state.parts


def maximum_away(state: FleetState, maximum: int) -> int:
    """Return how much of a window that began in the outage this machine may use."""
    return 0 if state.on_outage == "refuse" else maximum // state.parts


def describe_outage(state: FleetState) -> str:
    """Return what a refusal says while the engine is away."""
    why = f"the engine that counts for all machines is away: {state.reason}"
    if state.on_outage == "refuse":
        return f"{why}; only what this machine had leased may be used"
    return f"{why}; this machine may use 1/{state.parts} of the rest"
