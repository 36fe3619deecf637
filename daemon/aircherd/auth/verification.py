"""Pure: what is known about a key, and how each answer changes that.

    UNVERIFIED ──accepted──> AUTHENTICATED ──rejected──> REJECTED ──accepted──> AUTHENTICATED
        └──────unreadable──> LOCKED (or NOT_CONFIGURED if missing) ──read──> UNVERIFIED
        └──command_failed──> UNREADABLE ──read──> UNVERIFIED

A different key from the same source starts as UNVERIFIED.
"""

import msgspec

from aircherd.vocabulary.keys import KeyState

# A tuple finds its members by identity; a set would hash an enum for each key of a plan.
_USABLE = (KeyState.UNVERIFIED, KeyState.AUTHENTICATED)


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a key. Times are Unix times in seconds; `reason` is for people."""

    state: KeyState
    reason: str | None = None
    checked_at: float | None = None
    checked_how: str | None = None
    failing_since: float | None = None
    is_restored: bool = False
    """Whether the check was before the daemon's start."""

    @property
    def is_usable(self) -> bool:
        """Whether a request may try the key."""
        return self.state in _USABLE


UNVERIFIED = Verification(state=KeyState.UNVERIFIED)
"""Nothing is known yet; the key is tried like one that was accepted."""


def accepted(now: float, how: str) -> Verification:
    """Return the verification after a provider accepted the key."""
    return Verification(state=KeyState.AUTHENTICATED, checked_at=now, checked_how=how)


def restored(checked_at: float, how: str) -> Verification:
    """Return the verification of a key that its provider accepted before the daemon's start."""
    return Verification(
        state=KeyState.AUTHENTICATED, checked_at=checked_at, checked_how=how, is_restored=True
    )


def rejected(before: Verification, now: float, how: str, reason: str) -> Verification:
    """Return the verification after a provider rejected the key."""
    return Verification(
        state=KeyState.REJECTED,
        reason=reason,
        checked_at=now,
        checked_how=how,
        failing_since=_since(before, KeyState.REJECTED, now),
    )


def inconclusive(before: Verification, reason: str) -> Verification:
    """Return the verification after a check without a result: unchanged, with the reason added."""
    return msgspec.structs.replace(before, reason=reason)


def without_reason(before: Verification) -> Verification:
    """Return the verification after what `inconclusive` reported is over."""
    return msgspec.structs.replace(before, reason=None)


def invalid(before: Verification, now: float, reason: str) -> Verification:
    """Return the verification if the source gave something that cannot be a key."""
    return _failing(before, KeyState.REJECTED, now, reason)


def unreadable(before: Verification, now: float, reason: str) -> Verification:
    """Return the verification if the source is locked, hangs, fails or is gone."""
    return _failing(before, KeyState.LOCKED, now, reason)


def command_failed(before: Verification, now: float, reason: str) -> Verification:
    """Return the verification if the source is a command that gave no key."""
    return _failing(before, KeyState.UNREADABLE, now, reason)


def missing(before: Verification, now: float, reason: str) -> Verification:
    """Return the verification if the source was read and has no key."""
    return _failing(before, KeyState.NOT_CONFIGURED, now, reason)


def _failing(before: Verification, state: KeyState, now: float, reason: str) -> Verification:
    return Verification(state=state, reason=reason, failing_since=_since(before, state, now))


def _since(before: Verification, state: KeyState, now: float) -> float:
    """Return when the failure began: the earlier time if the key was in the same state."""
    if before.state is state and before.failing_since is not None:
        return before.failing_since
    return now
