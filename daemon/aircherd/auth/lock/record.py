"""Pure: what the state directory remembers about the lock, so that a restart does not open it.

Durations are measured with a clock that goes on while the machine is suspended, and that cannot
be set. It begins again with each boot, so a record has the boot that its times belong to: after
another boot a lock ends by its Unix time, and a lifetime begins again.
"""

import time
from pathlib import Path
from typing import Literal

import msgspec

Cause = Literal["command", "lifetime", "damaged"]
"""Why the keys are locked: `auth lock`, `[auth] lifetime`, or a record that cannot be read."""

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """A closed lock. `since` and `until` are Unix times; without `until` it stays closed.

    `opens_at` is `until` on the clock of the boot.
    """

    cause: Cause
    since: float
    until: float | None = None
    opens_at: float | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of the file. `held_since`: when the lifetime began, on the clock of the boot."""

    boot: str
    lock: Lock | None = None
    held_since: float | None = None
    version: Literal[1] = 1


def encode(record: Record) -> bytes:
    """Return the record as the file has it."""
    return msgspec.json.encode(record) + b"\n"


def decode(content: bytes | None, boot: str, now: float, wall: float) -> Record:
    """Return what was recorded, with its times as they are in this boot.

    Args:
        content: that of the file, None if there is none.
        boot: the id of this boot.
        now: the time of the boot's clock.
        wall: the Unix time.

    What cannot be read may have been a lock, so it is one.
    """
    if content is None:
        return Record(boot=boot)
    try:
        found = msgspec.json.decode(content, type=Record)
    except msgspec.MsgspecError:
        return Record(boot=boot, lock=Lock(cause="damaged", since=wall))
    if found.boot == boot and boot:
        return found
    lock = found.lock
    if lock is not None and lock.until is not None:
        lock = msgspec.structs.replace(lock, opens_at=now + lock.until - wall)
    return Record(boot=boot, lock=lock)


def boot_time() -> float:
    """Return the seconds since the machine was booted, suspended or not."""
    return time.clock_gettime(_CLOCK)


def boot_id() -> str:
    """Return the id of this boot, empty if it is unknown."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
