"""What the script `sync` takes and returns, as words; see scripts/sync.lua."""

import secrets
from collections.abc import Sequence
from typing import TypeAlias

from aircherd.shared_state.base import (
    CounterReport,
    CounterView,
    DayUse,
    FleetView,
    MachineReport,
    other_zone_message,
)

LEARNING, WANTS_WHOLE, OVER = b"lwo"
"""Marks of a counter, in the last word of its answer."""

Words: TypeAlias = list[bytes | str | int | float]


def pack_report(report: MachineReport) -> Words:
    """Return the arguments of the script."""
    words: Words = [
        report.machine,
        report.label,
        report.sequence,
        report.limits,
        report.zone,
        report.machines,
        repr(float(report.lease_seconds)),
        secrets.token_hex(8),
        len(report.days),
    ]
    for day, use in report.days.items():
        words += [day, pack_day(use)]
    for counter in report.counters:
        words += _pack_counter(counter)
    return words


def _pack_counter(report: CounterReport) -> Words:
    bucket = report.bucket
    words: Words = [
        report.name,
        report.maximum,
        bucket.length,
        bucket.step,
        bucket.label,
        repr(float(bucket.start)),
        repr(float(bucket.end)),
        int(report.is_whole),
        report.held,
        report.least,
        report.most,
        "" if report.rest is None else report.rest,
        len(report.used),
    ]
    for name, total in report.used.items():
        words += [name, total]
    return words


def unpack_view(answer: Sequence[object]) -> FleetView:
    """Return what the script has answered, after its first word."""
    now, epoch, machines, differing, is_stale, *counters = answer
    return FleetView(
        now=float(as_bytes(now)),
        epoch=as_text(epoch),
        machines=int(as_bytes(machines)),
        differing=sorted({as_text(label) for label in as_list(differing)}),
        counters=[_unpack_counter(as_list(counter)) for counter in counters],
        is_stale=is_stale == b"1",
    )


def _unpack_counter(words: Sequence[object]) -> CounterView:
    used, held, granted, frees_at, marks = map(as_bytes, words)
    return CounterView(
        used=int(used),
        held=int(held),
        granted=int(granted),
        frees_at=float(frees_at) if frees_at else None,
        is_learning=LEARNING in marks,
        wants_whole=WANTS_WHOLE in marks,
        is_over=OVER in marks,
    )


def refusal(kind: object, theirs: object, zone: str) -> str:
    """Return why the script has taken nothing over."""
    if kind == b"zone":
        return other_zone_message(as_text(theirs), zone)
    return (
        f"the other machines write the shared state in format {as_text(theirs)}, which this "
        "version of aircher does not know: use the same version everywhere, or another namespace"
    )


def pack_day(use: DayUse) -> str:
    """Return a day's use as text."""
    return f"{use.requests} {use.tokens} {use.cost_nano}"


def unpack_day(text: bytes) -> DayUse:
    """Return what `pack_day` was given."""
    return DayUse(*map(int, text.split()))


def unpack_time(answer: object) -> float:
    """Return the Unix time that the command TIME says."""
    seconds, microseconds = map(as_bytes, as_list(answer))
    return int(seconds) + int(microseconds) / 1e6


def as_bytes(word: object) -> bytes:
    """Return a word of an answer; raises ValueError if it is none."""
    if not isinstance(word, bytes):
        raise ValueError("no word")  # noqa: TRY004 - as all others that are wrong in an answer
    return word


def as_text(word: object) -> str:
    """Return a word of an answer as text; raises ValueError if it is none."""
    return as_bytes(word).decode(errors="replace")


def as_list(words: object) -> list[object]:
    """Return a list of an answer; raises ValueError if it is none."""
    if not isinstance(words, list):
        raise ValueError("no list")  # noqa: TRY004 - likewise
    return words
