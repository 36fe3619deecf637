"""The bus delivers every event once and in order to the subscribers of its topic."""

import pytest

from aircherd.events import EventBus


def test_events_are_delivered_to_subscribers_of_their_topic_in_order():
    """Other topics are not delivered; `seq` increases across all topics."""
    bus, got = EventBus(clock=lambda: 7.0), []
    with bus.subscribed(("auth", "auth"), got.append):
        bus.publish("auth", {"n": 1})
        bus.publish("provider", {"n": 2})
        bus.publish("auth", {"n": 3})
    assert [(e.topic, e.seq, e.at, e.data["n"]) for e in got] == [
        ("auth", 1, 7.0, 1),
        ("auth", 3, 7.0, 3),
    ]


def test_the_daemon_itself_is_no_client():
    """Its own subscriptions get the events, and do not count as being watched."""
    bus, got = EventBus(), []
    with bus.subscribed_inside("config", got.append):
        assert (bus.has_subscribers("config"), bus.has_clients("config")) == (True, False)
        bus.publish("config", {})
        with bus.subscribed(("config",), got.append):
            assert bus.has_clients("config")
    assert len(got) == 1
    assert not bus.has_clients("config")


def test_nothing_is_delivered_after_the_subscription():
    """Leaving the context ends it."""
    bus, got = EventBus(), []
    with bus.subscribed(("auth",), got.append):
        pass
    bus.publish("auth", {})
    assert got == []


def test_subscriber_may_unsubscribe_another_during_delivery():
    """The event is still delivered to all that were subscribed."""
    bus, got = EventBus(), []
    second = bus.subscribed(("auth",), got.append)
    with bus.subscribed(("auth",), lambda _: second.__exit__(None, None, None)):
        second.__enter__()
        bus.publish("auth", {"n": 1})
    assert len(got) == 1


def test_callable_data_is_called_only_if_there_is_a_subscriber():
    """It is called once for all subscribers."""
    bus, got, calls = EventBus(), [], []

    def make():
        calls.append(1)
        return {"n": 1}

    bus.publish("attempt", make)
    assert calls == []
    with bus.subscribed(("attempt",), got.append), bus.subscribed(("attempt",), got.append):
        bus.publish("attempt", make)
    assert calls == [1]
    assert [event.data for event in got] == [{"n": 1}] * 2


def test_unknown_topic_is_an_error():
    """A misspelt topic would never deliver anything."""
    with pytest.raises(KeyError), EventBus().subscribed(("oauth",), print):
        pass


def test_repr_counts_subscribers():
    """For debugging."""
    bus = EventBus()
    with bus.subscribed(("auth",), print):
        assert "auth: 1" in repr(bus)
