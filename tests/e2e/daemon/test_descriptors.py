"""Without free file descriptors, connected clients continue and new ones wait."""

from contextlib import AsyncExitStack

import pytest
import trio

from aircherd.testing.simulator import open_simulator
from helpers.daemon.load import Peer, watched_daemon
from helpers.daemon.real_daemon import PATIENCE
from helpers.daemon.real_daemon import home as open_home

NOFILE = 64
CROWD = 80
"""More clients than descriptors."""
GIVE_UP = 1.0
"""Seconds after which a client without a response counts as waiting."""


@pytest.fixture
async def sim():
    """A simulated provider in the test's own loop."""
    async with open_simulator() as running:
        yield running


@pytest.fixture
async def daemon(sim):
    """A daemon with at most 64 descriptors; its provider `work` is simulated and needs no key."""
    with open_home() as home:
        async with watched_daemon(home, sim, nofile=NOFILE) as running:
            yield running


async def fill(daemon, stack):
    """Connect until the daemon accepts no more; return the served and the waiting clients."""
    peers = [
        await stack.enter_async_context(await Peer.connect(daemon.home.socket))
        for _ in range(CROWD)
    ]
    for peer in peers:
        await peer.request(1, "ping")
    for number, peer in enumerate(peers):
        with trio.move_on_after(GIVE_UP) as waiting:
            await peer.wait_end(1)
        if waiting.cancelled_caught:
            return peers[:number], peers[number:]
    raise AssertionError(f"{NOFILE} descriptors were enough for {CROWD} clients")


async def test_existing_clients_go_on_and_new_ones_are_served_when_there_is_room(daemon, sim):
    """Running streams and calls complete; when a client leaves, a waiting one is served."""
    async with AsyncExitStack() as stack:
        early = await stack.enter_async_context(await Peer.connect(daemon.home.socket))
        sim.behave(delay=0.05)
        await early.chat(1, "work/m", "count 60")
        served, waiting = await fill(daemon, stack)
        assert served
        with trio.fail_after(PATIENCE):
            (heard,) = await early.wait_end(1)
            assert (heard.error, heard.text) == (None, " ".join(map(str, range(1, 61))))
            for peer in served:
                assert (await peer.call(2, "status")).error is None
            for leaving, coming in zip(served[:3], waiting, strict=False):
                await leaving.stream.aclose()
                (answer,) = await coming.wait_end(1)
                assert (answer.error, answer.result) == (None, {})
    async with await Peer.connect(daemon.home.socket) as late:
        with trio.fail_after(PATIENCE):
            assert (await late.ask(1, "work/m", "hi")).error is None


async def test_existing_clients_can_reach_a_provider_while_others_wait(daemon, sim):
    """Clients never use the descriptors that chats need."""
    async with AsyncExitStack() as stack:
        served, _ = await fill(daemon, stack)
        with trio.fail_after(PATIENCE):
            heard = await served[0].ask(2, "work/m", "one two")
        assert (heard.error, heard.text) == (None, "one two")


async def test_a_lack_of_descriptors_is_not_blamed_on_the_provider(daemon, sim):
    """However many chats run at once."""
    async with await Peer.connect(daemon.home.socket) as peer:
        sim.behave(first_delay=1.0)
        for number in range(CROWD):
            await peer.chat(number, "work/m", "hi")
        with trio.fail_after(PATIENCE):
            answers = await peer.wait_end(*range(CROWD))
            status = await peer.call(CROWD, "status")
        assert {"network"}.isdisjoint(heard.error["code"] for heard in answers if heard.error)
        work = [row for row in status.result["providers"] if row["provider"] == "work"]
        assert [row["health"] for row in work] == ["ok"]


async def test_the_log_is_not_flooded_while_clients_wait(daemon):
    """It may report the lack once, but not every tenth of a second."""
    async with AsyncExitStack() as stack:
        await fill(daemon, stack)
        await trio.sleep(1)
        lines = daemon.home.log().splitlines()
        assert len(lines) <= 4, lines[-1]


async def test_a_client_with_many_streams_leaves_descriptors_for_others(daemon, sim):
    """It gets `busy`; others, new ones too, are answered."""
    async with await Peer.connect(daemon.home.socket) as greedy:
        sim.behave(first_delay=2.0)
        for number in range(100):
            await greedy.chat(number, "work/m", "hi")
        await trio.sleep(0.5)
        sim.behave(first_delay=0.0)
        with trio.fail_after(PATIENCE):
            async with await Peer.connect(daemon.home.socket) as other:
                heard = await other.ask(1, "work/m", "one two")
                assert (heard.error, heard.text) == (None, "one two")
            answers = await greedy.wait_end(*range(100))
        codes = {heard.error["code"] for heard in answers if heard.error}
        assert codes == {"busy"}
        assert sum(heard.error is None for heard in answers) >= 10
