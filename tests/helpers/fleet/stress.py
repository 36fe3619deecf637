"""Many machines under several limits at once, by a seed: what they ask, and what goes wrong.

All is in one process and in trio's clock, which jumps: a run of a minute takes a part of a second.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

import trio
import trio.testing

from aircherd.config.model import AMOUNTS, Limit
from aircherd.shared_state.memory import MemoryEngine
from aircherd.usage.limits.counter import CounterKey, LimitCounter
from aircherd.usage.limits.reservation import (
    Amounts,
    GrantNeeded,
    High,
    LimitKey,
    Reservation,
)
from aircherd.usage.limits.windows import ROLLING
from aircherd.vocabulary.availability import Limited
from aircherd.vocabulary.reply import Usage
from helpers.fleet.leases import NOON, Lines, Machine

NANO = 1_000_000
"""The price of a token in nano-USD."""
CLIENTS = ("nvim", "ci", "other")
PAUSE = 0.2
"""Seconds after a refusal."""
QUIET_SECONDS = 5.0
"""After so long without an answer, something that a request needs is used up."""
WAIT_SECONDS = 8.0
"""No request waits longer, whatever it waits for."""
CANCELLED = 0.05
"""After so long a client leaves."""
SPINS = 20_000
"""Requests do not try so often while no time passes."""


class Place:
    """What one limit counts, of all machines or of one: calls by time, and what is reserved."""

    def __init__(self) -> None:
        self.used: list[tuple[float, int]] = []
        self.open: dict[int, int] = {}
        self.ever = 0  # used and reserved, whenever it was

    def total(self, since: float) -> int:
        """Return what was used since then, and what is reserved."""
        return sum(amount for at, amount in self.used if at > since) + sum(self.open.values())


class Plan:
    """What a seed says: machines, limits, and what is asked."""

    def __init__(self, seed: int) -> None:
        rng = self.rng = random.Random(seed)  # noqa: S311 - it is to be the same again
        self.machines = rng.choice((2, 3, 5, 10))
        self.in_flight = rng.choice((1, 2, 8, 24)) if self.machines < 10 else rng.choice((1, 4, 8))
        self.most_tokens = rng.choice((1, 10, 200))
        self.service = max(rng.choice((0.0, 0.02, 0.3)), 0.005)  # so that time passes
        self.round_trip = rng.choice((0.0, 0.001, 0.01, 0.06))
        self.clients = CLIENTS[: rng.choice((1, 1, 2, 3))]
        self.flushes = rng.choice((0, 0, 0, 6))
        self.cancels = rng.choice((0.0, 0.0, 0.1))
        self.limits = list(self._limits(rng.choice((1, 2, 3, 4))))

    def _limits(self, count: int) -> Iterator[Limit]:
        known = set()
        rng = self.rng
        while len(known) < count:
            per = rng.choice(("minute", "hour", "day", "month"))
            client = rng.choice((None, None, *self.clients))
            is_shared = rng.random() < 0.8
            if (per, client, is_shared) in known:
                count -= 1
                continue
            known.add((per, client, is_shared))
            kinds = rng.sample(AMOUNTS, rng.choice((1, 1, 2, 3)))
            yield Limit(
                per=per,
                client=client,
                is_shared=is_shared,
                **{kind: self._maximum(kind) for kind in kinds},
            )

    def _maximum(self, kind: str) -> int | Decimal:
        requests = self.rng.choice((1, 3, 5, 12, 40, 150, 10**6))
        if kind == "requests":
            return requests
        tokens = max(round(requests * self.most_tokens * self.rng.choice((0.5, 1, 1.5))), 1)
        return tokens if kind == "tokens" else Decimal(tokens) / 1000

    def __repr__(self) -> str:
        own = {name: value for name, value in vars(self).items() if name != "rng"}
        return f"<Plan {own}>"


class ZeroClock:
    """Unix time by trio's clock, which is 0 when a run begins."""

    def __call__(self) -> float:
        """Return the time."""
        try:
            return NOON + trio.current_time()
        except RuntimeError:  # before it begins
            return NOON


class KnownSecret(Lines):
    """Names are the same in each run: requests wait for limits in their order."""

    async def secret(self, proposed: bytes) -> bytes:
        """Return what is no secret."""
        await self.engine._reach()
        return bytes(len(proposed))


class Stress:
    """One run. `waits` is how long the slowest request waited; `sent` counts calls."""

    def __init__(self, seed: int) -> None:
        self.plan = Plan(seed)
        self.rng = random.Random(seed + 1)  # noqa: S311 - likewise
        self.clock = ZeroClock()
        self.engine = MemoryEngine(self.clock)
        self.machines = [self._machine(number) for number in range(self.plan.machines)]
        self.waits = 0.0
        self.sent = self.refused = 0
        self.last_sent = 0.0
        self.problems: list[str] = []
        self._spins, self._spun_at = 0, -1.0
        self._places: dict[tuple[int | None, CounterKey], Place] = defaultdict(Place)

    def _machine(self, number: int) -> Machine:
        lines, clock = KnownSecret(self.engine), self.clock
        lines.seconds = self.plan.round_trip
        limits = self.plan.limits
        return Machine(lines, limits, clock=clock, name=f"m{number}", on_outage="refuse")

    async def run(self, seconds: float = 20.0, most: int = 1500) -> None:
        """Ask until nothing more can be had, for so long, or until so many calls were sent."""
        async with trio.open_nursery() as nursery:
            for number, machine in enumerate(self.machines):
                nursery.start_soon(machine.sync.run)
                for _ in range(self.plan.in_flight):
                    nursery.start_soon(self._ask, number, machine)
            for _ in range(self.plan.flushes):
                await trio.sleep(0.3 * self.rng.random())
                self.engine.flush()
            while (now := trio.current_time()) < seconds and self.sent < most:
                if self.problems:
                    break
                if now >= self.last_sent + QUIET_SECONDS:
                    self._check_is_used_up()
                    break
                await trio.sleep(0.5)
            nursery.cancel_scope.cancel()

    async def _ask(self, number: int, machine: Machine) -> None:
        plan, rng = self.plan, random.Random(self.rng.random())  # noqa: S311 - a test's
        while not self.problems:
            key = LimitKey("p", "k", "m", rng.choice(plan.clients))
            tokens = rng.randint(1, plan.most_tokens)
            most = tokens * rng.choice((1, 1, 3))
            began, taken = trio.current_time(), None
            with trio.move_on_after(CANCELLED if rng.random() < plan.cancels else WAIT_SECONDS):
                taken = await self._take(machine, key, tokens, most)
            waited = trio.current_time() - began
            self.waits = max(self.waits, waited)
            if waited >= WAIT_SECONDS:
                self.problems.append(f"a request of {machine.name} still waits after {waited} s")
            if isinstance(taken, Reservation):
                self._note(number, taken)
                await trio.sleep(plan.service * rng.random())
                used = rng.randint(0, tokens)
                taken.settle(Usage(used, 0), used * NANO, produced=True)
                self._note_end(number, taken, Amounts(1, used, used * NANO))
            else:
                self.refused += 1
                await trio.sleep(PAUSE)

    async def _take(
        self, machine: Machine, key: LimitKey, tokens: int, most: int
    ) -> Reservation | Limited:
        """Do what a chat does, which may use `most`."""
        high = High(Amounts(1, most, most * NANO))
        found = machine.tracker.reserve(key, tokens, tokens * NANO, high)
        while isinstance(found, GrantNeeded):
            needed, is_granted = found, await machine.sharing.wait(found)
            self._note_try()
            found = machine.tracker.reserve(key, tokens, tokens * NANO, high, has_turn=True)
            if not is_granted and isinstance(found, GrantNeeded) and not found.is_less_than(needed):
                return machine.tracker.refusal(needed)
        return found

    def _note_try(self) -> None:
        now = trio.current_time()
        if now != self._spun_at:
            self._spins, self._spun_at = 0, now
        self._spins += 1
        assert self._spins <= SPINS, "requests try again and again while no time passes"

    # -------------------------------------------------------------- what has to be true

    def _place(self, number: int, counter: LimitCounter) -> Place:
        return self._places[None if counter.key.is_shared else number, counter.key]

    def _note(self, number: int, taken: Reservation) -> None:
        """See that no limit is exceeded."""
        self.sent += 1
        self.last_sent = now = trio.current_time()
        for hold in taken.holds:
            counter, place = hold.counter, self._place(number, hold.counter)
            place.open[id(taken)] = hold.amount
            rolling = ROLLING.get(counter.key.per)
            place.ever += hold.amount
            if place.ever <= counter.maximum:
                continue
            total = place.total(now - rolling.length if rolling else -1.0)
            if total > counter.maximum:
                self.problems.append(f"{total} of {counter.description}, at {now:.3f}")

    def _note_end(self, number: int, taken: Reservation, used: Amounts) -> None:
        for hold in taken.holds:
            place = self._place(number, hold.counter)
            amount = used[hold.counter.amount_index] or 0
            place.ever += amount - place.open.pop(id(taken))
            place.used.append((taken.at - NOON, amount))

    def _check_is_used_up(self) -> None:
        """See that each client lacks something on each machine: else it starves."""
        for number, machine in enumerate(self.machines):
            for client in self.plan.clients:
                key = LimitKey("p", "k", "m", client)
                counters = machine.tracker._counters_for(key)
                if not any(self._is_full(number, counter) for counter in counters):
                    names = [counter.description for counter in counters]
                    self.problems.append(f"{client} gets nothing on {machine.name} under {names}")
                    return

    def _is_full(self, number: int, counter: LimitCounter) -> bool:
        rolling = ROLLING.get(counter.key.per)
        # A rolling window counts a step more than its length.
        since = trio.current_time() - rolling.length - 2 * rolling.step if rolling else -1.0
        need = Amounts(1, self.plan.most_tokens, self.plan.most_tokens * NANO)
        left = counter.maximum - self._place(number, counter).total(since)
        return left < (need[counter.amount_index] or 0)

    def __repr__(self) -> str:
        return f"<Stress of {len(self.machines)} machines: {self.sent} sent, {self.problems}>"


def stress(seed: int) -> Stress:
    """Run one seed."""
    found = Stress(seed)
    trio._core._run._r.seed(seed)  # the order of tasks
    trio.run(found.run, clock=trio.testing.MockClock(autojump_threshold=0))
    return found
