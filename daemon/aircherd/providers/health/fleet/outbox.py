"""What the engine has yet to get: the latest of each scope, in the order of the changes.

Times are ticks of this machine, so that what waits while the engine is away gets no longer by it.
"""

import msgspec

from aircherd.routing.cooldown_policy import Cooldown

MAX_SCOPES = 5000
"""Beyond, the oldest are dropped: others find out by themselves, as without a fleet."""


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """What to tell of a scope: first that what began before `cleared_at` is over, then `cooldown`.

    None: nothing of that kind.
    """

    cleared_at: float | None = None
    cooldown: Cooldown | None = None


def merged(earlier: Pending, later: Pending) -> Pending:
    """Return what both say together: the later cooldown, unless it began before a clearing.

    Of two cooldowns in a row, the later one lasts as long as the earlier one at least.
    """
    times = [each for each in (earlier.cleared_at, later.cleared_at) if each is not None]
    cleared_at = max(times, default=None)
    cooldown = later.cooldown or earlier.cooldown
    if cooldown is not None and cleared_at is not None and cooldown.since <= cleared_at:
        cooldown = None
    return Pending(cleared_at=cleared_at, cooldown=cooldown)


class Outbox:
    """See the module. Scopes are those of the fleet."""

    def __init__(self) -> None:
        self._pending: dict[str, Pending] = {}

    def put(self, scope: str, pending: Pending) -> None:
        """Add what is to be sent."""
        earlier = self._pending.get(scope)
        if earlier is None and len(self._pending) >= MAX_SCOPES:
            del self._pending[next(iter(self._pending))]
        self._pending[scope] = pending if earlier is None else merged(earlier, pending)

    def put_back(self, scope: str, pending: Pending) -> None:
        """Keep what could not be sent for later."""
        later = self._pending.get(scope)
        self._pending[scope] = pending if later is None else merged(pending, later)

    def take(self) -> tuple[str, Pending]:
        """Remove and return the first; there must be one."""
        scope = next(iter(self._pending))
        return scope, self._pending.pop(scope)

    def is_cleared(self, scope: str, since: float) -> bool:
        """Return whether it is still to be sent that what began at `since` is over."""
        pending = self._pending.get(scope)
        return (
            pending is not None and pending.cleared_at is not None and since <= pending.cleared_at
        )

    def is_cooling(self, scope: str) -> bool:
        """Return whether it is still to be sent that a scope cools."""
        pending = self._pending.get(scope)
        return pending is not None and pending.cooldown is not None

    def clear(self) -> None:
        """Drop everything."""
        self._pending.clear()

    def __len__(self) -> int:
        return len(self._pending)

    def __repr__(self) -> str:
        return f"<Outbox {len(self)}>"
