"""Probes: one real request that tests during a cooldown whether its reason still holds; pure.

There are two cases. While a long cooldown is far from its end, because allowances often come back
before the vendor's time. And right after an end that was only guessed, because if all requests came
back at once, the limit would be hit again. See `cooldown_policy` for ticks and counts.
"""

from typing import Literal

import msgspec

from aircherd.routing.cooldown_policy import Cooldown
from aircherd.vocabulary.failure import FailureClass

PROBE_MIN_REMAINING = 600.0
"""A cooldown is probed only while it has more seconds left than this."""

PROBE_SECONDS = 30.0
"""How long others wait for the result of a probe; after that its client is assumed to be gone."""

ELSEWHERE_SECONDS = 1.0
"""How long a machine waits before it asks again whether it may probe in place of another."""

# Failures that pass by themselves, and return if all requests come back at once.
_HALF_OPEN = frozenset({FailureClass.RATE, FailureClass.QUOTA, FailureClass.ACCOUNT})

ProbeState = Literal["over", "cooling", "probe_due"]


def probe_state(cooldown: Cooldown, now: float) -> ProbeState:
    """Return whether the scope may be called by all requests, by none, or by one as a probe."""
    if now >= cooldown.until:
        return "cooling" if now < cooldown.probe_at else "over"
    is_far = cooldown.until - now > PROBE_MIN_REMAINING
    return "probe_due" if is_far and now >= cooldown.probe_at else "cooling"


def start_probe(cooldown: Cooldown, now: float) -> Cooldown:
    """Return the cooldown with a probe under way, for which others wait.

    After the end of the cooldown they wait only if its time was guessed, and no longer than it
    lasted.
    """
    seconds = PROBE_SECONDS
    if now >= cooldown.until:
        if cooldown.is_vendor_time or cooldown.kind not in _HALF_OPEN:
            return cooldown
        seconds = min(seconds, cooldown.until - cooldown.since)
    return msgspec.structs.replace(cooldown, probe_at=now + seconds, probed_at=now)


def wait_for_probe(cooldown: Cooldown, now: float) -> Cooldown:
    """Return the cooldown while another machine probes: soon this one asks again."""
    return msgspec.structs.replace(cooldown, probe_at=now + ELSEWHERE_SECONDS, probed_at=None)


def may_be_probe(cooldown: Cooldown, began: float | None) -> bool:
    """Return whether a call sent at the tick `began` (None: just now) may be the probe."""
    return cooldown.probed_at is not None and (began is None or began >= cooldown.probed_at)


def release_probe(cooldown: Cooldown, now: float) -> Cooldown:
    """Return the cooldown after a probe without a result: the next request may be the probe."""
    probe_at = min(cooldown.probe_at, now)
    return msgspec.structs.replace(cooldown, probe_at=probe_at, probed_at=None)
