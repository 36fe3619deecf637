"""What to report of a counter, and how much to ask for: decided here, sent by `sync`. Plain.

How large a lease is depends on how fast it is used:

    in use      what was used in about a second, and room for a few requests; refilled at half
    idle        what one request needs, if the fleet has plenty left; else nothing
    waiting     at least what the first request that waits needs, at most what all of them do
"""

from collections.abc import Iterable
from typing import NamedTuple

from aircherd.shared_state.base import CounterReport, CounterView
from aircherd.usage.fleet.counter_share import CounterShare
from aircherd.usage.limits.counter import LimitCounter

LEASE_SECONDS = 10.0
"""A machine that has not reported for so long is not counted as one of the fleet."""
HEARTBEAT_SECONDS = LEASE_SECONDS / 3
REPORT_SECONDS = 0.25
"""How long what was used waits at most until it is reported."""
IDLE_SECONDS = 1.0
"""After so long without a request, the lease is given back."""

KNOWN_SECONDS = 1.0
"""For so long what was left is known well enough to ask a flushed engine for a part of it."""

_AHEAD_SECONDS = 1.0
_FEW = 4
"""Requests that a lease has room for at least, while it is in use."""
_MEASURED_SECONDS = 0.25
_PLENTY = 32
"""A fleet has plenty left if its machines could each hold so many requests."""


class Pending(NamedTuple):
    """A report that has been sent, and what its answer will be compared with.

    `reported` is what of `window.unreported` it has counted. `label` is its day or month. `sent_at`
    is a steady time.
    """

    counter: LimitCounter
    share: CounterShare
    report: CounterReport
    changed: set[int | str]
    reported: int
    label: str
    lapses_at: float
    sent_at: float
    is_last: bool


def note_speed(share: CounterShare, reserved: int, now: float) -> None:
    """Measure how fast the lease is used: what was used, and what more is reserved than before."""
    share.drained += share.window.unreported + reserved - share.reserved_before
    share.reserved_before = reserved
    elapsed = now - share.drained_since
    if elapsed >= _MEASURED_SECONDS:
        measured = max(share.drained, 0) / min(elapsed, IDLE_SECONDS)
        share.speed = max(measured, share.speed / 2) if elapsed < IDLE_SECONDS else measured
        share.drained, share.drained_since = 0, now


def wanted_lease(share: CounterShare, now: float, machines: int) -> int:
    """Return what should be available, besides what is reserved."""
    is_plenty = has_plenty(share, machines)
    if not is_in_use(share, now):
        return share.typical if is_plenty else 0
    speed = max(share.speed, max(share.drained, 0) / _MEASURED_SECONDS)
    wanted = max(round(speed * _AHEAD_SECONDS), _FEW * share.typical)
    if is_plenty:
        return wanted
    # Where little is left, others need it as well: near the end, nothing is held ahead of need.
    part = min(wanted, max(share.rest, 0) // (2 * machines))
    return part if part >= share.typical else 0


def has_plenty(share: CounterShare, machines: int) -> bool:
    """Return whether the fleet has so much left that a lease for a few requests does not matter."""
    return share.view is None or share.rest >= _PLENTY * machines * share.typical


def may_ask(share: CounterShare, now: float, machines: int) -> bool:
    """Return whether to ask for more now, or only once the engine knows all machines again.

    What others were granted since this machine knew last, a flushed engine may grant once more. So
    it is asked for a part only of plenty that was known just now.
    """
    if not share.is_filling:
        return True
    rest = share.known_rest(now)
    if rest is None:
        return now - share.lost_at >= LEASE_SECONDS
    return now - share.sure_at < KNOWN_SECONDS and rest >= _PLENTY * machines * share.typical


def is_in_use(share: CounterShare, now: float) -> bool:
    """Return whether something was reserved lately."""
    return now - share.drawn_at < IDLE_SECONDS


def has_surplus(share: CounterShare, free: int, wanted: int, now: float) -> bool:
    """Return whether to give back what is not wanted; in use, not for a little."""
    return free > (2 * wanted if is_in_use(share, now) else wanted)


def make_report(
    counter: LimitCounter, share: CounterShare, now: float, machines: int, *, is_last: bool = False
) -> Pending:
    """Return the report of a counter, and reduce its lease to what it says is held.

    `is_last`: everything is given back, also what requests in progress have reserved.
    """
    window, turns, reserved = share.window, share.turns, counter.reserved
    lease = share.lease_at(now)
    # What requests used more than was reserved is not in the lease: it is reported all the same.
    free = max(lease - window.unreported - reserved, 0)
    note_speed(share, reserved, now)
    waits = turns.wanted + turns.promised
    wanted = 0 if is_last else max(wanted_lease(share, now, machines), waits)
    least, most = 0, 0
    if turns and free < turns.promised + turns.least and not has_plenty(share, machines):
        # If it gets no more, no other can use what it has: machines with a part of a request each.
        free = min(free, turns.promised)
    if is_last or has_surplus(share, free, wanted, now):
        free = wanted
    elif may_ask(share, now, machines):
        spare = _FEW * share.typical if has_plenty(share, machines) else 0
        least, most = _ask(share, free, wanted, spare, now)
    share.refill_below = (wanted + 1) // 2 if is_in_use(share, now) else 0
    changed = window.take_changed()
    totals = window.totals() if share.is_whole_needed else window.totals(changed)
    report = CounterReport(
        name=share.name,
        maximum=counter.maximum,
        bucket=window.bucket,
        used=totals,
        is_whole=share.is_whole_needed,
        held=0 if is_last else reserved + free,
        least=least,
        most=most,
        rest=share.known_rest(now),
    )
    share.hold(report.held)
    return Pending(
        counter,
        share,
        report,
        changed,
        window.unreported,
        window.bucket.label,
        window.lapses_at(now),
        now,
        is_last,
    )


def _ask(share: CounterShare, free: int, wanted: int, spare: int, now: float) -> tuple[int, int]:
    """Return how much more to ask for: at least, and at most."""
    turns, refused = share.turns, share.refused
    share.refused = 0
    if turns:
        least = max(turns.promised + turns.least - free, 1)
        return least, max(wanted + spare - free, least)
    if refused > free:
        return refused - free, refused - free
    if is_in_use(share, now) and free < (wanted + 1) // 2:
        return 1, wanted - free
    return 0, 0


def take_answer(pending: Pending, view: CounterView) -> bool:
    """Take over the answer to a report; return False if it was for a window that is over."""
    share = pending.share
    if pending.label != share.window.bucket.label or view.is_over:
        share.window.changed |= pending.changed
        if pending.label == share.window.bucket.label:
            share.lapse()
        return False
    share.take_answer(
        view,
        held=pending.report.held,
        reported=pending.reported,
        lapses_at=pending.lapses_at,
        sent_at=pending.sent_at,
    )
    return True


def take_back(pendings: Iterable[Pending]) -> None:
    """Let what was reported be reported again: there was no answer.

    The engine may have taken it over or not. Neither matters: totals replace totals, and what the
    report gave back is not used.
    """
    for pending in pendings:
        pending.share.window.changed |= pending.changed


def is_due(counter: LimitCounter, share: CounterShare, now: float, machines: int) -> bool:
    """Return whether a counter has something to report, or needs something."""
    window = share.window
    if window.changed or share.turns or share.refused or share.is_whole_needed:
        return True
    if now >= share.lapses_at:
        return True
    free = share.lease - window.unreported - counter.reserved
    wanted = wanted_lease(share, now, machines)
    return free < min(share.refill_below, wanted) or has_surplus(share, free, wanted, now)
