"""The arithmetic of shared counters: windows, grants, and when something is free again. Pure.

The engine's script computes the same; the contract's tests compare the two.
"""

from collections.abc import Iterable, Mapping

from aircherd.shared_state.base import Bucket

HOUR = 3600.0
MIN_KEPT = 48 * HOUR
"""How long an unused counter is kept at least, in seconds; else for two of its windows."""


def is_over(bucket: Bucket, now: float) -> bool:
    """Return whether a window of the calendar is over or has not begun; no rolling window is."""
    return bool(bucket.label) and not bucket.start <= now < bucket.end


def first_bucket(bucket: Bucket, now: float) -> int:
    """Return the number of the oldest bucket that a rolling window counts."""
    return int((now - bucket.length) // bucket.step)


def counts(bucket: Bucket, name: str, now: float) -> bool:
    """Return whether the window counts what was used in the bucket `name`.

    A rolling window counts buckets that have not begun, too: the machines' clocks differ a little.
    """
    if bucket.label:
        return name == bucket.label
    return int(name) >= first_bucket(bucket, now)


def used_in(bucket: Bucket, totals: Mapping[str, int], now: float) -> int:
    """Return the sum of all buckets in the window."""
    return sum(amount for name, amount in totals.items() if counts(bucket, name, now))


def held_until(bucket: Bucket, now: float) -> float:
    """Return until when something counts that a machine holds, if the machine is silent from now.

    The machine may use it until its window is over: in a rolling one, for one length. What it has
    used at the end of that has left the window after another one.
    """
    return bucket.end if bucket.label else now + 2 * bucket.length


def kept_seconds(bucket: Bucket) -> float:
    """Return for how long a counter is kept after its last report."""
    length = bucket.end - bucket.start if bucket.label else bucket.length
    return max(MIN_KEPT, 2 * length)


def grant_size(rest: int, least: int, most: int, machines: int) -> int:
    """Return how much a machine gets of `rest`; 0 where that is less than the `least` it needs.

    Half of what is left for each machine: so leases shrink to single requests near the end.
    """
    if rest <= 0 or least > rest:
        return 0
    return min(max(least, most), max(least, rest // (2 * machines)), rest)


def learning_rest(maximum: int, used: int, held: int, new: int, machines: int) -> int:
    """Return how much a machine may get while others may not have reported.

    What it holds and has used since the counter is known (`new`) is at most its part of what was
    left before.
    """
    return (maximum - used + new) // machines - held - new


def known_rest(known: int | None, reported: int | None) -> int | None:
    """Return how much was left when a counter was lost, after one more machine has `reported`.

    It is the least of what they know.
    """
    if known is None or reported is None:
        return reported if known is None else known
    return min(known, reported)


def part_of_rest(left: int, held: int, first_held: int, new: int, machines: int) -> int:
    """Return how much a machine may get of what was `left` when its counter was lost.

    `new` and `held` are what it has used since and holds; `first_held` is what it held already.
    """
    return max(left, 0) // machines - (new + held - first_held)


def frees_at(bucket: Bucket, totals: Mapping[str, int], missing: int, now: float) -> float | None:
    """Return when an amount is free that is `missing`, if nothing else is used.

    None: at once, or unknown, as it depends on what others hold in a rolling window.
    """
    if missing <= 0:
        return None
    if bucket.label:
        return bucket.end
    for number in _numbers(bucket, totals, now):
        missing -= totals[str(number)]
        if missing <= 0:
            return float((number + 1) * bucket.step + bucket.length)
    return None


def _numbers(bucket: Bucket, totals: Mapping[str, int], now: float) -> Iterable[int]:
    return sorted(int(name) for name in totals if counts(bucket, name, now))
