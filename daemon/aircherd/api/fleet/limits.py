"""What each machine used of a shared limit, and what it holds: a part of `limits.status`.

The engine is asked for it. What it says is newer than the answer to this machine's last report, so
the sums of the limit go by it, too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aircherd.api.fleet.report import about_fleet, age_and_problem
from aircherd.shared_state.base import MachineRow
from aircherd.shared_state.fleet_status import Fleet, SeenMachines
from aircherd.usage.nano_usd import to_nano, usd_text
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
    return added, {"shared": {**about_fleet(fleet.status(), seen), **age_and_problem(seen)}}


def _about(limit: LimitStatus, name: str, seen: SeenMachines, this: str) -> Map:
    rows = sorted(seen.rows, key=lambda row: (row.machine != this, row.label, row.machine))
    machines = [_machine(limit, row, name) for row in rows if _has_any(row, name)]
    for machine in machines:
        if machine["machine"] == this:
            machine["this"] = True
            if limit.used_here is not None:  # of now, also when the engine is away
                machine["used"] = limit.used_here
    return {**({} if seen.problem else _sums(limit, machines)), "machines": machines}


def _sums(limit: LimitStatus, machines: Sequence[Map]) -> Map:
    """Return the sums of now; what was used by machines that were forgotten is in `limit` alone."""
    used = max(_count(limit.used), sum(_count(each["used"]) for each in machines))
    held = sum(_count(each["held"]) for each in machines if not each.get("this"))
    maximum = _count(limit.max)
    return {
        "used": _external(limit, used),
        "left": _external(limit, max(maximum - used - _count(limit.reserved) - held, 0)),
        "share": round(used / maximum, 4) if maximum else 1.0,
        "held_elsewhere": _external(limit, held),
    }


def _count(amount: int | str) -> int:
    return amount if isinstance(amount, int) else to_nano(amount)


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
    return _external(limit, amounts.get(name, 0))


def _external(limit: LimitStatus, amount: int) -> int | str:
    return usd_text(amount) if limit.counted == "usd" else amount
