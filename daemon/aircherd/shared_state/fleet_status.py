"""What people see of a fleet: the state of the engine, and each machine as it was last seen.

Reading never waits for an engine that is known to be away, and for others not longer than a
deadline: then the machines are returned as they were seen last, and since when.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec
import trio

from aircherd.shared_state.base import (
    Bucket,
    DayUse,
    EngineAway,
    EngineRefused,
    MachineRow,
    SharedState,
)
from aircherd.shared_state.engine_facts import EngineFacts
from aircherd.vocabulary.availability import LimitStatus

READ_SECONDS = 0.5
"""What `limits`, `usage --fleet` and `doctor` wait for the engine."""

State = Literal["starting", "ok", "away", "refused"]


class FleetStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The field `shared` of `status`.

    - `state`: `starting` until the engine has answered for the first time, `ok`, `away` (tried
      again and again), or `refused`: it does not help to try again without a change.
    - `reason`: why it does not answer, and what to do. `since`: a Unix time.
    - `engine`: its address, without a password.
    - `label`: the name of this machine for people, `machine` its id once it is known.
    - `machines`: how many reported lately, this one included.
    - `differing`: the labels of those with other limits.
    """

    state: State
    engine: str
    namespace: str
    time_zone: str
    on_outage: str
    label: str
    machine: str = ""
    machines: int = 0
    reason: str | None = None
    since: float | None = None
    differing: tuple[str, ...] = ()


class SeenMachines(msgspec.Struct, frozen=True, kw_only=True):
    """All machines as the engine had them `age` seconds ago; None: they were never seen.

    `problem` is why that is not now.
    """

    rows: Sequence[MachineRow] = ()
    age: float | None = None
    problem: str | None = None


class Fleet(Protocol):
    """What this machine shares with others, under `[shared]`."""

    def status(self) -> FleetStatus:
        """Return the state of the engine, without asking it."""

    def time(self) -> float:
        """Return the Unix time by the engine's clock, which days and months of the fleet go by."""

    def own_days(self) -> Mapping[str, DayUse]:
        """Return what this machine used on each of the last days (YYYY-MM-DD)."""

    def counter_name(self, limit: LimitStatus) -> str | None:
        """Return the name of a limit's counter at the engine, None if it is not shared."""

    async def machines(self) -> SeenMachines:
        """Return what each machine used, by the names of this machine's counters."""

    async def inspect(self) -> EngineFacts:
        """Return what the engine says of itself.

        Raises:
            SharedStateError: it is away.
        """

    async def forget(self, machine: str) -> bool:
        """Forget a machine; return whether it was known.

        Raises:
            SharedStateError: the engine is away.
        """


class MachineWatch:
    """Reads the rows of all machines, and keeps them for when the engine is away.

    `counters` returns the names and buckets of this machine's shared counters, `problem` why the
    engine is away, None if it is not. `now` is a steady time in seconds.
    """

    def __init__(
        self,
        engine: SharedState,
        counters: Callable[[], Sequence[tuple[str, Bucket]]],
        problem: Callable[[], str | None],
        now: Callable[[], float],
    ) -> None:
        self._engine = engine
        self._counters = counters
        self._problem = problem
        self._now = now
        self._rows: Sequence[MachineRow] = ()
        self._seen_at: float | None = None

    async def machines(self, seconds: float = READ_SECONDS) -> SeenMachines:
        """Return all machines, within `seconds`."""
        problem = self._problem()
        if problem is None:
            problem = f"the engine did not answer within {seconds:g} s"
            with trio.move_on_after(seconds):
                problem = await self._read()
        age = None if self._seen_at is None else max(self._now() - self._seen_at, 0.0)
        return SeenMachines(rows=self._rows, age=age, problem=problem)

    async def _read(self) -> str | None:
        try:
            self._rows = await self._engine.rows(self._counters())
        except (EngineAway, EngineRefused) as error:
            return error.message
        self._seen_at = self._now()
        return None

    def __repr__(self) -> str:
        return f"<MachineWatch of {len(self._rows)} machines>"
