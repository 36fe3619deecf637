"""This machine in its fleet: what it leases, reports and shows.

    Sharing (leases of the limits)  <- LimitTracker, requests
       └ FleetSync <-> engine <- MachineWatch <- people
            └ DayReports <- ledger

Imported only if the configuration has `[shared]`.
"""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

import msgspec
import structlog
import trio

from aircher_wire.atomic_file import read_data
from aircherd.api.wire import to_wire
from aircherd.config.model import LimitScope, Shared
from aircherd.events import EventBus
from aircherd.files.background_files import BackgroundFiles
from aircherd.fleet.password import EnginePassword, load_engine
from aircherd.process.time_zone import zone_of
from aircherd.shared_state.base import (
    Bucket,
    DayUse,
    EngineAway,
    EngineRefused,
    SharedState,
)
from aircherd.shared_state.engine_facts import EngineFacts
from aircherd.shared_state.fleet_status import FleetStatus, MachineWatch, SeenMachines, State
from aircherd.usage.fleet.sharing import Sharing
from aircherd.usage.fleet.sync import FleetSync, Hooks, name_of
from aircherd.usage.ledger.fleet.day_reports import DayReports
from aircherd.usage.ledger.fleet.day_sums import KEPT_DAYS, ReadDays, time_day_sums
from aircherd.usage.ledger.fleet.machine import MachineId
from aircherd.usage.ledger.fleet.shared_usage import read_shared_usage
from aircherd.usage.ledger.ledger import Ledger, Mark
from aircherd.usage.ledger.replay import ReplayedUsage
from aircherd.usage.limits.backfill import Backfill
from aircherd.usage.limits.missing_history import MissingHistory
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.vocabulary.availability import LimitStatus


class Engine(SharedState, Protocol):
    """An engine that says what it is."""

    async def inspect(self, namespace: str) -> EngineFacts:
        """Return what the engine says of itself.

        Raises:
            SharedStateError: it is away.
        """

    def try_now(self) -> None:
        """Connect now if there is no connection."""


OpenEngine = Callable[[Shared], AbstractAsyncContextManager[Engine]]
"""Opens an engine, which need not be there yet.

Raises:
    EngineRefused: it cannot be opened, and trying again does not help.
"""

ShareMore = Callable[[SharedState, str], Awaitable[object]]
"""Takes the engine and the label of this machine."""

FAILED_SECONDS = 30.0
"""After an internal error."""

log = structlog.get_logger()


async def _share_no_more(_engine: SharedState, _label: str) -> None:
    """Share limits only."""


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept over a restart: how many machines there were."""

    version: Literal[1] = 1
    machines: int


_CONTENT = msgspec.json.Decoder(_Content)


class FleetMember:
    """One machine of one fleet; implements `shared_state.fleet_status.Fleet`.

    `path` keeps how many machines there are, for a start without the engine. `share_more` shares
    what has nothing to do with limits, as long as the engine is open.
    """

    def __init__(
        self,
        shared: Shared,
        ledger: Ledger,
        limits: LimitTracker,
        backfill: Backfill,
        *,
        bus: EventBus,
        path: Path,
        files: BackgroundFiles,
        open_engine: OpenEngine,
        share_more: ShareMore = _share_no_more,
    ) -> None:
        self._shared = shared
        self._ledger = ledger
        self._limits = limits
        self._backfill = backfill
        self._bus = bus
        self._path = path
        self._files = files
        self._open_engine = open_engine
        self._share_more = share_more
        self._machine: MachineId | None = None
        self._identifying = trio.Lock()
        self._sync: FleetSync | None = None
        self._watch: MachineWatch | None = None
        self.engine: Engine | None = None
        self.sharing = Sharing(
            steady=limits.steady,
            clock=limits.clock,
            zone=zone_of(shared.time_zone),
            on_outage=shared.on_outage,
            machines=self._known_machines(),
            on_change=self._note_engine,
        )
        self._days = DayReports(self._read_days, lambda: ledger.statistics().settled)
        limits.sharing = self.sharing
        backfill.read_shared = self._read_shared

    def adopt(self, shared: Shared) -> bool:
        """Go on with another `[shared]` if nothing has to be opened again for it."""
        was, self._shared = self._shared, shared
        if msgspec.structs.replace(was, on_outage=shared.on_outage) != shared:
            return False
        self.sharing.state.on_outage = shared.on_outage
        self._publish()
        return True

    def go_on(self) -> None:
        """Note that this daemon was a machine of a fleet before: no run was killed since."""
        self.sharing.follows_kill = False

    def leave(self) -> None:
        """Share nothing any more; `run` gives back what was leased when it is cancelled."""
        self._limits.sharing = None
        self.sharing.close()

    def try_now(self) -> None:
        """Try again at once: the password has changed."""
        if self.engine is not None:
            self.engine.try_now()
        if self._sync is not None:
            self._sync.try_now()

    async def run(self) -> None:
        """Report to the engine, forever. When it is cancelled, give everything back first.

        That takes a second at most; the engine's connection is kept until then. After an internal
        error it begins again: requests go on meanwhile, as without the engine.
        """
        while True:
            try:
                await self._run()
            except EngineRefused as error:
                self.sharing.note_away(error.message, is_refused=True)
                return
            except Exception:  # a boundary: no engine may stop the daemon
                log.exception("fleet_failed")
                self.sharing.note_away("there was an internal error: see the log of aircherd")
                self._machine = None  # its next run has larger numbers
            await trio.sleep(FAILED_SECONDS)

    async def _run(self) -> None:
        hooks = Hooks(
            identify=self._identify,
            on_jump=self._read_again,
            on_room=lambda counter: self._limits.on_room(counter.description),
            on_machines=self._note_machines,
        )
        try:
            async with self._open_engine(self._shared) as engine:
                self.engine = engine
                self._sync = FleetSync(
                    engine, self.sharing, self._limits, self._days, hooks, label=self._label
                )
                self._watch = MachineWatch(
                    engine, self._named_counters, self._problem, self._limits.steady
                )
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._days.run)
                    nursery.start_soon(self._sync.run)
                    nursery.start_soon(self._share_more, engine, self._label)
        finally:
            self.engine = None

    # -------------------------------------------------------------- the ledger

    async def _identify(self, renew: bool = False) -> MachineId:
        async with self._identifying:
            if renew or self._machine is None:
                self._machine = await self._ledger.take_machine(renew=renew)
            return self._machine

    async def _read_shared(self, history: MissingHistory, mark: Mark) -> Sequence[ReplayedUsage]:
        """Read what this machine used, for limits that go by the engine's days."""
        machine = await self._identify()
        starts = {each.share.window.starts_at() for each in history.counters if each.share}
        work = partial(
            read_shared_usage, cuts=sorted(starts), first=machine.first, tz=self._ledger.tz
        )
        return await self._ledger.read_ended(work, mark)

    async def _read_days(self, days: int | None) -> ReadDays:
        machine = await self._identify()
        work = partial(
            time_day_sums,
            ahead=self.sharing.clock.offset,
            zone=self.sharing.zone,
            first=machine.first,
            tz=self._ledger.tz,
            days=days or KEPT_DAYS,
        )
        return await self._ledger.read_ended(work)

    def _read_again(self) -> None:
        """Read all of it again: the engine's time, or this machine, is another than was thought."""
        self._limits.read_again()
        self._backfill.note_missing()

    # -------------------------------------------------------------- for people

    def status(self) -> FleetStatus:
        """Return the state of the engine, without asking it."""
        shared, found = self._shared, self.sharing.state
        since = found.away_since
        return FleetStatus(
            state=self._state,
            engine=str(shared.address),
            namespace=shared.namespace,
            time_zone=shared.time_zone,
            on_outage=shared.on_outage,
            label=self._label,
            machine="" if self._machine is None else self._machine.id,
            machines=found.machines,
            reason=found.reason or None,
            since=None if since is None else self._clock_at(since),
            differing=found.differing,
        )

    def time(self) -> float:
        """Return the Unix time by the engine's clock."""
        return self.sharing.clock.time_at(self.sharing.steady())

    def own_days(self) -> Mapping[str, DayUse]:
        """Return what this machine used on each of the last days."""
        return {day: DayUse(*sums) for day, sums in self._days.known.items()}

    def counter_name(self, limit: LimitStatus) -> str | None:
        """Return what the engine calls the counter of a limit, None if it is not shared."""
        names = None if self._sync is None else self._sync.names
        if names is None or not limit.shared:
            return None
        scope = LimitScope(limit.provider, limit.key, limit.model, limit.client, limit.project)
        return name_of(names, scope, limit.per, limit.counted)

    async def machines(self) -> SeenMachines:
        """Return what each machine used, by the names of this machine's counters."""
        if self._watch is None:
            return SeenMachines(problem=self._problem() or "the engine was not asked yet")
        return await self._watch.machines()

    async def forget(self, machine: str) -> bool:
        """Forget a machine; return whether it was known.

        Raises:
            SharedStateError: the engine is away.
        """
        return await self._opened().forget(machine)

    async def inspect(self) -> EngineFacts:
        """Return what the engine says of itself.

        Raises:
            SharedStateError: it is away.
        """
        return await self._opened().inspect(self._shared.namespace)

    def _opened(self) -> Engine:
        if self.engine is None:
            raise EngineAway(self._problem() or "the engine is not open")
        return self.engine

    @property
    def _label(self) -> str:
        return self._shared.machine or socket.gethostname()

    @property
    def _state(self) -> State:
        state = self.sharing.state
        if state.is_away:
            return "refused" if state.is_refused else "away"
        return "ok" if state.was_seen else "starting"

    def _problem(self) -> str | None:
        return self.sharing.state.reason if self.sharing.state.is_away else None

    def _named_counters(self) -> list[tuple[str, Bucket]]:
        shares = [share for _, share in self.sharing.counters]
        return [(share.name, share.window.bucket) for share in shares if share.name]

    def _clock_at(self, steady: float) -> float:
        return round(steady - self.sharing.steady() + self._limits.clock(), 3)

    # -------------------------------------------------------------- news

    def _note_engine(self) -> None:
        """Say that the engine is away, or back; requests that wait try again."""
        if reason := self._problem():
            log.warning("fleet_engine_away", state=self._state, reason=reason)
        else:
            log.info("fleet_engine_ok", machines=self.sharing.state.machines)
        self._publish()
        self._limits.after_change()

    def _note_machines(self) -> None:
        """Say that machines have come or left, or that their limits differ."""
        state = self.sharing.state
        if state.differing:
            log.warning("fleet_limits_differ", machines=list(state.differing))
        self._files.put(self._path, msgspec.json.encode(_Content(machines=state.machines)))
        self._publish()

    def _publish(self) -> None:
        self._bus.publish("shared", lambda: to_wire(self.status()))

    def _known_machines(self) -> int:
        try:
            return max(_CONTENT.decode(read_data(self._path)).machines, 0)
        except FileNotFoundError:
            return 0
        except (OSError, ValueError) as error:
            log.warning("fleet_file_unreadable", file=str(self._path), reason=type(error).__name__)
            return 0

    def __repr__(self) -> str:
        return f"<FleetMember {self._label} of {self.sharing!r}>"


def engine_opener(password: EnginePassword) -> OpenEngine:
    """Return what opens engines on Valkey or Redis."""

    @asynccontextmanager
    async def open_it(shared: Shared) -> AsyncIterator[Engine]:
        module = await trio.to_thread.run_sync(load_engine)
        read = partial(password.read, shared.address.origin)
        async with module.open_engine(shared, read, password.judge) as engine:
            yield engine

    return open_it
