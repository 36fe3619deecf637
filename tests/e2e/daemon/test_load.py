"""Under load nothing leaks, nothing is lost, and a client that does not read harms only itself."""

import random

import pytest
import trio

from aircherd.config.watcher.file_watcher import START_DELAY
from aircherd.testing.simulator import open_simulator
from helpers.daemon import cancels
from helpers.daemon.load import (
    LONG,
    LONG_CHATS,
    Peer,
    each_at_once,
    read_everything,
    request_without_reading,
    wait_for,
    watched_daemon,
)
from helpers.daemon.real_daemon import PATIENCE
from helpers.daemon.real_daemon import home as open_home

MIB = 1024 * 1024
BOUND = 8 * MIB
"""Bytes that may be queued for one client, including the replies that are being read for it."""


@pytest.fixture
async def sim():
    """A simulated provider in the test's own loop."""
    async with open_simulator() as running:
        yield running


@pytest.fixture
def home():
    """A home without configuration yet."""
    with open_home() as made:
        yield made


@pytest.fixture
async def daemon(home, sim):
    """A daemon that counts what it holds; its provider `work` is simulated and needs no key."""
    async with watched_daemon(home, sim) as running:
        yield running


# ---------------------------------------------------------------------------- cancelling


async def kill_clients(home, count):
    """Start `aircher-cli ask` and kill it at a random point of its life, `count` times."""
    points = random.Random(0)  # noqa: S311 - the same points in every run
    for _ in range(count):
        asked = home.popen("ask", "-m", "work/flowing", cancels.FLOW)
        await trio.sleep(points.uniform(0.05, 0.3))
        asked.kill()
        await trio.to_thread.run_sync(asked.communicate)


async def test_cancelled_chats_leave_nothing_behind(home, sim):
    """No connection, descriptor, task or byte, at every stage and for both cancellations."""
    async with cancels.open_silent_server() as silent:
        with cancels.dark_port() as dark:
            more = cancels.CONFIG.format(dark=dark, silent=silent.port)
            async with watched_daemon(home, sim, more_config=more) as daemon:
                cancels.prepare(sim)
                storm = cancels.CancelStorm(home.socket)
                # Warm up, so that what is loaded once (TLS, threads) does not count as a leak.
                await storm.run(32, 16)
                await trio.sleep(4 * START_DELAY)  # what starts after the daemon is ready
                before = await daemon.settled()
                with trio.fail_after(PATIENCE):
                    async with trio.open_nursery() as nursery:
                        nursery.start_soon(kill_clients, home, 6)
                        await storm.run(480, 16)
                await wait_for(
                    lambda: not sim.open_connections and not silent.open_connections,
                    f"the provider has no client any more: {sim}",
                )
                assert await daemon.settled() == before
                assert all(request.disconnected.is_set() for request in sim.requests)
                # Check that every stage and both kinds of cancellation occurred.
                stages = {tuple(outcome.split()) for outcome in storm.outcomes}
                ways = ("cancelled", "closed")
                assert stages == {(stage, way) for stage in cancels.STAGES for way in ways}
                async with await Peer.connect(home.socket) as peer:
                    with trio.fail_after(PATIENCE):
                        records = await peer.ask(1, "work/m", "one two")
                    assert (records.text, records.error) == ("one two", None)


# ---------------------------------------------------------------------------- many streams


async def test_two_hundred_streams_at_once_lose_nothing(daemon, sim):
    """40 clients with 5 streams of ten events a second each: complete and in order."""
    sim.behave(delay=0.1)
    expected = " ".join(map(str, range(1, 21)))
    answered = []

    async def five(_number, peer):
        for number in range(5):
            await peer.chat(number, "work/m", "count 20")
        for records in await peer.wait_end(*range(5)):
            assert (records.error, records.is_in_order) == (None, True)
            assert (records.text, records.message) == (expected, expected)
            answered.append(records)

    with trio.fail_after(2 * PATIENCE):
        await each_at_once(40, daemon.home.socket, five)
    assert len(answered) == 200


# ---------------------------------------------------------------------------- not reading

STALLED = 2


def speak_long(sim):
    """Make the provider answer all prompts with `LONG`."""
    sim.behave(events_per_write=4, text=LONG, repeat_answers=True)


def speak_short(sim):
    """Make it answer according to the prompt."""
    sim.behave(events_per_write=1, text=None)


async def test_a_client_that_stops_reading_delays_no_other_and_loses_nothing(daemon, sim):
    """Others are served in order, memory is bounded, and its own text is complete later."""
    socket = daemon.home.socket
    # Warm up: the memory for these clients is not part of the measurement.
    await eighteen_others(socket)
    speak_long(sim)
    async with await Peer.connect(socket) as first, await Peer.connect(socket) as second:
        idle = daemon.resident_kib()
        for peer in (first, second):
            await request_without_reading(peer)
        await daemon.wait_until_waiting(STALLED * MIB)
        await daemon.steady_bytes()
        speak_short(sim)
        await eighteen_others(socket)
        assert daemon.resident_kib() - idle < (STALLED * BOUND + 16 * MIB) // 1024
        long = [request for request in sim.requests if request.json["model"] == "long"]
        assert len(long) == STALLED * LONG_CHATS
        assert not all(request.finished.is_set() for request in long)
        for peer in (first, second):
            with trio.fail_after(2 * PATIENCE):
                assert await read_everything(peer)


async def eighteen_others(socket):
    """Clients that read: three consecutive chats each."""

    async def three(number, peer):
        for chat in range(3):
            records = await peer.ask(chat, "work/m", f"count {100 + number}")
            expected = " ".join(map(str, range(1, 101 + number)))
            assert (records.error, records.is_in_order) == (None, True)
            assert (records.text, records.message) == (expected, expected)

    with trio.fail_after(PATIENCE):
        await each_at_once(18, socket, three)


async def test_events_for_a_client_that_does_not_read_are_dropped_and_counted(daemon, sim):
    """The received events and the count in `lagged` add up to all events."""
    speak_long(sim)
    socket = daemon.home.socket
    async with await Peer.connect(socket) as stalled:
        await stalled.call(LONG_CHATS, "events.subscribe", topics=["attempt"])
        await request_without_reading(stalled)
        await daemon.wait_until_waiting(MIB)
        await daemon.steady_bytes()
        speak_short(sim)
        async with await Peer.connect(socket) as other:
            for chat in range(30):
                assert (await other.ask(chat, "work/m", "hi")).error is None
        with trio.fail_after(PATIENCE):
            assert await read_everything(stalled)
            while sum(map(attempts_in, stalled.events)) < 30 + LONG_CHATS:
                await stalled.read()
        assert sum(map(attempts_in, stalled.events)) == 30 + LONG_CHATS
        lagged = [event["dropped"] for event in stalled.events if event["topic"] == "lagged"]
        assert lagged[0] >= 30


def attempts_in(event):
    """Return how many attempts an event represents."""
    return {"attempt": 1, "lagged": event.get("dropped")}[event["topic"]]


async def test_responses_for_a_client_that_does_not_read_are_bounded(daemon, sim):
    """However much it requests, at most the limit and one response are queued."""
    speak_long(sim)
    async with await Peer.connect(daemon.home.socket) as stalled:
        messages = [{"role": "user", "content": "go"}]
        for number in range(LONG_CHATS):
            await stalled.request(number, "chat", model="work/m", stream=False, messages=messages)
        await daemon.wait_until_waiting(MIB)
        assert await daemon.steady_bytes() < BOUND + len(LONG) + 1000
        with trio.fail_after(PATIENCE):
            records = await stalled.wait_end(*range(LONG_CHATS))
        assert {each.message for each in records} == {LONG}
