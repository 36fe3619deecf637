"""Costly calls take turns: few at a time, clients in turn, and equal ones together.

A call that waits holds its parameters only. A call with a `key` is joined by those that come with
the same key before it has begun, and its result is shared: so it is never older than any of them.
It belongs to none of its callers, and ends early only when all of them are gone.
"""

import functools
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from contextlib import nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

import msgspec
import trio

from aircherd.api.context import RequestContext
from aircherd.api.wire import encode
from aircherd.errors import ShuttingDown
from aircherd.sharing.share import share_of_task

if TYPE_CHECKING:
    from aircherd.api.services import Services

WAITING = 8
"""Calls of one method that run at once if they mostly wait, for a provider or a keyring."""

BUSY = 2
"""Calls of all methods that run at once and keep the event loop or a thread busy: each adds its
steps to a turn of the loop, and its thread competes with the loop for the interpreter."""
WOKEN = 8
"""Callers of a shared run that go on in one turn of the loop: each copies the response."""

P = TypeVar("P")
Work = Callable[[], Awaitable[object]]
Handler = Callable[["Services", RequestContext, P], Awaitable[object]]


SWITCH_SECONDS = 0.001
"""How long a busy thread keeps the event loop waiting then; Python's default is 5 ms."""


class _ShortSwitches:
    """While costly calls run, a thread that is busy keeps the event loop waiting for less long.

    Only then: each thread that waits for the interpreter wakes up as often.
    """

    def __init__(self) -> None:
        self._running = 0
        self._usual = 0.0

    def __enter__(self) -> None:
        if not self._running:
            self._usual = sys.getswitchinterval()
            sys.setswitchinterval(SWITCH_SECONDS)
        self._running += 1

    def __exit__(self, *_: object) -> None:
        self._running -= 1
        if not self._running:
            sys.setswitchinterval(self._usual)


_SHORT_SWITCHES = _ShortSwitches()


class _Run:
    """One piece of work, waiting or under way, with the number of its callers."""

    __slots__ = ("callers", "client", "error", "is_over", "key", "parked", "result", "scope",
                 "share", "traceback", "work")  # fmt: skip

    def __init__(self, work: Work, client: object, key: Hashable | None) -> None:
        self.work = work
        self.client = client
        self.key = key
        self.callers = 0
        self.share = share_of_task.get()
        self.scope: trio.CancelScope | None = None
        self.is_over = False
        self.parked = trio.lowlevel.ParkingLot()
        self.result: object = None
        self.error: Exception | None = None
        self.traceback: TracebackType | None = None


class _Lane:
    """The calls of one method; at most `at_once` run at a time."""

    def __init__(self, nursery: trio.Nursery, at_once: int, busy: trio.Semaphore | None) -> None:
        self._nursery = nursery
        self._free = at_once
        self._busy = busy
        # By client, the one whose turn is next first.
        self._waiting: dict[int, deque[_Run]] = {}
        self._joinable: dict[Hashable, _Run] = {}

    async def call(self, work: Work, client: object, key: Hashable | None) -> object:
        run = None if key is None else self._joinable.get(key)
        if run is None:
            run = _Run(work, client, key)
            self._add(run)
        run.callers += 1
        try:
            await run.parked.park()  # the run is never over yet
        finally:
            run.callers -= 1
            if not run.callers and not run.is_over:
                self._abandon(run)
        if run.error is not None:
            # That of the run, or it would grow with each caller.
            raise run.error.with_traceback(run.traceback)
        return run.result

    def _add(self, run: _Run) -> None:
        self._waiting.setdefault(id(run.client), deque()).append(run)
        if run.key is not None:
            self._joinable[run.key] = run
        self._start()

    def _start(self) -> None:
        while self._free and self._waiting:
            client = next(iter(self._waiting))
            runs = self._waiting.pop(client)
            run = runs.popleft()
            if runs:
                self._waiting[client] = runs  # at the end
            self._free -= 1
            run.scope = trio.CancelScope()
            self._nursery.start_soon(self._carry_out, run, run.scope)

    async def _carry_out(self, run: _Run, scope: trio.CancelScope) -> None:
        share_of_task.set(run.share)  # this task may have been started by another client's
        run.error = ShuttingDown("the daemon is shutting down")
        try:
            with scope:
                async with self._busy or nullcontext():
                    self._close(run)
                    with _SHORT_SWITCHES:
                        run.result = await run.work()
                run.error = None
        except Exception as error:  # noqa: BLE001 -- raised again by each caller
            run.error, run.traceback = error, error.__traceback__
        finally:
            self._free += 1
            self._close(run)
            run.is_over = True
            self._start()
            await self._wake_callers(run)

    async def _wake_callers(self, run: _Run) -> None:
        try:
            while run.parked:
                run.parked.unpark(count=WOKEN)
                await trio.lowlevel.checkpoint()
        finally:
            run.parked.unpark_all()

    def _close(self, run: _Run) -> None:
        """Let no further call join: it has begun, or no client wants it."""
        if run.key is not None and self._joinable.get(run.key) is run:
            del self._joinable[run.key]

    def _abandon(self, run: _Run) -> None:
        self._close(run)
        if run.scope is not None:
            run.scope.cancel()
            return
        runs = self._waiting[id(run.client)]
        runs.remove(run)
        if not runs:
            del self._waiting[id(run.client)]


class Turns:
    """The lanes of all methods. `run` has to be running; without it, calls are not bounded."""

    def __init__(self) -> None:
        self._nursery: trio.Nursery | None = None
        self._lanes: dict[str, _Lane] = {}
        self._busy = trio.Semaphore(BUSY)

    async def run(self) -> None:
        """Carry out calls until cancelled."""
        async with trio.open_nursery() as self._nursery:
            await trio.sleep_forever()

    async def take(
        self,
        lane: str,
        work: Work,
        *,
        client: object,
        key: Hashable | None = None,
        at_once: int = 1,
    ) -> object:
        """Return the result of `work`, or of an equal call's, as soon as it is its turn.

        Args:
            lane: The method; at most `at_once` of its calls run at a time.
            work: What to do. It is not cancelled with this caller if others have joined.
            client: Clients take turns.
            key: Calls with the same key share a run; None is never shared.
            at_once: 1 for work that the event loop or a thread is busy with, which also takes turns
                with that of other methods; more if it waits.

        Raises:
            ShuttingDown: the daemon stops.
            Exception: what `work` raises.
        """
        if self._nursery is None:
            return await work()
        found = self._lanes.get(lane)
        if found is None:
            busy = self._busy if at_once == 1 else None
            found = self._lanes[lane] = _Lane(self._nursery, at_once, busy)
        return await found.call(work, client, key)

    def __repr__(self) -> str:
        return f"<Turns of {', '.join(self._lanes) or 'no method yet'}>"


def in_turn(at_once: int = 1, lane: str | None = None) -> Callable[[Handler[P]], Handler[P]]:
    """Make at most `at_once` calls of a costly method run at a time.

    Methods with the same `lane` take turns with each other.
    """
    return functools.partial(_with_turns, at_once=at_once, lane=lane, are_joined=False)


def together(at_once: int = 1, lane: str | None = None) -> Callable[[Handler[P]], Handler[P]]:
    """Likewise, and equal calls of all clients share a result: the context must not matter."""
    return functools.partial(_with_turns, at_once=at_once, lane=lane, are_joined=True)


def _with_turns(
    handler: Handler[P], *, at_once: int, lane: str | None, are_joined: bool
) -> Handler[P]:
    name = handler.__name__
    found = lane or name

    @functools.wraps(handler)
    async def call(services: "Services", context: RequestContext, params: P) -> object:
        async def work() -> object:
            # Encoded once, for all callers; it also takes less memory.
            return msgspec.Raw(encode(await handler(services, context, params)))

        key = (name, encode(params)) if are_joined else None
        client = context.caller
        return await services.turns.take(found, work, client=client, key=key, at_once=at_once)

    return call
