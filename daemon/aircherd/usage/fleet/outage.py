"""What this machine may use of a shared limit while the engine is away: plain rules.

    "local"     what is left of its lease, and 1/n of what was free when the engine was last seen.
                When the window that this was in is over: 1/n of the whole maximum
    "refuse"    what is left of its lease

n is the number of machines seen last. All of them together then exceed the maximum at most by what
was used between the last answers that each of them had.
"""

from aircherd.config.model import OnOutage

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
