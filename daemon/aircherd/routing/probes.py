"""One request that goes all the same, to find out whether a cooldown still has its reason; pure.

A cooldown is probed half-open where only a real request can tell: while it is far from its end,
because allowances come back before vendors say they do, and after an end that was only guessed,
because everybody at once would bring it back. See `cooldowns` for ticks and for what grows.
"""

from typing import Literal

import msgspec

from aircherd.routing.cooldown_policy import Cooldown
from aircherd.vocabulary.failure import FailureClass

FAR = 600.0
"""Seconds; a cooldown with more left than this is probed, and one with less is waited for."""

PROBE_SECONDS = 30.0
"""How long others are held back for a probe of which nothing is heard: its caller may be gone."""

# What passes by itself, and comes back at once if everybody tries it together.
_HALF_OPEN = frozenset({FailureClass.RATE, FailureClass.QUOTA, FailureClass.ACCOUNT})

ProbeState = Literal["over", "cooling", "probe_due"]


def probe_state(cooldown: Cooldown, now: float) -> ProbeState:
    """Say whether the place may be asked: by anybody, by nobody, or by one to find out."""
    if now >= cooldown.until:
        return "cooling" if now < cooldown.probe_at else "over"
    is_far = cooldown.until - now > FAR
    return "probe_due" if is_far and now >= cooldown.probe_at else "cooling"


def probed(cooldown: Cooldown, now: float) -> Cooldown:
    """Return the cooldown with one call let through, which others are held back for.

    After the end that is so only where the time was guessed, and for no longer than it had lasted.
    """
    seconds = PROBE_SECONDS
    if now >= cooldown.until:
        if cooldown.is_told or cooldown.kind not in _HALF_OPEN:
            return cooldown
        seconds = min(seconds, cooldown.until - cooldown.since)
    return msgspec.structs.replace(cooldown, probe_at=now + seconds, probed_at=now)


def is_probed_by(cooldown: Cooldown, began: float | None) -> bool:
    """Say whether a call sent at the tick `began` (None: just now) may be the one let through."""
    return cooldown.probed_at is not None and (began is None or began >= cooldown.probed_at)


def given_back(cooldown: Cooldown, now: float) -> Cooldown:
    """Return the cooldown after a probe that told nothing of it: the next request may be one."""
    probe_at = min(cooldown.probe_at, now)
    return msgspec.structs.replace(cooldown, probe_at=probe_at, probed_at=None)
