"""The store in memory can fail like a real one. Its contract is tested with the real ones."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.auth.stores.base import KeyId, KeyUnreadable, StoreHealth, StoreState
from aircherd.errors import KeyringLocked
from aircherd.testing.keyring import MemoryStore
from aircherd.vocabulary.secret import Secret

ENTRY = KeyId("work", "default")


@pytest.mark.parametrize("health", [StoreHealth.LOCKED, StoreHealth.UNAVAILABLE])
async def test_an_unusable_store_refuses_all_operations(health):
    """Like a locked or missing keyring, with a reason."""
    store = MemoryStore()
    await store.write(ENTRY, Secret("canary"))
    store.health = health
    state = await store.probe()
    assert (state.health, bool(state.reason)) == (health, True)
    assert await store.read_all([ENTRY]) == {ENTRY: KeyUnreadable(state)}
    with pytest.raises(KeyringLocked):
        await store.write(ENTRY, Secret("canary"))
    with pytest.raises(KeyringLocked):
        await store.delete(ENTRY)
    store.health = StoreHealth.USABLE
    assert await store.read_all([ENTRY]) == {ENTRY: Secret("canary")}


async def test_a_gate_delays_every_operation():
    """Like a slow keyring."""
    store = MemoryStore()
    store.gate = trio.Event()
    done = []

    async def probe():
        done.append(await store.probe())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(probe)
        await wait_all_tasks_blocked()
        assert done == []
        store.gate.set()
    assert done == [StoreState(StoreHealth.USABLE)]


async def test_reads_are_counted():
    """Tests can count the reads."""
    store = MemoryStore("file")
    await store.read_all([ENTRY])
    await store.read_all([ENTRY])
    assert (store.reads, repr(store)) == (2, "<MemoryStore file usable, 0 keys>")
