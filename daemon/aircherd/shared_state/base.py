"""What one daemon tells the others and learns from them, and how an engine is asked for it.

Each machine owns its part of the state and reports it as it is: totals, never differences. So a
report that arrives twice changes nothing, and an engine that lost everything is filled again by the
next reports.

    used    Totals by bucket of time, of the requests that have ended. They come from the ledger.
    held    What the machine may still use: its lease, and what requests in progress have reserved.

The engine keeps the sum of `used` and `held` of all machines below each limit: it grants only what
is left. What a machine holds counts until it reports again, or its window is over: a daemon that
was killed may have used it. In a rolling window it may be used for one length after the report, so
it counts for two. All times are Unix seconds of the engine's clock, amounts are counts or
nano-USD, and names are keyed hashes (`names`), but those of machines.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from aircher_wire import codes
from aircherd.errors import AircherError


class Bucket(msgspec.Struct, frozen=True):
    """How the usage of a counter is divided by time.

    A rolling window has buckets of `step` seconds, named by their number, and counts those that
    ended less than `length` seconds ago. A window of the calendar has one, `label`, from `start` to
    `end`; the engine refuses to count by one that is over by its clock, as `is_over` says.
    """

    length: int = 0
    step: int = 0
    label: str = ""
    start: float = 0.0
    end: float = 0.0


class CounterReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine reports of one counter, and what it asks for.

    - `used`: its totals by bucket; `is_whole`: all that it has, else those that have changed.
    - `held`: what it may still use under this counter. It replaces what it held before.
    - `least`, `most`: how much more it needs at least and would take; 0: nothing.
    - `rest`: how much was left for all machines when it knew last, within this window; None: it
      does not know. An engine that has lost everything grants no more than each one's part of
      what they report first, until all have reported.
    """

    name: str
    maximum: int
    bucket: Bucket
    used: Mapping[str, int]
    is_whole: bool
    held: int
    least: int = 0
    most: int = 0
    rest: int | None = None


class CounterView(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one counter after a report.

    - `used`, `held`: of all machines, within the window; `held` with what was granted now.
    - `granted`: how much more the machine may use.
    - `frees_at`: when what it needs will be free if nothing else is used; None: now, or unknown.
    - `is_learning`: not all machines have reported since the engine knows this counter, so each
      may use no more than its part of what seems to be left.
    - `wants_whole`: the engine does not know this machine's usage: report all of it.
    - `is_over`: by the engine's clock, the bucket is over or has not begun. Nothing was granted.
    """

    used: int
    held: int
    granted: int = 0
    frees_at: float | None = None
    is_learning: bool = False
    wants_whole: bool = False
    is_over: bool = False


class DayUse(msgspec.Struct, frozen=True):
    """What a machine used on one day."""

    requests: int
    tokens: int
    cost_nano: int


class MachineReport(msgspec.Struct, frozen=True, kw_only=True):
    """All that a machine reports at once.

    - `machine`: its lasting id, one for each ledger; `label`: its name for people.
    - `sequence`: grows with every report, also over restarts: an older one is ignored.
    - `limits`: a digest of its shared limits, to find machines whose limits differ.
    - `zone`: the time zone of days and months, the same for all.
    - `machines`: how many it knew last, in case the engine has forgotten.
    - `lease_seconds`: without a report for so long, it no longer counts as one of the machines.
    - `days`: totals of days (YYYY-MM-DD) that have changed.
    """

    machine: str
    label: str
    sequence: int
    limits: str
    zone: str
    machines: int
    lease_seconds: float
    counters: Sequence[CounterReport]
    days: Mapping[str, DayUse] = {}


class FleetView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a report; `counters` are in the order of the report's.

    - `epoch`: changes when the engine has lost everything.
    - `machines`: how many reported lately, this one included.
    - `differing`: the labels of those with other limits.
    - `is_stale`: the engine has a report with a larger `sequence`, so it applied nothing: another
      ledger reports under the same id, as in a copy of the whole machine.
    """

    now: float
    epoch: str
    machines: int
    differing: Sequence[str]
    counters: Sequence[CounterView]
    is_stale: bool = False


class MachineRow(msgspec.Struct, frozen=True, kw_only=True):
    """One machine, for people. `used`, `held`: by the name of the counter; `days`: by day."""

    machine: str
    label: str
    seen_at: float
    is_live: bool
    used: Mapping[str, int]
    held: Mapping[str, int]
    days: Mapping[str, DayUse]


class SharedCooldown(msgspec.Struct, frozen=True, kw_only=True):
    """That something cools, or that it no longer does, for all machines that have it.

    - `scope`: the keyed hash of what cools: of a key's fingerprint, a provider's origin, a model.
    - `left`: seconds until it ends; 0: it was cleared.
    - `age`: seconds since it began, or since what cleared it: the start of a call that succeeded.
    - `content`: what `providers.health` makes of it, without names of providers and keys.

    Both are counted from when it is sent or received. The engine keeps them as times of its own
    clock, so the clocks of machines do not matter.
    """

    scope: str
    left: float
    age: float = 0.0
    content: Mapping[str, object] = {}


class Cooldowns(msgspec.Struct, frozen=True, kw_only=True):
    """What cools, and what was cleared.

    - `version`: to ask for what has changed since.
    - `is_whole`: all that cools and all clearings that are kept, because the engine does not know
      the version that was asked with: it was the first time, or the engine has lost everything.
    """

    version: str
    is_whole: bool
    cooldowns: Sequence[SharedCooldown]


class Change(msgspec.Struct, frozen=True):
    """What another machine has learned."""

    machine: str
    cooldown: SharedCooldown


class SharedStateError(AircherError):
    """The shared state cannot be used; the message says why and what to do."""

    code = codes.NETWORK


class EngineAway(SharedStateError):
    """The engine cannot be reached, is too slow, or cannot write now: try again later."""


class EngineRefused(SharedStateError):
    """Trying again does not help: a wrong password or certificate, no engine, another zone."""


class PasswordRefused(EngineRefused):
    """The engine does not accept the user or the password, or wants one."""


def other_zone_message(theirs: str, own: str) -> str:
    """Return why a machine with the time zone `own` is refused."""
    return (
        f"the other machines count days in the time zone {theirs}, this one in {own}: write the "
        "same time_zone under [shared] everywhere, or give this machine another namespace"
    )


class SharedState(Protocol):
    """An engine. Every call has a deadline of its own.

    Raises:
        EngineAway: see there.
        EngineRefused: see there.
    """

    async def sync(self, report: MachineReport, seconds: float) -> FleetView:
        """Take over a machine's report, and grant what it asks for, in one step."""

    async def rows(self, counters: Sequence[tuple[str, Bucket]]) -> list[MachineRow]:
        """Return all machines of the last 62 days, with what each used under these counters."""

    async def forget(self, machine: str) -> bool:
        """Forget a machine and what it holds, not what it used; return whether it was known."""

    async def secret(self, proposed: bytes) -> bytes:
        """Return the secret that hides names: `proposed` if the namespace has none yet."""

    async def cool(self, cooldown: SharedCooldown, machine: str) -> None:
        """Tell all that something cools, or with `left` 0 that it no longer does.

        Of two cooldowns, the one with the later end is kept, and the later beginning. A clearing
        ends those that had begun before it, also those that the engine learns of later: so it is
        kept for as long as what it ended would have lasted, and for a minute at least, even if
        the scope cools again meanwhile and that is over.
        """

    async def cooldowns(self, version: str = "") -> Cooldowns:
        """Return what has changed since `version`; everything if it is not known."""

    async def claim_probe(self, scope: str, machine: str, seconds: float) -> bool:
        """Return whether this machine may probe: one at a time may, for at most so long.

        The machine that has claimed it does not get it twice.
        """

    async def release_probe(self, scope: str, machine: str) -> None:
        """Let another machine probe."""

    def changes(self) -> AbstractAsyncContextManager[AsyncIterator[Change]]:
        """Receive what other machines learn, as it happens. Messages may be lost: poll too."""
