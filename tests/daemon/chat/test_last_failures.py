"""The last failed attempt of each provider."""

from aircherd.chat.last_failures import MAX_PROVIDERS, LastFailures
from aircherd.vocabulary.attempt import Attempt


def failed(provider="a", outcome="network", message="no route"):
    return Attempt(provider=provider, model="m", outcome=outcome, ms=3, message=message)


def test_the_latest_failure_is_kept_with_its_time():
    """A later one replaces it; other providers have none."""
    times = iter([10.0, 20.0])
    failures = LastFailures(clock=lambda: next(times))
    failures.note(failed())
    failures.note(failed(message="refused"))
    assert failures.of("b") is None
    assert failures.of("a") == {
        "at": 20.0,
        "provider": "a",
        "model": "m",
        "outcome": "network",
        "ms": 3,
        "message": "refused",
    }


def test_a_cancelled_attempt_is_no_failure():
    """The client ended it."""
    failures = LastFailures()
    failures.note(failed(outcome="cancelled"))
    assert failures.of("a") is None


def test_a_provider_at_another_address_has_no_failure():
    """The one of the server that had the name before is dropped; without one nothing happens."""
    failures = LastFailures()
    failures.note(failed())
    failures.forget("a")
    failures.forget("b")
    assert failures.of("a") is None


def test_the_number_of_providers_is_bounded():
    """A configuration that is rewritten forever uses no more memory; the oldest are dropped."""
    failures = LastFailures()
    for number in range(MAX_PROVIDERS + 5):
        failures.note(failed(f"p{number}"))
    assert (failures.of("p4"), failures.of("p5") is None) == (None, False)
