"""The event loop's time, shared among clients when there is too little of it.

As long as the loop comes round quickly, nothing is measured and nothing waits: work only looks at
`is_open`. While clients are active, one task looks every `SAMPLE` seconds whether the loop is late.
If it is, then until it has been on time for `CALM` seconds

- every step of every task is timed, and charged to the client that it is for;
- work of a client that has used much waits in `enter`. In each turn of the loop a few of these
  steps are let through, first those of the client that has used least, so that together they take
  about `BUDGET`.

A client that uses little never waits, however many others wait: it may use as much as it would get
if the time was divided among those that are active and `ALWAYS_ACTIVE` more. A step is what is done
between two waits; those that could be long are cut into pieces (`PIECE`).
"""

import math
from contextlib import suppress
from operator import attrgetter
from time import perf_counter, thread_time

import trio

from aircherd.sharing.share import Share, share_of_task

SAMPLE = 0.05
"""Seconds between two looks."""
LONG_TURN = 0.024
"""Seconds of a turn of the loop from which on it is congested."""
BUDGET = 0.005
"""Seconds of each turn for clients that have used much, together."""
FREE_BUDGET = 0.01
"""Seconds of each turn, after which only clients that have used very little go on without waiting:
what each of many may use adds up."""
CALM = 0.5
"""Seconds without a long turn until nothing is measured any more."""
ALWAYS_ACTIVE = 20
"""With fewer clients, one may use a part of the time as if there were so many more."""
FREE = 0.004
"""Seconds that a client may owe and still go on without waiting, less if many are active."""
MANY_ACTIVE = 8
"""Active clients at which it is the half."""
MAX_STARTING = 8
"""Clients of whose queued requests the next ones are started in one turn while all is calm."""
MAX_RELEASED = 8
"""Steps let through in one turn, even if the last ones were short: the next need not be."""
SHORT = 0.00001
"""Seconds that a step takes at least."""
_OWED = attrgetter("owed")
PIECE = 8 * 1024
"""Bytes of a reply that are decoded in one step while the loop is congested."""


class Turns:
    """Decides which client is next; one for each run of trio."""

    __slots__ = (
        "_activity",
        "_cost",
        "_filled",
        "_is_watching",
        "_meter",
        "_queue",
        "_released",
        "_starting",
        "_was_long",
        "is_congested",
        "is_open",
    )  # fmt: skip

    def __init__(self) -> None:
        self.is_open = False
        """Whether clients may go on; otherwise they call `enter` before their work."""
        self.is_congested = False
        """Whether the work of those that have used much waits for its turn."""
        self._starting = trio.Semaphore(MAX_STARTING)
        self._queue: dict[Share, None] = {}  # in the order of their turns
        self._is_watching = False
        self._activity = trio.lowlevel.ParkingLot()
        self._filled = trio.lowlevel.ParkingLot()
        self._was_long = False
        self._meter = _Meter()
        self._released = 0  # in the last turn
        self._cost = BUDGET / 2  # of a step, in seconds

    async def wait_to_start(self) -> bool:
        """Wait before the next of many requests of a client; return whether no other client waits.

        Few pass in each turn of the loop. If what they started takes long, that is noted at once.
        """
        async with self._starting:
            is_alone = not self._starting.statistics().tasks_waiting
            await self.pause()
        return is_alone

    async def pause(self) -> None:
        """Let others go on for one turn of the loop. If that was a long one, it is congested."""
        used = thread_time()
        await trio.lowlevel.checkpoint()
        if thread_time() - used > LONG_TURN and self._is_watching and not self.is_congested:
            # At once: until the task that looks goes on, streams would make one more long turn.
            self.is_congested, self.is_open = True, False
            self._meter.used = math.inf
            self._was_long = True
            self._activity.unpark_all()
            self._filled.unpark_all()

    async def enter(self, share: Share | None, *, first: bool = False) -> bool:
        """Wait for a turn of this client; return whether it had to wait.

        A client that has used little never waits, nor does any while all is calm. `first` goes
        before the client's other tasks.
        """
        if not self.is_congested:
            self.is_open = True
            if not self._is_watching:
                self._is_watching = True
                trio.lowlevel.spawn_system_task(self._watch)
            self._activity.unpark_all()
            return False
        if share is None or share.charge(0.0, self._meter.paid) <= self._meter.allowance(first):
            return False
        task = trio.lowlevel.current_task()
        if not share.waiting:
            self._queue[share] = None
        share.waiting[task] = None
        if first:
            share.waiting.move_to_end(task, last=False)
        self._filled.unpark_all()

        def abort(_: object) -> trio.lowlevel.Abort:
            del share.waiting[task]
            if not share.waiting:
                del self._queue[share]
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(abort)
        return True

    @property
    def active(self) -> int:
        """How many clients were active in the last turn of the loop, while it is congested."""
        return self._meter.active

    # ---------------------------------------------------------- the task that looks

    async def _watch(self) -> None:
        """Look at the loop whenever a client is active."""
        try:
            while True:
                if await self._is_late():
                    await self._share_out()
                self.is_open = False
                await self._activity.park()
        finally:
            self.is_open = self._is_watching = False

    async def _is_late(self) -> bool:
        """Wait for `SAMPLE` seconds or until something takes a turn; return whether it was late."""
        until, used = perf_counter() + SAMPLE, thread_time()
        if not self._was_long:
            with trio.move_on_after(SAMPLE):
                await self._filled.park()
        if self._was_long:
            self._was_long = False
            return True
        # On a busy machine it is late without having worked.
        return perf_counter() - until > LONG_TURN and thread_time() - used > LONG_TURN

    async def _share_out(self) -> None:
        self.is_congested, self.is_open = True, False
        self._meter.tick(MANY_ACTIVE)  # how many there are is not known yet
        trio.lowlevel.add_instrument(self._meter)
        late_at = perf_counter()
        try:
            while perf_counter() - late_at < CALM:
                if self._queue:
                    used = thread_time()
                    self._release()
                    await trio.lowlevel.checkpoint()
                    is_late = bool(self._queue) or thread_time() - used > LONG_TURN
                else:
                    is_late = await self._is_late()
                self._meter.tick(len(self._queue))
                if is_late:
                    late_at = perf_counter()
        finally:
            self.is_congested = False
            with suppress(KeyError):
                trio.lowlevel.remove_instrument(self._meter)
            while self._queue:
                self._release_one()

    def _release(self) -> None:
        """Let as many steps through as fit into the budget, at least one."""
        if self._released:
            # At once when steps get longer, slowly when they get shorter.
            self._cost = max(self._meter.heavy / self._released, 0.9 * self._cost, SHORT)
        self._meter.heavy = 0.0
        self._released = 0
        for _ in range(min(max(int(BUDGET / self._cost), 1), MAX_RELEASED)):
            if not self._queue:
                break
            self._release_one()
            self._released += 1

    def _release_one(self) -> None:
        share = min(self._queue, key=_OWED)
        del self._queue[share]
        task, _ = share.waiting.popitem(last=False)
        if share.waiting:
            self._queue[share] = None  # behind those that owe as much
        trio.lowlevel.reschedule(task)

    def __repr__(self) -> str:
        state = "congested" if self.is_congested else "calm"
        return f"<Turns {state}, {len(self._queue)} clients wait>"


class _Meter(trio.abc.Instrument):
    """Charges each step of a task to its client.

    `heavy` are the seconds of those that owe much. `paid` is what each client has paid back so far,
    which is nothing in long turns: it is not paid back by making others wait. `free` is what one
    may owe, `used` what all have used in this turn, infinite until it is known. `active` clients
    had a step in the last turn, or wait for one.
    """

    def __init__(self) -> None:
        self.heavy = 0.0
        self.paid = 0.0
        self.free = FREE
        self.used = 0.0
        self._began = 0.0
        self._ticked_at = self._used = 0.0
        self.active = MANY_ACTIVE
        self._turn = 0
        self._stepping = 0  # clients that had a step in this turn

    def allowance(self, is_first: bool) -> float:
        """Return the seconds that a client may owe now and still go on without waiting."""
        if self.used < FREE_BUDGET:
            return self.free
        return self.free / 4 if is_first or self.used < math.inf else -1.0

    def tick(self, waiting: int) -> None:
        """Let time go on; `waiting` clients wait for a turn."""
        at, used = perf_counter(), thread_time()
        too_long = max(used - self._used - SAMPLE, 0.0)
        active = self.active = self._stepping + waiting
        self.paid += max(at - self._ticked_at - too_long, 0.0) / (ALWAYS_ACTIVE + active)
        self.free = FREE * MANY_ACTIVE / (MANY_ACTIVE + active)
        self._ticked_at, self._used = at, used
        self.used = 0.0
        self._turn += 1
        self._stepping = 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:  # noqa: ARG002
        """Note when a step began."""
        self._began = thread_time()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Charge a step."""
        share = task.context.get(share_of_task)
        if share is not None:
            if share.turn != self._turn:
                share.turn = self._turn
                self._stepping += 1
            seconds = thread_time() - self._began
            if share.charge(seconds, self.paid) > self.free:
                self.heavy += seconds
            self.used += seconds


_of_this_run: trio.lowlevel.RunVar[Turns] = trio.lowlevel.RunVar("turns")


def turns() -> Turns:
    """Return the turns of this trio run."""
    try:
        return _of_this_run.get()
    except LookupError:
        made = Turns()
        _of_this_run.set(made)
        return made
