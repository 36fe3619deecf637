"""What is known about a key, and how each answer changes that."""

import pytest

from aircherd.auth import verification
from aircherd.vocabulary.keys import KeyState


def test_accepted_key():
    """It has the time and the kind of the check, and nothing of an earlier failure."""
    known = verification.accepted(5.0, "a request")
    assert known == verification.Verification(
        state=KeyState.AUTHENTICATED, checked_at=5.0, checked_how="a request"
    )


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (
            lambda before, now: verification.rejected(before, now, "a request", "why"),
            KeyState.REJECTED,
        ),
        (lambda before, now: verification.invalid(before, now, "why"), KeyState.REJECTED),
        (lambda before, now: verification.unreadable(before, now, "why"), KeyState.LOCKED),
        (lambda before, now: verification.missing(before, now, "why"), KeyState.NOT_CONFIGURED),
    ],
)
def test_failure_keeps_the_time_it_began(change, state):
    """A success in between resets it."""
    first = change(verification.UNVERIFIED, 5.0)
    assert (first.state, first.reason, first.failing_since) == (state, "why", 5.0)
    assert change(first, 9.0).failing_since == 5.0
    assert change(verification.accepted(7.0, "a request"), 9.0).failing_since == 9.0


def test_inconclusive_check_keeps_the_state():
    """A rejected key stays rejected while the network is down."""
    before = verification.rejected(verification.UNVERIFIED, 5.0, "a request", "why")
    after = verification.inconclusive(before, "no network")
    assert (after.state, after.reason, after.failing_since) == (
        KeyState.REJECTED,
        "no network",
        5.0,
    )


@pytest.mark.parametrize("state", KeyState)
def test_states_that_a_request_may_try(state):
    """Unverified keys are tried like authenticated ones."""
    usable = {KeyState.AUTHENTICATED, KeyState.UNVERIFIED}
    assert verification.Verification(state=state).is_usable is (state in usable)
