"""Pure: what is known about a key, and how each kind of answer changes that.

    UNVERIFIED ──works──> AUTHENTICATED ──refused──> REJECTED ──works──> AUTHENTICATED
        └──────cannot be read──> LOCKED (or NOT_CONFIGURED: gone) ──read──> UNVERIFIED

A different key from the same source starts anew.
"""

import msgspec

from aircherd.vocabulary.keys import KeyState

# A tuple finds its members by identity; asking an enum for them costs more, for each key of a plan.
_USABLE = (KeyState.UNVERIFIED, KeyState.AUTHENTICATED)


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a key. Times are Unix times in seconds; `reason` is for people."""

    state: KeyState
    reason: str | None = None
    checked_at: float | None = None
    checked_how: str | None = None
    failing_since: float | None = None

    @property
    def is_usable(self) -> bool:
        """Whether a request may try the key."""
        return self.state in _USABLE


UNTRIED = Verification(state=KeyState.UNVERIFIED)
"""Nothing is known yet; the key is tried like a good one."""


def works(now: float, how: str) -> Verification:
    """A provider took the key."""
    return Verification(state=KeyState.AUTHENTICATED, checked_at=now, checked_how=how)


def refused(before: Verification, now: float, how: str, reason: str) -> Verification:
    """A provider did not take the key."""
    return Verification(
        state=KeyState.REJECTED,
        reason=reason,
        checked_at=now,
        checked_how=how,
        failing_since=_since(before, KeyState.REJECTED, now),
    )


def unknown(before: Verification, reason: str) -> Verification:
    """A check told nothing: what was known stays, with the reason beside it."""
    return msgspec.structs.replace(before, reason=reason)


def invalid(before: Verification, now: float, reason: str) -> Verification:
    """The source gave something that cannot be a key."""
    return _failing(before, KeyState.REJECTED, now, reason)


def unreadable(before: Verification, now: float, reason: str) -> Verification:
    """The source is locked, hangs, fails or is gone; the key may be there."""
    return _failing(before, KeyState.LOCKED, now, reason)


def missing(before: Verification, now: float, reason: str) -> Verification:
    """The source answered, and has no key."""
    return _failing(before, KeyState.NOT_CONFIGURED, now, reason)


def _failing(before: Verification, state: KeyState, now: float, reason: str) -> Verification:
    return Verification(state=state, reason=reason, failing_since=_since(before, state, now))


def _since(before: Verification, state: KeyState, now: float) -> float:
    """Keep the time at which the same failure began."""
    if before.state is state and before.failing_since is not None:
        return before.failing_since
    return now
