"""Ends cooldowns early on what can be observed for free: a host that answers, a key with credit.

    unreachable                        GET of something public: any answer of its API will do
    quota used up, where a free look   the key's own page
    shows the credit

A rate limit or a quota elsewhere can only be observed by a real request: see `routing.probes`. That
a rejected key works again is AuthManager's business: who finds out tells the book by
`CooldownManager.note_other_key`.

Checks come after 30 s, then ever less often up to every ten minutes, one at a time for a provider,
and while nothing cools none: the task sleeps. A check that fails changes nothing and is made again;
one that never ends is given up.
"""

import math
import random
from collections.abc import Awaitable, Callable

import msgspec
import structlog
import trio

from aircherd.errors import AircherError
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.routing.cooldown_policy import Cooldown
from aircherd.routing.cooldown_rules import CooldownScope
from aircherd.vocabulary.failure import FailureClass

DELAYS = (30.0, 60.0, 120.0, 300.0, 600.0)
"""Seconds before the first, second, ... check; the last holds for all that follow."""

CHECK_SECONDS = 30.0

log = structlog.get_logger()


class Checks(msgspec.Struct, frozen=True):
    """How the world is looked at; all take a provider's name, and may raise AircherError.

    `is_reachable` asks without a key, `has_credit` with the key of that name; `shows_credit` says
    whether the latter can tell anything.
    """

    is_reachable: Callable[[str], Awaitable[bool]]
    has_credit: Callable[[str, str | None], Awaitable[bool]]
    shows_credit: Callable[[str], bool]


class _Spacing(msgspec.Struct):
    """How often a place was checked, and when it is due, on trio's clock; infinity: under way.

    It is kept while the place is remembered, so that an end that was none is not found again soon.
    """

    due: float
    count: int = 0
    is_wanted: bool = True


RecoveryTarget = tuple[str, CooldownScope]


class Recovery:
    """See the module's docstring. `run` owns every check."""

    def __init__(
        self,
        book: CooldownManager,
        checks: Checks,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._book = book
        self._checks = checks
        self._jitter = jitter
        self._spacings: dict[RecoveryTarget, _Spacing] = {}
        self._busy: set[str] = set()
        self._changed = trio.Event()

    async def run(self) -> None:
        """Check what can be checked when it is due, for ever."""
        self._book.places.watch(self._wake)
        async with trio.open_nursery() as nursery:
            while True:
                self._changed = trio.Event()
                due = self._start_due(nursery)
                with trio.CancelScope(deadline=due):
                    await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()

    # -------------------------------------------------------------- when

    def _start_due(self, nursery: trio.Nursery) -> float:
        """Start the checks that are due; return when the next one will be."""
        self._keep_up()
        now = trio.current_time()
        for target, spacing in self._spacings.items():
            if spacing.is_wanted and spacing.due <= now and target[0] not in self._busy:
                self._busy.add(target[0])
                spacing.due = math.inf
                nursery.start_soon(self._check, target, spacing)
        waiting = (s.due for target, s in self._spacings.items() if self._is_waiting(target, s))
        return min(waiting, default=math.inf)

    def _is_waiting(self, target: RecoveryTarget, spacing: _Spacing) -> bool:
        return spacing.is_wanted and target[0] not in self._busy

    def _keep_up(self) -> None:
        """Have a spacing for each place that can be checked; what is forgotten begins anew."""
        before, self._spacings = self._spacings, {}
        ticks = self._book.now()
        for name, _, cooldown in self._book.places.cooldowns():
            if not self._can_be_checked(name, cooldown):
                continue
            target = (name, cooldown.scope)
            spacing = before.get(target) or _Spacing(trio.current_time() + self._delay(0))
            # Who could not be reached stays so until somebody could.
            spacing.is_wanted = cooldown.scope_kind == "provider" or ticks < cooldown.until
            self._spacings[target] = spacing

    def _can_be_checked(self, provider: str, cooldown: Cooldown) -> bool:
        if cooldown.scope_kind == "provider":
            return True
        is_quota = cooldown.scope_kind == "key" and cooldown.kind is FailureClass.QUOTA
        return is_quota and self._checks.shows_credit(provider)

    def _delay(self, count: int) -> float:
        return DELAYS[min(count, len(DELAYS) - 1)] * (0.9 + self._jitter() / 5)

    # -------------------------------------------------------------- what

    async def _check(self, target: RecoveryTarget, spacing: _Spacing) -> None:
        try:
            await self._look(target)
        except AircherError as error:
            log.debug("no_recovery", provider=target[0], reason=error.message)
        except Exception:  # the edge: whatever a check brings, the daemon goes on
            log.exception("recovery_failed", provider=target[0])
        finally:
            spacing.count += 1
            spacing.due = trio.current_time() + self._delay(spacing.count)
            self._busy.discard(target[0])
            self._changed.set()

    async def _look(self, target: RecoveryTarget) -> None:
        name, (scope, key, _) = target
        with trio.move_on_after(CHECK_SECONDS):
            if scope == "provider":
                if await self._checks.is_reachable(name):
                    self._book.note_reachable(name)
            elif await self._checks.has_credit(name, key):
                self._book.note_credit(name, key)

    def __repr__(self) -> str:
        return f"<Recovery {len(self._spacings)} to check, {len(self._busy)} under way>"
