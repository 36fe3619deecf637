"""How long a request waits for a candidate that is cooling: pure."""

from collections.abc import Collection

import msgspec

from aircherd.routing.plan import Plan, skipped_steps
from aircherd.vocabulary.attempt import Skipped

MARGIN_SECONDS = 0.05
"""Added to every wait, because the provider's clock may differ a little from ours."""

CandidateName = tuple[str, str | None, str | None]
"""Provider, model and key, as in `Skipped`."""


class Pause(msgspec.Struct, frozen=True):
    """A wait of `seconds` until `candidate`, the first one that is back, can be called again."""

    seconds: float
    candidate: Skipped


def shortest_pause(plan: Plan, now: float, at_most: float) -> Pause | None:
    """Return the wait until a candidate can be called again, None if none is back in time.

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

    Candidates in `skipped` were not called, and their own records have their times. A cooldown of
    guessed length does not count: that candidate is tried at once if no other is left.
    """
    failed = [
        skip
        for skip in skipped_steps(plan.steps())
        if (skip.provider, skip.model, skip.key) not in skipped
    ]
    return min((skip.until for skip in failed if skip.until is not None), default=None)
