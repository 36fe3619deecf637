"""How long a request waits for a candidate that is cooling: pure."""

from collections.abc import Collection

import msgspec

from aircherd.routing.plan import Plan, passed_over
from aircherd.vocabulary.attempt import Skipped

MARGIN_SECONDS = 0.05
"""Added to every wait: the provider's clock and ours differ a little."""

CandidateName = tuple[str, str | None, str | None]
"""Provider, model and key, as skips name them."""


class Pause(msgspec.Struct, frozen=True):
    """How many seconds to wait, and for which candidate: the first that may be asked again."""

    seconds: float
    until_back: Skipped


def shortest_pause(plan: Plan, now: float, at_most: float) -> Pause | None:
    """Return the wait until a candidate may be asked again, None if none is back in time.

    Args:
        plan: of the request.
        now: the Unix time.
        at_most: seconds.
    """
    if at_most <= 0:
        return None
    pauses = [
        Pause(max(0.0, step.until - now) + MARGIN_SECONDS, step)
        for step in plan.steps()
        if isinstance(step, Skipped) and step.until is not None
    ]
    first = min(pauses, key=lambda pause: pause.seconds, default=None)
    return first if first is not None and first.seconds <= at_most else None


def earliest_return(plan: Plan, skipped: Collection[CandidateName]) -> float | None:
    """Return the Unix time when the first failed candidate is back, None if unknown.

    `skipped` candidates were not called, and their own records have their times. A cooldown that is
    only a guess does not count: that candidate is tried at once when no other is left.
    """
    failed = [
        skip
        for skip in passed_over(plan.steps())
        if (skip.provider, skip.model, skip.key) not in skipped
    ]
    return min((skip.until for skip in failed if skip.until is not None), default=None)
