"""What scripts and commands say of cooldowns and of machines, as words. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from aircherd.shared_state.base import Change, Cooldowns, MachineRow, SharedCooldown
from aircherd.shared_state.engine.encoding import (
    MAX_LABEL,
    MAX_MACHINES,
    as_amount,
    as_list,
    as_seconds,
    printable,
    unpack_day,
)

Hash: TypeAlias = Mapping[str, bytes]
"""A hash of the engine."""

MAX_COOLDOWNS = 20_000
MAX_SCOPE, MAX_CONTENT = 256, 4096
"""Bytes; ours are much shorter."""


# ------------------------------------------------------------------ cooldowns


def pack_content(cooldown: SharedCooldown) -> bytes:
    """Return the content of a cooldown as it is kept."""
    return msgspec.msgpack.encode(cooldown.content)


def unpack_cooldowns(answer: Sequence[object]) -> Cooldowns:
    """Return what the script `cooldowns` has answered."""
    words = [word for word in answer if isinstance(word, bytes)]
    epoch, version, is_whole, *rest = words
    if len(rest) > 4 * MAX_COOLDOWNS:
        raise ValueError("too many cooldowns")
    return Cooldowns(
        version=f"{epoch.decode()}:{version.decode()}",
        is_whole=is_whole == b"1",
        cooldowns=[_cooldown(*rest[at : at + 4]) for at in range(0, len(rest), 4)],
    )


def unpack_change(payload: bytes) -> Change:
    """Return what the script `cool` has published.

    Raises:
        ValueError: it was not that script.
    """
    scope, left, age, length, rest = payload.split(b" ", 4)
    size = int(length)
    return Change(rest[:size].decode(), _cooldown(scope, left, age, rest[size:]))


def _cooldown(scope: bytes, left: bytes, age: bytes, content: bytes) -> SharedCooldown:
    if len(scope) > MAX_SCOPE or len(content) > MAX_CONTENT:
        raise ValueError("too long")
    try:
        found = msgspec.msgpack.decode(content, type=dict[str, object])
    except RecursionError:
        raise ValueError("too deep") from None
    return SharedCooldown(
        scope=scope.decode(), left=as_seconds(left), age=as_seconds(age), content=found
    )


# ------------------------------------------------------------------ machines


class KnownMachine(NamedTuple):
    """What is known of a machine; the engine's time `seen_at`."""

    machine: str
    label: str
    seen_at: float
    lease_seconds: float


def read_machines(found: Hash) -> list[KnownMachine]:
    """Return all machines of the hash that `sync` writes, by label."""
    if len(found) > MAX_MACHINES:
        raise ValueError("too many machines")
    machines = []
    for machine, value in found.items():
        _, seen_at, lease, _, _, label = value.decode(errors="replace").split(" ", 5)
        name = printable(label, MAX_LABEL)
        seen, seconds = as_seconds(seen_at.encode()), as_seconds(lease.encode())
        machines.append(KnownMachine(machine, name, seen, seconds))
    return sorted(machines, key=lambda each: (each.label, each.machine))


class Amounts(NamedTuple):
    """What a machine used of a counter, and what it holds."""

    used: int
    held: int


NOTHING = Amounts(0, 0)


def unpack_amounts(answer: object, machines: Sequence[str]) -> dict[str, Amounts]:
    """Return what the script `rows` has answered for machines.

    Raises:
        ValueError: it was not that script.
    """
    words = [as_amount(word) for word in as_list(answer)]
    triples = zip(machines, words[::2], words[1::2], strict=True)
    return {machine: Amounts(used, held) for machine, used, held in triples}


def make_row(
    known: KnownMachine, counters: Mapping[str, Mapping[str, Amounts]], days: Hash, now: float
) -> MachineRow:
    """Return what is known of one machine; `counters` has what all used, by name and machine."""
    amounts = {name: of.get(known.machine, NOTHING) for name, of in counters.items()}
    return MachineRow(
        machine=known.machine,
        label=known.label,
        seen_at=known.seen_at,
        is_live=known.seen_at > now - known.lease_seconds,
        used={name: each.used for name, each in amounts.items() if each.used},
        held={name: each.held for name, each in amounts.items() if each.held},
        days={day: unpack_day(use) for day, use in days.items()},
    )
