"""The bus delivers every event once, in order, to whoever asked for its topic."""

import pytest

from aircherd.events import EventBus


def test_events_reach_subscribers_of_their_topic_in_order():
    """Other topics are not delivered; the numbers grow over all of them."""
    bus, got = EventBus(clock=lambda: 7.0), []
    with bus.subscribed(("auth", "auth"), got.append):
        bus.publish("auth", {"n": 1})
        bus.publish("provider", {"n": 2})
        bus.publish("auth", {"n": 3})
    assert [(e.topic, e.seq, e.at, e.data["n"]) for e in got] == [
        ("auth", 1, 7.0, 1),
        ("auth", 3, 7.0, 3),
    ]


def test_nothing_arrives_after_the_subscription():
    """Leaving the context ends it."""
    bus, got = EventBus(), []
    with bus.subscribed(("auth",), got.append):
        pass
    bus.publish("auth", {})
    assert got == []


def test_a_sink_may_unsubscribe_another_while_an_event_is_delivered():
    """Delivery goes on over the subscribers there were."""
    bus, got = EventBus(), []
    second = bus.subscribed(("auth",), got.append)
    with bus.subscribed(("auth",), lambda _: second.__exit__(None, None, None)):
        second.__enter__()
        bus.publish("auth", {"n": 1})
    assert len(got) == 1


def test_data_is_made_only_for_who_listens():
    """What makes it is asked once, and not at all when there is nobody."""
    bus, got, made = EventBus(), [], []

    def make():
        made.append(1)
        return {"n": 1}

    bus.publish("attempt", make)
    assert made == []
    with bus.subscribed(("attempt",), got.append), bus.subscribed(("attempt",), got.append):
        bus.publish("attempt", make)
    assert made == [1]
    assert [event.data for event in got] == [{"n": 1}] * 2


def test_an_unknown_topic_is_an_error():
    """A misspelt topic must not wait for ever."""
    with pytest.raises(KeyError), EventBus().subscribed(("oauth",), print):
        pass


def test_repr_counts_subscribers():
    """The service explains itself."""
    bus = EventBus()
    with bus.subscribed(("auth",), print):
        assert "auth: 1" in repr(bus)
