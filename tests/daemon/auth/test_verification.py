"""What is known about a key, and how each kind of answer changes that."""

import pytest

from aircherd.auth import verification
from aircherd.vocabulary.keys import KeyState


def test_a_key_that_works():
    """Since when and how that is known; nothing of an earlier failure stays."""
    known = verification.works(5.0, "a request")
    assert known == verification.Verification(
        state=KeyState.AUTHENTICATED, checked_at=5.0, checked_how="a request"
    )


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (
            lambda before, now: verification.refused(before, now, "a request", "why"),
            KeyState.REJECTED,
        ),
        (lambda before, now: verification.invalid(before, now, "why"), KeyState.REJECTED),
        (lambda before, now: verification.unreadable(before, now, "why"), KeyState.LOCKED),
        (lambda before, now: verification.missing(before, now, "why"), KeyState.NOT_CONFIGURED),
    ],
)
def test_a_failure_is_dated_from_its_first_time(change, state):
    """The same again keeps the date, a success in between starts anew."""
    first = change(verification.UNTRIED, 5.0)
    assert (first.state, first.reason, first.failing_since) == (state, "why", 5.0)
    assert change(first, 9.0).failing_since == 5.0
    assert change(verification.works(7.0, "a request"), 9.0).failing_since == 9.0


def test_a_check_that_told_nothing_changes_no_state():
    """A refused key stays refused while the network is down."""
    before = verification.refused(verification.UNTRIED, 5.0, "a request", "why")
    after = verification.unknown(before, "no network")
    assert (after.state, after.reason, after.failing_since) == (
        KeyState.REJECTED,
        "no network",
        5.0,
    )


@pytest.mark.parametrize("state", KeyState)
def test_which_states_a_request_may_try(state):
    """Unverified keys are tried like authenticated ones."""
    usable = {KeyState.AUTHENTICATED, KeyState.UNVERIFIED}
    assert verification.Verification(state=state).is_usable is (state in usable)
