"""What each machine used of a shared limit, and what it holds: a part of `limits.status`."""

from collections.abc import Mapping, Sequence
from typing import Any

from aircherd.api.fleet.report import age_and_problem
from aircherd.api.wire import to_wire
from aircherd.shared_state.base import MachineRow
from aircherd.shared_state.fleet_status import Fleet, SeenMachines
from aircherd.usage.nano_usd import usd_text
from aircherd.vocabulary.availability import LimitStatus

Map = dict[str, Any]


async def machines_by_limit(fleet: Fleet, limits: Sequence[LimitStatus]) -> tuple[list[Map], Map]:
    """Return what to add to the row of each limit, and to the whole answer.

    A machine that used nothing and holds nothing is left out.
    """
    seen, this = await fleet.machines(), fleet.status().machine
    added = []
    for limit in limits:
        name = fleet.counter_name(limit)
        added.append({} if name is None else _about(limit, name, seen, this))
    return added, {"shared": {**to_wire(fleet.status()), **age_and_problem(seen)}}


def _about(limit: LimitStatus, name: str, seen: SeenMachines, this: str) -> Map:
    rows = sorted(seen.rows, key=lambda row: (row.machine != this, row.label, row.machine))
    machines = [_machine(limit, row, name) for row in rows if _has_any(row, name)]
    for machine in machines:
        if machine["machine"] == this:
            machine["this"] = True
            if limit.used_here is not None:  # of now, also when the engine is away
                machine["used"] = limit.used_here
    return {"machines": machines}


def _machine(limit: LimitStatus, row: MachineRow, name: str) -> Map:
    return {
        "machine": row.machine,
        "label": row.label,
        "live": row.is_live,
        "used": _amount(limit, row.used, name),
        "held": _amount(limit, row.held, name),
    }


def _has_any(row: MachineRow, name: str) -> bool:
    return bool(row.used.get(name) or row.held.get(name))


def _amount(limit: LimitStatus, amounts: Mapping[str, int], name: str) -> int | str:
    amount = amounts.get(name, 0)
    return usd_text(amount) if limit.counted == "usd" else amount
