"""The task that tells the engine what this machine uses and holds, and hands out what it grants.

One report at a time, with all counters that have something to say: at once when a request waits or
a lease runs low, soon when something was used, and every few seconds in any case. So thousands of
requests that wait take one report. When it fails, it is tried again forever; requests do not wait
meanwhile. At the end everything is given back.
"""

import math
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple, Protocol

import structlog
import trio

from aircherd.config.model import Amount, LimitScope, Per
from aircherd.errors import LedgerUnavailable
from aircherd.shared_state.base import (
    DayUse,
    EngineAway,
    EngineRefused,
    FleetView,
    MachineReport,
    SharedState,
)
from aircherd.shared_state.names import SECRET_BYTES, Names
from aircherd.usage.fleet.lease_plan import (
    HEARTBEAT_SECONDS,
    IDLE_SECONDS,
    LEASE_SECONDS,
    REPORT_SECONDS,
    Pending,
    is_due,
    is_in_use,
    make_report,
    may_ask,
    take_answer,
    take_back,
)
from aircherd.usage.fleet.sharing import GRANT_SECONDS, ROUNDS, Shared, Sharing
from aircherd.usage.ledger.fleet.day_sums import DaySum
from aircherd.usage.limits.counter import LimitCounter

SYNC_SECONDS = 2.0
"""The deadline of a report. Requests wait less: `sharing.GRANT_SECONDS`."""
LATE_SECONDS = 0.5
"""An engine that keeps its deadlines needs no more than this besides."""
LAST_SECONDS = 1.0
"""How long a clean stop waits for everything to be given back."""
MIN_RETRY_SECONDS = 0.2
MAX_RETRY_SECONDS = 5.0
RETRY_OVER_SECONDS = 0.005
"""Pause after the engine's day was another one than ours: its clock is known better now."""
RETRY_FILLING_SECONDS = 0.02
"""Pause while requests wait until all machines have reported to an engine that was flushed."""
MAX_SERVED = 256
"""Requests that go on at once: the daemon does other things in between."""

log = structlog.get_logger()


class Windows(Protocol):
    """What the tracker does for this: see there."""

    def notice_clock(self) -> None:
        """Move all windows to the present."""

    def recount(self) -> None:
        """Move them whatever the time was before."""


class Identity(Protocol):
    """Which machine this is: a `MachineId` of the ledger."""

    @property
    def id(self) -> str:
        """Its lasting id."""

    @property
    def sequence(self) -> int:
        """A number below that of any report of this run."""


class Days(Protocol):
    """The sums of days that the engine does not have yet: see `ledger.fleet.day_reports`."""

    @property
    def waiting(self) -> Mapping[str, DaySum]:
        """Requests, tokens and nano-USD by day."""

    def note_reported(self, days: Mapping[str, DaySum]) -> None:
        """Note that the engine has these."""

    def forget_reported(self) -> None:
        """Report everything again."""


class Hooks(NamedTuple):
    """What a `FleetSync` calls.

    - `identify`: returns which machine this is, another one than before if its argument is True;
      it may raise LedgerUnavailable.
    - `on_jump`: the engine's time, or the machine, is another than was thought: read again.
    - `on_room`: a counter has room, for requests that wait until calls have ended.
    - `on_machines`: machines have come or left, or others have other limits now.
    """

    identify: Callable[[bool], Awaitable[Identity]]
    on_jump: Callable[[], None] = lambda: None
    on_room: Callable[[LimitCounter], None] = lambda _: None
    on_machines: Callable[[], None] = lambda: None


class FleetSync:
    """Reports for one machine, which people call `label`, to one engine."""

    def __init__(
        self,
        engine: SharedState,
        sharing: Sharing,
        windows: Windows,
        days: Days,
        hooks: Hooks,
        *,
        label: str,
    ) -> None:
        self._engine = engine
        self._sharing = sharing
        self._windows = windows
        self._days = days
        self._hooks = hooks
        self._label = label
        self._machine: str | None = None
        self._is_renewed = False  # whether another machine has the id
        self._sequence = 0
        self._secret: bytes | None = None
        self._names: Names | None = None
        self._epoch: str | None = None
        self._lost_at = -math.inf  # when the engine was found to have lost everything
        self._heard_at = -math.inf  # when all counters were reported last
        self._retry = trio.Event()
        self._lag = 0.0  # how late this daemon itself was lately, in seconds
        self._is_over = False  # whether the engine's day was another one than ours
        self.reports = 0

    @property
    def names(self) -> Names | None:
        """What hides names from the engine; None until it has been reached."""
        return self._names

    async def run(self) -> None:
        """Report forever. When it is cancelled, give everything back first."""
        try:
            await self._run()
        finally:
            with trio.CancelScope(shield=True), trio.move_on_after(LAST_SECONDS):
                await self._give_back()

    async def _run(self) -> None:
        pause = MIN_RETRY_SECONDS
        while True:
            if await self.sync():
                pause = MIN_RETRY_SECONDS
                if self._is_over:
                    await trio.sleep(RETRY_OVER_SECONDS)
                elif self._waits_for_others():
                    await trio.sleep(RETRY_FILLING_SECONDS)
                await self._wait_until_due()
            else:
                pause = await self._wait_to_retry(pause)

    def try_now(self) -> None:
        """End the pause before the next try."""
        self._retry.set()

    async def _wait_to_retry(self, seconds: float) -> float:
        """Wait, and return how long to wait after that: a connection may not be there at once."""
        began = trio.current_time()
        with trio.move_on_after(seconds) as pause:
            await self._retry.wait()
        self._lag = trio.current_time() - began - seconds if pause.cancelled_caught else 0.0
        if self._retry.is_set():
            self._retry = trio.Event()
            return MIN_RETRY_SECONDS
        return min(2 * seconds, MAX_RETRY_SECONDS)

    def _waits_for_others(self) -> bool:
        """Tell whether a request waits until the engine knows all machines again."""
        now, machines = self._sharing.steady(), max(self._sharing.state.machines, 1)
        return any(
            share.turns and not share.is_whole_needed and not may_ask(share, now, machines)
            for _, share in self._sharing.counters
        )

    async def _wait_until_due(self) -> None:
        sharing = self._sharing
        began = trio.current_time()
        with trio.move_on_after(self._idle_seconds()):
            await sharing.activity.wait()
        if not sharing.urgent.is_set():
            with trio.move_on_at(began + REPORT_SECONDS):
                await sharing.urgent.wait()
        sharing.urgent, sharing.activity = trio.Event(), trio.Event()

    def _idle_seconds(self) -> float:
        """Return how long to wait if nothing happens: leases that are not used are given back."""
        sharing, now = self._sharing, self._sharing.steady()
        machines = max(sharing.state.machines, 1)
        if any(is_due(*each, now, machines) for each in sharing.counters):
            return REPORT_SECONDS
        if any(is_in_use(share, now) for _, share in sharing.counters):
            return IDLE_SECONDS
        return max(self._heard_at + HEARTBEAT_SECONDS - now, REPORT_SECONDS)

    # -------------------------------------------------------------- one report

    async def sync(self) -> bool:
        """Report once, and hand out what is granted; return whether the engine has answered."""
        pendings: list[Pending] = []
        sharing = self._sharing
        sharing.asked_at = trio.current_time()
        try:
            with trio.fail_after(SYNC_SECONDS + LATE_SECONDS):
                machine = self._machine or await self._identify()
                names = self._names or await self._fetch_names()
                if not sharing.clock.is_known and await self._is_stale(machine, names):
                    self._note_stale()
                    return False
                await self._claim(machine, names)
                pendings = self._pendings(names, sharing.steady())
                days = dict(self._days.waiting)
                report = self._report(machine, pendings, names, days)
                sent, asked = sharing.steady(), trio.current_time()
                sharing.asked_at = asked
                view = await self._engine.sync(report, SYNC_SECONDS)
        except trio.TooSlowError:
            take_back(pendings)
            sharing.note_away(f"it did not answer within {SYNC_SECONDS + LATE_SECONDS:g} s")
            return False
        except (EngineAway, LedgerUnavailable) as error:
            take_back(pendings)
            sharing.note_away(error.message)
            return False
        except EngineRefused as error:
            take_back(pendings)
            sharing.note_away(error.message, is_refused=True)
            return False
        except BaseException:
            take_back(pendings)
            raise
        finally:
            sharing.asked_at = None
        if view.is_stale:
            take_back(pendings)
            self._note_stale()
            return False
        sharing.follows_kill = False
        has_news = self._take(view, pendings, sent)
        self._days.note_reported(days)
        took = trio.current_time() - asked - ROUNDS * self._lag
        # Only requests that wait find it too slow; then it must be fast again.
        if not sharing.state.is_away or took <= GRANT_SECONDS:
            sharing.note_back()
        else:
            sharing.note_away(f"it answers only after {took:.1f} s")
        if has_news:
            self._hooks.on_machines()
        await self._serve(pendings)
        return not sharing.state.is_away

    async def _identify(self) -> str:
        """Find out which machine this is; all that it used is reported under its id."""
        identity = await self._hooks.identify(self._is_renewed)
        if self._is_renewed:
            for _, share in self._sharing.counters:
                share.is_whole_needed = True
                share.lapse()
            self._hooks.on_jump()
        self._machine, self._sequence, self._is_renewed = identity.id, identity.sequence, False
        return identity.id

    def _note_stale(self) -> None:
        """Take another id: a copy of this machine reports under it."""
        log.warning("fleet_id_in_use", machine=self._machine, hint="this machine takes a new id")
        self._machine, self._is_renewed = None, True
        self._days.forget_reported()

    async def _fetch_names(self) -> Names:
        """Name the counters: the engine has the secret of the namespace, or takes ours."""
        secret = await self._engine.secret(self._secret or os.urandom(SECRET_BYTES))
        if secret != self._secret:
            for _, share in self._sharing.counters:
                share.name, share.is_whole_needed = "", True
                share.lapse()
        self._secret, self._names = secret, Names(secret)
        return self._names

    async def _is_stale(self, machine: str, names: Names) -> bool:
        """Learn the engine's time, which says what day it is; return whether the id is in use."""
        sent = self._sharing.steady()
        view = await self._engine.sync(self._report(machine, [], names, {}), SYNC_SECONDS)
        if view.is_stale:
            return True
        if self._learn_time(view, sent):
            self._hooks.on_jump()
        return False

    def _learn_time(self, view: FleetView, sent: float) -> bool:
        """Go by the engine's time; return whether it is another than was thought."""
        sharing = self._sharing
        has_jumped = sharing.clock.learn(view.now, sent, sharing.steady())
        self._is_over = any(each.is_over for each in view.counters)
        if has_jumped or self._is_over:
            self._windows.recount()
        else:
            self._windows.notice_clock()
        return has_jumped

    async def _claim(self, machine: str, names: Names) -> None:
        """Count what this machine held when it was killed, before a report replaces that."""
        sharing = self._sharing
        found = [each for each in sharing.counters if each.share.is_unclaimed]
        claimed = [each for each in found if not each.share.is_unread]
        if not claimed:
            return
        for counter, share in claimed:
            share.name = share.name or counter_name(names, counter)
        buckets = [(share.name, share.window.bucket) for _, share in claimed]
        rows = await self._engine.rows(buckets)
        own = next((row for row in rows if row.machine == machine), None)
        for counter, share in claimed:
            if share.is_unread:  # since then
                continue
            seen = own and own.used.get(share.name, 0) + own.held.get(share.name, 0)
            if lost := share.claim(seen or 0, sharing.steady()):
                counter.margins.append((sharing.steady(), lost))
                log.info("fleet_lease_counts", limit=counter.description, amount=lost)

    def _pendings(self, names: Names, now: float) -> list[Pending]:
        sharing = self._sharing
        self._windows.notice_clock()
        machines = max(sharing.state.machines, 1)
        # Woken for it, it may be a little early by another clock.
        is_heartbeat = now - self._heard_at >= HEARTBEAT_SECONDS - REPORT_SECONDS
        if is_heartbeat:
            self._heard_at = now
        chosen = [
            each
            for each in sharing.counters
            if not (each.share.is_unread or each.share.is_unclaimed)
            and (is_heartbeat or is_due(*each, now, machines))
        ]
        made = []
        for counter, share in chosen:
            share.name = share.name or counter_name(names, counter)
            made.append(make_report(counter, share, now, machines))
        for counter, share in sharing.gone:
            if share.name:
                made.append(make_report(counter, share, now, machines, is_last=True))
        return made

    def _report(
        self,
        machine: str,
        pendings: Sequence[Pending],
        names: Names,
        days: Mapping[str, DaySum],
    ) -> MachineReport:
        sharing = self._sharing
        self._sequence += 1
        self.reports += 1
        return MachineReport(
            machine=machine,
            label=self._label,
            sequence=self._sequence,
            limits=limits_digest(names, sharing.counters),
            zone=sharing.zone.key,
            machines=max(sharing.state.machines, 1),
            lease_seconds=LEASE_SECONDS,
            counters=[pending.report for pending in pendings],
            days={day: DayUse(*sums) for day, sums in days.items()},
        )

    def _take(self, view: FleetView, pendings: Sequence[Pending], sent: float) -> bool:
        """Take over an answer; return whether machines have come or left, or have other limits."""
        sharing = self._sharing
        self._learn_time(view, sent)
        state, machines = sharing.state, max(view.machines, 1)
        if self._epoch not in (None, view.epoch):
            self._lost_at = sent
            for _, share in sharing.counters:
                share.lost_at = sent
        if sent < self._lost_at + LEASE_SECONDS:
            machines = max(machines, state.machines)  # some have not reported to it yet
        seen = machines, tuple(view.differing)
        has_news = seen != (state.machines, state.differing)
        state.machines, state.differing = seen
        for pending, each in zip(pendings, view.counters, strict=True):
            pending.share.seen_at = sent
            if not take_answer(pending, each) or each.wants_whole:
                sharing.ask_now()
        answered = {pending.share for pending in pendings if pending.is_last}
        sharing.gone = [
            each for each in sharing.gone if each.share.name and each.share not in answered
        ]
        if self._epoch not in (None, view.epoch):
            # It has lost everything, the secret as well: ours is proposed before the next report.
            self._names = None
            self._days.forget_reported()
        self._epoch = view.epoch
        return has_news

    async def _serve(self, pendings: Sequence[Pending]) -> None:
        """Let the requests go on that wait, in turn; those for which more can be had stay."""
        asked = {pending.share: pending for pending in pendings}
        for counter, share in self._sharing.counters:
            while share.turns:
                now = self._sharing.steady()
                available = share.available(now, counter.reserved)
                rest = _rest(share.room(now, counter.reserved) - available, asked.get(share))
                if share.turns.serve(available, rest, MAX_SERVED) < MAX_SERVED:
                    break
                await trio.lowlevel.checkpoint()
            if share.turns:
                self._sharing.ask_now()
            elif share.view is not None and share.rest + share.lease > counter.reserved:
                self._hooks.on_room(counter)

    # -------------------------------------------------------------- the end

    async def _give_back(self) -> None:
        """Report that nothing is held any more, but by requests that are in progress still."""
        sharing = self._sharing
        machine, names = self._machine, self._names
        if machine is None or names is None:
            return
        self._windows.notice_clock()
        now, machines = sharing.steady(), max(sharing.state.machines, 1)
        pendings = [
            make_report(*each, now, machines, is_last=True)
            for each in (*sharing.counters, *sharing.gone)
            if each.share.name and not each.share.is_unread
        ]
        try:
            await self._engine.sync(self._report(machine, pendings, names, {}), LAST_SECONDS)
        except (EngineAway, EngineRefused) as error:
            log.warning("leases_not_given_back", reason=error.message)

    def __repr__(self) -> str:
        return f"<FleetSync {self.reports} reports of {self._sharing!r}>"


def counter_name(names: Names, counter: LimitCounter) -> str:
    """Return what the engine calls a counter."""
    key = counter.key
    return name_of(names, key.scope, key.per, key.amount)


def name_of(names: Names, scope: LimitScope, per: Per, amount: Amount) -> str:
    """Return what the engine calls what counts this: the same on all machines.

    A project below the home is written from there: homes have other paths on other machines.
    """
    home, project = _home(), scope.project
    if project is not None and project.startswith(f"{home}/"):
        scope = scope._replace(project=f"~{project.removeprefix(home)}")
    return names.hash("counter", *scope, per, amount)


@cache
def _home() -> str:
    return os.path.realpath(os.path.expanduser("~"))  # noqa: PTH111 - Path("~") raises without HOME


def limits_digest(names: Names, counters: Sequence[Shared]) -> str:
    """Return a digest of the shared limits: machines whose limits differ have different ones."""
    parts = sorted(f"{counter_name(names, counter)} {counter.maximum}" for counter, _ in counters)
    return names.hash("limits", *parts)


def _rest(rest: int, pending: Pending | None) -> int:
    """Return what can be asked for in another report: nothing, if it was asked for and refused.

    The engine has granted less than was needed although it seems to be there: it is learning. But
    until it knows what this machine has used, it grants nothing, and is asked again at once.
    """
    if pending is None or pending.report.least == 0 or pending.share.is_whole_needed:
        return rest
    if not pending.share.is_current:
        return rest  # the answer was for another day
    was_refused = (
        pending.share.view is not None and pending.share.view.granted < pending.report.least
    )
    return 0 if was_refused and pending.report.least <= rest else rest
