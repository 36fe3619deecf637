"""During a cooldown, one request at a time may go through as a probe."""

import pytest

from aircherd.routing.cooldown_policy import Cooldown, start_cooldown
from aircherd.routing.probes import (
    ELSEWHERE_SECONDS,
    PROBE_MIN_REMAINING,
    PROBE_SECONDS,
    may_be_probe,
    probe_state,
    release_probe,
    start_probe,
    wait_for_probe,
)
from aircherd.vocabulary.failure import Failure, FailureClass

NOW = 1000.0
HOUR = 3600.0


def cooldown(
    kind: FailureClass = FailureClass.QUOTA, *, vendor_seconds: float | None = None
) -> Cooldown:
    failure = Failure(kind=kind, message="why", retry_after=vendor_seconds)
    return start_cooldown(None, failure, ("key", "work", None), now=NOW, jitter=0)


def test_long_cooldown_is_probed_after_ten_minutes():
    """An immediate probe would find the same failure."""
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


def test_vendor_time_is_probed_too():
    """Vendors name days and restore access within hours."""
    assert probe_state(cooldown(vendor_seconds=72 * HOUR), NOW + 601) == "probe_due"


def test_other_requests_wait_for_the_probe():
    """They wait until its client may be assumed to be gone."""
    made = start_probe(cooldown(), NOW + 700)
    assert probe_state(made, NOW + 701) == "cooling"
    assert probe_state(made, NOW + 700 + PROBE_SECONDS) == "probe_due"


def test_failed_probes_are_spaced_out():
    """The next one comes after 10, 20, 40 and 60 minutes, then every hour."""
    made, gaps = cooldown(vendor_seconds=240 * HOUR), []
    for _ in range(5):
        gaps.append(round((made.probe_at - made.since) / 60))
        failure = Failure(kind=FailureClass.QUOTA, message="why", retry_after=240 * HOUR)
        made = start_cooldown(made, failure, made.scope, now=made.probe_at, jitter=0)
    assert gaps == [10, 20, 40, 60, 60]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (cooldown(FailureClass.RATE), "cooling"),
        (cooldown(FailureClass.RATE, vendor_seconds=5.0), "over"),
        (cooldown(FailureClass.OVERLOADED), "over"),
        (cooldown(FailureClass.NETWORK), "over"),
    ],
)
def test_guessed_end_lets_one_request_through_first(made, expected):
    """All at once would hit the limit again; an end that the vendor named needs no probe."""
    assert probe_state(made, made.until) == "over"
    assert probe_state(start_probe(made, made.until), made.until + 0.5) == expected


def test_wait_for_a_probe_is_no_longer_than_the_cooldown():
    """A cooldown of one second must not cost thirty."""
    made = start_probe(cooldown(FailureClass.RATE), NOW + 1)
    assert probe_state(made, NOW + 1.9) == "cooling"
    assert probe_state(made, NOW + 2) == "over"


@pytest.mark.parametrize("later", [700.0, HOUR])
def test_released_probe_is_available_again(later):
    """No request has to wait for it."""
    before = cooldown()
    made = release_probe(start_probe(before, NOW + later), NOW + later + 1)
    assert probe_state(made, NOW + later + 1) == probe_state(before, NOW + later + 1) != "cooling"
    assert start_probe(made, NOW + later + 1) == start_probe(before, NOW + later + 1)


def test_call_sent_before_the_probe_is_not_the_probe():
    """Only later calls may be."""
    made = start_probe(cooldown(), NOW + 700)
    assert [may_be_probe(made, began) for began in (NOW + 699, NOW + 700, None)] == [
        False,
        True,
        True,
    ]
    assert not may_be_probe(cooldown(), None)


def test_failure_ends_its_probe():
    """A later result of the same call releases nothing."""
    failure = Failure(kind=FailureClass.QUOTA, message="why")
    probing = start_probe(cooldown(), NOW + 700)
    made = start_cooldown(probing, failure, probing.scope, now=NOW + 701, jitter=0)
    assert not may_be_probe(made, NOW + 700)


@pytest.mark.parametrize("later", [700.0, HOUR])
def test_a_probe_of_another_machine_is_waited_for(later):
    """For a second, then this machine asks again; its own calls are not that probe."""
    waiting = wait_for_probe(cooldown(), NOW + later)
    assert probe_state(waiting, NOW + later) == "cooling"
    assert probe_state(waiting, NOW + later + ELSEWHERE_SECONDS) != "cooling"
    assert not may_be_probe(waiting, None)
