"""One request may go all the same, and only one."""

import pytest

from aircherd.routing.cooldown_policy import Cooldown, start_cooldown
from aircherd.routing.probes import (
    PROBE_MIN_REMAINING,
    PROBE_SECONDS,
    may_be_probe,
    probe_state,
    release_probe,
    start_probe,
)
from aircherd.vocabulary.failure import Failure, FailureClass

NOW = 1000.0
HOUR = 3600.0


def cooldown(kind: FailureClass = FailureClass.QUOTA, *, told: float | None = None) -> Cooldown:
    failure = Failure(kind=kind, message="why", retry_after=told)
    return start_cooldown(None, failure, ("key", "work", None), now=NOW, jitter=0)


def test_far_from_its_end_it_is_probed_after_ten_minutes():
    """Not at once: the next request would find what the last one found."""
    made = cooldown()
    seconds = [
        0,
        599,
        600,
        HOUR - PROBE_MIN_REMAINING - 1,
        HOUR - PROBE_MIN_REMAINING + 1,
        HOUR - 1,
        HOUR,
    ]
    assert [probe_state(made, NOW + s) for s in seconds] == [
        "cooling",
        "cooling",
        "probe_due",
        "probe_due",
        "cooling",
        "cooling",
        "over",
    ]


def test_a_time_that_was_told_is_probed_too():
    """Vendors say days, and give back in hours."""
    assert probe_state(cooldown(told=72 * HOUR), NOW + 601) == "probe_due"


def test_the_others_wait_for_the_probe():
    """For as long as its caller may be expected to be there."""
    made = start_probe(cooldown(), NOW + 700)
    assert probe_state(made, NOW + 701) == "cooling"
    assert probe_state(made, NOW + 700 + PROBE_SECONDS) == "probe_due"


def test_each_probe_that_fails_is_followed_later():
    """After 10, 20, 40 and 60 minutes, and then every hour."""
    made, gaps = cooldown(told=240 * HOUR), []
    for _ in range(5):
        gaps.append(round((made.probe_at - made.since) / 60))
        failure = Failure(kind=FailureClass.QUOTA, message="why", retry_after=240 * HOUR)
        made = start_cooldown(made, failure, made.scope, now=made.probe_at, jitter=0)
    assert gaps == [10, 20, 40, 60, 60]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (cooldown(FailureClass.RATE), "cooling"),
        (cooldown(FailureClass.RATE, told=5.0), "over"),
        (cooldown(FailureClass.OVERLOADED), "over"),
        (cooldown(FailureClass.NETWORK), "over"),
    ],
)
def test_after_an_end_that_was_guessed_one_goes_first(made, expected):
    """Where all at once would bring it back: a limit, but not what its vendor said is over."""
    assert probe_state(made, made.until) == "over"
    assert probe_state(start_probe(made, made.until), made.until + 0.5) == expected


def test_nobody_waits_longer_for_a_probe_than_it_had_lasted():
    """A cooldown of a second must not cost half a minute."""
    made = start_probe(cooldown(FailureClass.RATE), NOW + 1)
    assert probe_state(made, NOW + 1.9) == "cooling"
    assert probe_state(made, NOW + 2) == "over"


@pytest.mark.parametrize("later", [700.0, HOUR])
def test_a_probe_that_is_given_back_is_the_next_ones(later):
    """It told nothing: neither far from the end nor after a guessed one does anybody wait."""
    before = cooldown()
    made = release_probe(start_probe(before, NOW + later), NOW + later + 1)
    assert probe_state(made, NOW + later + 1) == probe_state(before, NOW + later + 1) != "cooling"
    assert start_probe(made, NOW + later + 1) == start_probe(before, NOW + later + 1)


def test_whose_probe_it_may_be():
    """Of a call that was sent before it was let through it is not."""
    made = start_probe(cooldown(), NOW + 700)
    assert [may_be_probe(made, began) for began in (NOW + 699, NOW + 700, None)] == [
        False,
        True,
        True,
    ]
    assert not may_be_probe(cooldown(), None)


def test_a_failure_ends_the_probe_that_found_it():
    """What comes back later gives nothing back."""
    failure = Failure(kind=FailureClass.QUOTA, message="why")
    probing = start_probe(cooldown(), NOW + 700)
    made = start_cooldown(probing, failure, probing.scope, now=NOW + 701, jitter=0)
    assert not may_be_probe(made, NOW + 700)
