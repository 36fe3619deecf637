"""Health follows the answers of real calls, and only changes are told."""

import pytest

from aircherd.events import Event, EventBus
from aircherd.providers.health import HealthBook, health_data
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import Health
from helpers.provider_calls import a_provider

PROVIDER = a_provider("ollama")
DOWN = Failure(kind=FailureClass.NETWORK, message="refused")


def test_changes_are_told_once() -> None:
    """Down, still down and up again are two events."""
    bus, told = EventBus(), list[Event]()
    book = HealthBook(bus)
    with bus.subscribed(("provider",), told.append):
        assert Health.UNREACHABLE is book.note_failure(PROVIDER, DOWN)
        assert Health.UNREACHABLE is book.note_failure(PROVIDER, DOWN)
        assert Health.OK is book.note_ok(PROVIDER)
        assert Health.OK is book.note_ok(PROVIDER)
    expected = [
        {"provider": "ollama", "health": "unreachable", "health_reason": "refused"},
        {"provider": "ollama", "health": "ok"},
    ]
    assert expected == [event.data for event in told]


def test_health_as_it_travels() -> None:
    """A reason is named for what it explains, and missing where there is none."""
    assert health_data(Health.OK, None) == {"health": "ok"}
    told = {"health": "unreachable", "health_reason": "refused"}
    assert told == health_data(Health.UNREACHABLE, "refused")


@pytest.mark.parametrize("kind", list(FailureClass))
def test_what_a_failure_says(kind: FailureClass) -> None:
    """Network and deadlines mean unreachable; any real answer, an error too, means reachable."""
    down = (Health.UNREACHABLE, "x")
    book = HealthBook(EventBus())
    book.note_failure(PROVIDER, Failure(kind=FailureClass.NETWORK, message="x"))
    book.note_failure(PROVIDER, Failure(kind=kind, message="x"))
    unclear = kind.value in ("network", "timeout", "protocol", "truncated")
    assert (down if unclear else (Health.OK, None)) == book.health("ollama")


def test_strangers_are_ok() -> None:
    """Who was never called is not known to be down."""
    assert HealthBook(EventBus()).health("nobody") == (Health.OK, None)


def test_repr_shows_state() -> None:
    """The book names who is down."""
    book = HealthBook(EventBus())
    assert repr(book) == "<HealthBook unreachable: none>"
    book.note_failure(PROVIDER, DOWN)
    assert repr(book) == "<HealthBook unreachable: ollama>"
