"""Moving averages of the time to the first output."""

import pytest

from aircherd.chat import latency
from aircherd.chat.latency import EXPIRES_SECONDS, MAX_MODELS, LatencyTracker


def test_average_follows_slowly() -> None:
    """The first measurement counts in full, and one slow answer changes little."""
    tracker = LatencyTracker()
    average = tracker.average_of("a", "m")
    assert tracker.latency_of("a", "m") is None
    tracker.note(average, 1.0)
    assert tracker.latency_of("a", "m") == 1.0
    tracker.note(average, 11.0)
    assert tracker.latency_of("a", "m") == pytest.approx(4.0)
    for _ in range(20):
        tracker.note(average, 2.0)
    assert tracker.latency_of("a", "m") == pytest.approx(2.0, abs=0.01)


def test_averages_are_per_provider_and_model() -> None:
    """Other models and providers have their own."""
    tracker = LatencyTracker()
    tracker.note(tracker.average_of("a", "m"), 1.0)
    assert tracker.latency_of("a", "n") is None
    assert tracker.latency_of("b", "m") is None
    assert tracker.average_of("a", "m") is tracker.average_of("a", "m")


def test_what_was_not_measured_takes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up names displace no measurement, and an average that was displaced comes back."""
    monkeypatch.setattr(latency, "MAX_MODELS", 2)
    tracker = LatencyTracker()
    kept = tracker.average_of("a", "m")
    tracker.note(kept, 1.0)
    for number in range(5):
        tracker.average_of("a", f"made-up-{number}")
    assert tracker.latency_of("a", "m") == 1.0
    for name in ("one", "two"):
        tracker.note(tracker.average_of("a", name), 1.0)
    assert tracker.latency_of("a", "m") is None
    tracker.note(kept, 1.0)
    assert tracker.latency_of("a", "m") == 1.0


def test_number_of_models_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients may send any name."""
    assert MAX_MODELS >= 100
    monkeypatch.setattr(latency, "MAX_MODELS", 2)
    tracker = LatencyTracker()
    for name in ("one", "two", "three"):
        tracker.note(tracker.average_of("a", name), 1.0)
    assert [tracker.latency_of("a", name) for name in ("one", "two", "three")] == [None, 1.0, 1.0]


def test_old_measurement_expires() -> None:
    """The next one starts a new average."""
    now = 0.0
    tracker = LatencyTracker(clock=lambda: now)
    average = tracker.average_of("a", "m")
    tracker.note(average, 9.0)
    now = EXPIRES_SECONDS - 1
    assert tracker.latency_of("a", "m") == 9.0
    now = EXPIRES_SECONDS
    assert tracker.latency_of("a", "m") is None
    tracker.note(average, 1.0)
    assert tracker.latency_of("a", "m") == 1.0


def test_who_has_answered_lately():
    """Of one provider, whatever the model."""
    now = [100.0]
    tracker = LatencyTracker(clock=lambda: now[0])
    tracker.note(tracker.average_of("work", "m"), 0.1)
    now[0] += 10
    found = [tracker.has_answered("work", 11), tracker.has_answered("work", 9)]
    assert (found, tracker.has_answered("spare", 11)) == ([True, False], False)
