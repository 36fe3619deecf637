"""What scripts and commands say of cooldowns and of machines, as words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from aircherd.shared_state import counting
from aircherd.shared_state.base import Bucket, Change, Cooldowns, MachineRow, SharedCooldown
from aircherd.shared_state.engine.encoding import unpack_day

Hash: TypeAlias = Mapping[str, bytes]
"""A hash of the engine."""

_OWN_TOTAL, _HOLD = "u:", "h:"
"""What fields of a counter's hash begin with; see scripts/sync.lua."""


# ------------------------------------------------------------------ cooldowns


def pack_content(cooldown: SharedCooldown) -> bytes:
    """Return the content of a cooldown as it is kept."""
    return msgspec.msgpack.encode(cooldown.content)


def unpack_cooldowns(answer: Sequence[object]) -> Cooldowns:
    """Return what the script `cooldowns` has answered."""
    words = [word for word in answer if isinstance(word, bytes)]
    epoch, version, is_whole, *rest = words
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
    return SharedCooldown(
        scope=scope.decode(),
        left=float(left),
        age=float(age),
        content=msgspec.msgpack.decode(content, type=dict[str, object]),
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
    machines = []
    for machine, value in found.items():
        _, seen_at, lease, _, _, label = value.decode(errors="replace").split(" ", 5)
        machines.append(KnownMachine(machine, label, float(seen_at), float(lease)))
    return sorted(machines, key=lambda each: (each.label, each.machine))


def read_row(
    known: KnownMachine,
    counters: Sequence[tuple[str, Bucket, Hash]],
    days: Hash,
    now: float,
) -> MachineRow:
    """Return what is known of one machine, with the hashes of counters and of its days."""
    used = {name: _used(found, known.machine, bucket, now) for name, bucket, found in counters}
    held = {name: _held(found, known.machine, bucket, now) for name, bucket, found in counters}
    return MachineRow(
        machine=known.machine,
        label=known.label,
        seen_at=known.seen_at,
        is_live=known.seen_at > now - known.lease_seconds,
        used={name: amount for name, amount in used.items() if amount},
        held={name: amount for name, amount in held.items() if amount},
        days={day: unpack_day(use) for day, use in days.items()},
    )


def _used(found: Hash, machine: str, bucket: Bucket, now: float) -> int:
    totals = dict(_own_totals(found, machine))
    if not bucket.label:
        totals = {name: total for name, total in totals.items() if name.isdecimal()}
    return counting.used_in(bucket, totals, now)


def _own_totals(found: Hash, machine: str) -> Iterator[tuple[str, int]]:
    start = f"{_OWN_TOTAL}{machine}:"
    return (
        (field.removeprefix(start), int(total))
        for field, total in found.items()
        if field.startswith(start)
    )


def _held(found: Hash, machine: str, bucket: Bucket, now: float) -> int:
    hold = found.get(f"{_HOLD}{machine}")
    if hold is None:
        return 0
    amount, reported_at, _, label = hold.decode().split(" ", 3)
    if label != bucket.label:
        return 0
    until = counting.held_until(bucket, float(reported_at))
    return int(amount) if now < until else 0
