"""What the script `sync` takes and returns, as words; see scripts/sync.lua.

Who can write to an engine, or stands between it and us, can answer anything. So each word is read
with bounds: what is beyond them is refused as data of others, and nothing else happens.
"""

import math
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

MAX_AMOUNT = 2**61
"""Of a counter: two thousand million USD. Sums of a few of them fit into 64 bits."""
MAX_TIME = 1e11
"""Unix seconds, some thousand years from now."""
MAX_MACHINES = 10_000
MAX_LABEL = 64
"""Characters of a machine's name that are shown, as many as `[shared]` allows."""
MAX_DIFFERING = 100
"""Machines with other limits that are named."""
MAX_SAID = 200
"""Characters of what an engine says that are shown."""

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
    labels = as_list(differing)[:MAX_DIFFERING]
    return FleetView(
        now=as_time(now),
        epoch=as_text(epoch),
        machines=min(as_amount(machines), MAX_MACHINES),
        differing=sorted({shown(label, MAX_LABEL) for label in labels}),
        counters=[_unpack_counter(as_list(counter)) for counter in counters],
        is_stale=is_stale == b"1",
    )


def _unpack_counter(words: Sequence[object]) -> CounterView:
    used, held, granted, frees_at, marks = map(as_bytes, words)
    return CounterView(
        used=as_amount(used),
        held=as_amount(held),
        granted=as_amount(granted),
        frees_at=as_time(frees_at) if frees_at else None,
        is_learning=LEARNING in marks,
        wants_whole=WANTS_WHOLE in marks,
        is_over=OVER in marks,
    )


def refusal(kind: object, theirs: object, zone: str) -> str:
    """Return why the script has taken nothing over."""
    if kind == b"zone":
        return other_zone_message(shown(theirs, MAX_SAID), zone)
    known = shown(theirs, MAX_SAID)
    return (
        f"the other machines write the shared state in format {known}, which this "
        "version of aircher does not know: use the same version everywhere, or another namespace"
    )


def pack_day(use: DayUse) -> str:
    """Return a day's use as text."""
    return f"{use.requests} {use.tokens} {use.cost_nano}"


def unpack_day(text: bytes) -> DayUse:
    """Return what `pack_day` was given."""
    return DayUse(*map(as_amount, text.split()))


def as_bytes(word: object) -> bytes:
    """Return a word of an answer; raises ValueError if it is none."""
    if not isinstance(word, bytes):
        raise ValueError("no word")  # noqa: TRY004 - as all others that are wrong in an answer
    return word


def as_text(word: object) -> str:
    """Return a word of an answer as text; raises ValueError if it is none."""
    return as_bytes(word).decode(errors="replace")


def as_amount(word: object) -> int:
    """Return an amount in an answer, 0 for less; raises ValueError if it is none."""
    text = as_bytes(word)
    if len(text) > len(str(-MAX_AMOUNT)) or int(text) > MAX_AMOUNT:
        raise ValueError("no amount")
    return max(int(text), 0)


def as_seconds(word: object) -> float:
    """Return a finite number of seconds; raises ValueError if it is none."""
    seconds = float(as_bytes(word))
    if not math.isfinite(seconds):
        raise ValueError("no number of seconds")
    return seconds


def as_time(word: object) -> float:
    """Return a Unix time; raises ValueError if it is none that can be."""
    seconds = as_seconds(word)
    if not 0 <= seconds <= MAX_TIME:
        raise ValueError("no time")
    return seconds


def as_clock(words: object) -> float:
    """Return what the command TIME has answered: seconds and microseconds."""
    seconds, micros, *_ = as_list(words)
    return as_time(seconds) + as_seconds(micros) / 1e6


def shown(word: object, most: int) -> str:
    """Return the beginning of a word as text that can be shown, without control characters."""
    return printable(as_text(word), most)


def printable(text: str, most: int) -> str:
    """Return the beginning of a text, with a "?" for each character that could control."""
    cut = text if len(text) <= most else f"{text[: most - 3]}..."
    return "".join(char if char.isprintable() else "?" for char in cut)


def as_list(words: object) -> list[object]:
    """Return a list of an answer; raises ValueError if it is none."""
    if not isinstance(words, list):
        raise ValueError("no list")  # noqa: TRY004 - likewise
    return words
