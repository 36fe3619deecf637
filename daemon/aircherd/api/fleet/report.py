"""What each machine of the fleet used, and the sum.

This machine's own days are from its ledger, those of the others as the engine has them. Without the
engine they are as they were seen last, and the report says so.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from aircherd.api.params import FleetReportParams
from aircherd.api.services import Services
from aircherd.api.wire import to_wire
from aircherd.errors import BadRequest
from aircherd.process.time_zone import zone_of
from aircherd.shared_state.base import DayUse, MachineRow, SharedStateError
from aircherd.shared_state.fleet_status import Fleet, FleetStatus, SeenMachines
from aircherd.usage.nano_usd import usd_text

Map = dict[str, object]

ALONE = (
    "this daemon shares nothing with other machines: there is no [shared] in its configuration "
    "(see docs/fleet.md)"
)
_NOTHING = DayUse(0, 0, 0)
_SHORT_ID = 6
"""Characters of an id that lists show."""


def the_fleet(services: Services) -> Fleet:
    """Return the fleet.

    Raises:
        BadRequest: there is no `[shared]`.
    """
    fleet = services.fleet()
    if fleet is None:
        raise BadRequest(ALONE)
    return fleet


async def fleet_report(services: Services, params: FleetReportParams) -> Map:
    """Return what each machine used between two days, both included.

    Raises:
        BadRequest: there is no `[shared]`, or the days are in the wrong order.
    """
    fleet = the_fleet(services)
    seen = await fleet.machines()
    status = fleet.status()
    now = fleet.time()
    today = datetime.fromtimestamp(now, zone_of(status.time_zone)).date()
    since = params.since or f"{today:%Y-%m}-01"
    until = params.until or f"{today:%Y-%m-%d}"
    if until < since and params.until:
        raise BadRequest(f"until: {until} is before {since}")
    rows = all_rows(fleet, seen, status, now)
    return {
        "shared": about_fleet(status, seen),
        "since": since,
        "until": until,
        "machines": [_machine(row, status, since, until) for row in rows],
        "totals": _sums(_within(row.days, since, until) for row in rows),
        **age_and_problem(seen),
    }


def about_fleet(status: FleetStatus, seen: SeenMachines) -> Map:
    """Return the state of the fleet, with as many machines as are shown to report."""
    live = sum(row.is_live for row in seen.rows if row.machine != status.machine) + 1
    return {**to_wire(status), **({} if seen.problem else {"machines": live})}


def age_and_problem(seen: SeenMachines) -> Map:
    """Return how old the rows of other machines are, and why they are not of now."""
    age = {} if seen.age is None else {"age_s": round(seen.age, 1)}
    return {**age, **({"problem": seen.problem} if seen.problem else {})}


def all_rows(fleet: Fleet, seen: SeenMachines, status: FleetStatus, now: float) -> list[MachineRow]:
    """Return a row for each machine, this one first: its own days are from its ledger."""
    others = [row for row in seen.rows if row.machine != status.machine]
    known = next((row for row in seen.rows if row.machine == status.machine), None)
    own = MachineRow(
        machine=status.machine,
        label=status.label,
        seen_at=now if known is None else known.seen_at,
        is_live=True,
        used={} if known is None else known.used,
        held={} if known is None else known.held,
        days={**({} if known is None else known.days), **fleet.own_days()},
    )
    return [own, *sorted(others, key=lambda row: (not row.is_live, row.label, row.machine))]


async def forget_machine(services: Services, name: str) -> Map:
    """Forget a machine that will not come back, by its label, its id, or how that begins.

    Raises:
        BadRequest: there is no such machine, there are several, it still reports, or the engine is
            away.
    """
    fleet = the_fleet(services)
    row = _find(await fleet.machines(), name)
    if row.machine == fleet.status().machine or row.is_live:
        why = "it would be known again at once" if row.is_live else "it is this machine"
        raise BadRequest(f"machine: {row.label} still reports: {why}; stop its daemon first")
    try:
        forgotten = await fleet.forget(row.machine)
    except SharedStateError as error:
        raise BadRequest(f"machine: it cannot be forgotten now: {error.message}") from error
    return {"forgotten": forgotten, "machine": row.machine, "label": row.label}


def _find(seen: SeenMachines, name: str) -> MachineRow:
    found = [row for row in seen.rows if name in (row.machine, row.label)] or [
        row for row in seen.rows if len(name) >= _SHORT_ID and row.machine.startswith(name)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(row.machine for row in found)
        raise BadRequest(f"machine: {len(found)} machines are called {name!r}: use an id ({ids})")
    if seen.problem:
        raise BadRequest(f"machine: {name!r} cannot be found: {seen.problem}")
    known = ", ".join(sorted(row.label for row in seen.rows)) or "none"
    raise BadRequest(f"machine: the fleet has no {name!r}; it has: {known}")


def _machine(row: MachineRow, status: FleetStatus, since: str, until: str) -> Map:
    days = _within(row.days, since, until)
    return {
        "machine": row.machine,
        "label": row.label,
        **({"this": True} if row.machine == status.machine else {}),
        "live": row.is_live,
        "seen_at": row.seen_at,
        **_sums([days]),
        "days": [{"day": day, **_use(use)} for day, use in days.items()],
    }


def _within(days: Mapping[str, DayUse], since: str, until: str) -> dict[str, DayUse]:
    return {day: use for day, use in sorted(days.items()) if since <= day <= until}


def _sums(parts: Iterable[Mapping[str, DayUse]]) -> Map:
    uses = [use for part in parts for use in part.values()] or [_NOTHING]
    columns = zip(*(msgspec.structs.astuple(use) for use in uses), strict=True)
    return _use(DayUse(*(sum(column) for column in columns)))


def _use(use: DayUse) -> Map:
    return {"requests": use.requests, "tokens": use.tokens, "cost": usd_text(use.cost_nano)}
