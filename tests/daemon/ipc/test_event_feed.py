"""The events that a client subscribes to, over a real socket pair."""

from types import SimpleNamespace

import trio

from aircherd.events import EventBus
from aircherd.ipc import event_feed
from aircherd.ipc.event_feed import EventFeed
from helpers.sessions import conversation


async def test_events_of_subscribed_topics_arrive():
    """They have topic, number and time; other topics are not sent."""
    async with conversation() as (peer, session):
        session.events.subscribe(["auth"])
        session.services.bus.publish("provider", {"provider": "x"})
        session.services.bus.publish("auth", {"provider": "p"})
        assert await peer.receive() == [
            2,
            "event",
            [{"provider": "p", "topic": "auth", "seq": 2, "at": 5.0}],
        ]
        session.events.unsubscribe(["auth"])
        session.services.bus.publish("auth", {"provider": "q"})
        assert (await peer.ask(1, "greet", name="x"))[0] == 1


async def test_events_for_a_slow_client_are_dropped_and_counted():
    """One notice is sent when it reads again."""
    async with conversation() as (peer, session):
        session.events.subscribe(["auth"])
        await peer.send([0, 3, "flood", []])
        while not session.outbox.is_full:  # noqa: ASYNC110 - only this test needs to wait
            await trio.sleep(0.01)
        for _ in range(3):
            session.services.bus.publish("auth", {"provider": "p"})
        await peer.send([2, "$/cancel", [{"id": 3}]])
        lagged = []
        while not lagged:
            frame = await peer.receive()
            lagged = [frame[2][0]] if frame[1] == "event" else []
        assert lagged == [{"topic": "lagged", "dropped": 3}]


async def test_an_event_is_encoded_once_for_all_clients(monkeypatch):
    """Twenty open pickers cost little more than one."""
    encoded = []
    encode = event_feed.frames.encode_notification

    def note(method, params):
        encoded.append(params)
        return encode(method, params)

    monkeypatch.setattr(event_feed.frames, "encode_notification", note)
    bus, outboxes = EventBus(clock=lambda: 5.0), [[], []]
    for frames in outboxes:
        outbox = SimpleNamespace(is_full=False, put=frames.append)
        EventFeed(bus, outbox).subscribe(["auth"])
    bus.publish("auth", {"provider": "p"})
    assert (len(encoded), outboxes[0]) == (1, outboxes[1])
    assert len(outboxes[0]) == 1
