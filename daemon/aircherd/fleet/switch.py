"""Makes this daemon a machine of the fleet that `[shared]` names, or of none.

Nothing of a fleet is imported before there is a `[shared]`. When the section changes, what was
leased is given back to the old engine, and limits begin again with the new one, from the ledger.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import trio

from aircherd.config.model import Config, Shared

if TYPE_CHECKING:
    from aircherd.fleet.member import FleetMember


class FleetSwitch:
    """`member` is this machine in its fleet, None without `[shared]`.

    `make` returns it for a `[shared]`.
    """

    def __init__(self, config: Config, make: "Callable[[Shared], FleetMember]") -> None:
        self._make = make
        self._shared: Shared | None = None
        self._changed = trio.Event()
        self._was_member = False
        self.member: FleetMember | None = None
        self.configure(config)

    def current(self) -> "FleetMember | None":
        """Return this machine in its fleet, None without `[shared]`."""
        return self.member

    def configure(self, config: Config) -> None:
        """Be a machine of the fleet that this configuration names; configure limits afterwards."""
        before, after = self._shared, config.shared
        if before == after:
            return
        self._shared = after
        if self.member is not None and after is not None and self.member.adopt(after):
            return
        if self.member is not None:
            self.member.leave()
        self.member = None if after is None else self._make(after)
        if self.member is not None and self._was_member:
            self.member.go_on()
        self._was_member = self._was_member or self.member is not None
        self._changed.set()

    async def run(self) -> None:
        """Report to the engine whenever there is one; never returns.

        When it is cancelled, what was leased is given back, which takes a second at most.
        """
        while True:
            self._changed = trio.Event()
            async with trio.open_nursery() as nursery:
                if self.member is not None:
                    nursery.start_soon(self.member.run)
                await self._changed.wait()
                nursery.cancel_scope.cancel()

    def __repr__(self) -> str:
        return f"<FleetSwitch to {self.member!r}>"
