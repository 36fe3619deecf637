"""Ends cooldowns early where a free check can tell: a host that answers, a key with credit.

    unreachable                         GET of something public: any response of its API will do
    quota used up, where a free check   the page of the key
    shows the credit

Elsewhere only a real request can tell whether a rate limit or a quota has ended: see
`routing.probes`. Rejected keys are checked by `AuthManager`; a key that is replaced is reported to
`CooldownManager.note_other_key`.

The first check comes after 30 s, later ones less and less often, down to one every ten minutes; at
most one runs per provider. While nothing cools, the task sleeps. A check that fails changes nothing
and is repeated; one that never ends is cancelled.
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
"""Seconds before the first, second, ... check; the last applies to all later ones."""

CHECK_SECONDS = 30.0

log = structlog.get_logger()


class Checks(msgspec.Struct, frozen=True):
    """The checks; all take a provider's name, and may raise AircherError.

    `is_reachable` calls without a key, `has_credit` with the key of that name; `shows_credit`
    returns whether the latter can tell anything.
    """

    is_reachable: Callable[[str], Awaitable[bool]]
    has_credit: Callable[[str, str | None], Awaitable[bool]]
    shows_credit: Callable[[str], bool]


class _Spacing(msgspec.Struct):
    """How often a scope was checked, and when the next check is due, on trio's clock.

    Infinity means that a check is running. It is kept while the cooldown is remembered, so that a
    wrong result is not repeated soon.
    """

    due: float
    count: int = 0
    is_wanted: bool = True


RecoveryTarget = tuple[str, CooldownScope]


class Recovery:
    """See the module. `run` owns every check."""

    def __init__(
        self,
        book: CooldownManager,
        checks: Checks,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._cooldowns = book
        self._checks = checks
        self._jitter = jitter
        self._spacings: dict[RecoveryTarget, _Spacing] = {}
        self._busy: set[str] = set()
        self._changed = trio.Event()

    async def run(self) -> None:
        """Run the checks when they are due; never returns."""
        self._cooldowns.store.watch(self._wake)
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
        """Start the checks that are due; return when the next one is."""
        self._update_spacings()
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

    def _update_spacings(self) -> None:
        """Have a spacing for each scope that can be checked, and forget the others."""
        before, self._spacings = self._spacings, {}
        ticks = self._cooldowns.now()
        for name, _, cooldown in self._cooldowns.store.cooldowns():
            if not self._can_be_checked(name, cooldown):
                continue
            target = (name, cooldown.scope)
            spacing = before.get(target) or _Spacing(trio.current_time() + self._delay(0))
            # An unreachable provider stays so until a call reaches it.
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
            await self._observe(target)
        except AircherError as error:
            log.debug("no_recovery", provider=target[0], reason=error.message)
        except Exception:  # a boundary: no check may stop the daemon
            log.exception("recovery_failed", provider=target[0])
        finally:
            spacing.count += 1
            spacing.due = trio.current_time() + self._delay(spacing.count)
            self._busy.discard(target[0])
            self._changed.set()

    async def _observe(self, target: RecoveryTarget) -> None:
        name, (scope, key, _) = target
        with trio.move_on_after(CHECK_SECONDS):
            if scope == "provider":
                if await self._checks.is_reachable(name):
                    self._cooldowns.note_reachable(name)
            elif await self._checks.has_credit(name, key):
                self._cooldowns.note_credit(name, key)

    def __repr__(self) -> str:
        return f"<Recovery {len(self._spacings)} to check, {len(self._busy)} running>"
