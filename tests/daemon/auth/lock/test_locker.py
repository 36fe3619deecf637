"""The lock is closed and opened, in time, and remembered."""

import json
import math
import stat
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.auth.lock.key_lock import KeyLock
from aircherd.auth.lock.locker import LOOK_SECONDS, Locker

WALL = 1_750_000_000.0


class Rig:
    """A locker whose clocks are set by the test; `done` has what it had others do."""

    def __init__(self, path):
        self.path = path
        self.lifetime = None
        self.now = 1000.0
        self.wall = WALL
        self.done = []
        self.restart()

    def restart(self):
        self.lock = KeyLock()
        self.locker = Locker(
            self.lock,
            self.path,
            lifetime=lambda: self.lifetime,
            forget=lambda: self.done.append("forget"),
            reread=self.reread,
            now=lambda: self.now,
            wall=lambda: self.wall,
        )

    async def reread(self):
        assert not self.lock.is_closed()
        self.done.append("reread")

    @asynccontextmanager
    async def running(self):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.locker.run)
            await wait_all_tasks_blocked()
            yield
            nursery.cancel_scope.cancel()

    async def pass_time(self, seconds):
        """Let time pass, and the locker look at the clock."""
        self.now += seconds
        self.locker.poke()
        await wait_all_tasks_blocked(0.05)  # the disk is real


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path / "state" / "key-lock.json")


async def test_lock_and_unlock(rig):
    """Keys are forgotten by the one, and read by the other."""
    assert await rig.locker.lock() is None
    assert rig.lock.reason
    assert rig.done == ["forget"]
    assert await rig.locker.unlock() is None
    assert not rig.lock.is_closed()
    assert rig.done == ["forget", "reread"]
    assert not rig.path.exists()


async def test_a_restart_opens_no_lock(rig):
    """The record is for the user only."""
    await rig.locker.lock()
    assert stat.S_IMODE(rig.path.stat().st_mode) == 0o600
    rig.restart()
    assert rig.lock.is_closed()
    await rig.locker.unlock()
    rig.restart()
    assert not rig.lock.is_closed()


async def test_the_clock_is_looked_at_often(autojump_clock):
    """A suspended machine lets a sleep go on for too long."""
    rig = Rig(None)
    async with rig.running():
        await rig.locker.lock(7200.0)
        rig.now += 7200.0
        await trio.sleep(LOOK_SECONDS + 0.1)
        assert not rig.lock.is_closed()


async def test_a_lock_ends_at_its_time(rig):
    """The keys are read again."""
    async with rig.running():
        await rig.locker.lock(7200.0)
        assert rig.lock.to_wire()["lock"]["until"] == WALL + 7200
        await rig.pass_time(7000.0)
        assert rig.lock.is_closed()
        await rig.pass_time(200.0)
        assert not rig.lock.is_closed()
        assert rig.done == ["forget", "reread"]
    assert not rig.path.exists()


async def test_a_lock_ends_at_its_time_without_a_daemon(rig):
    """The next daemon opens it at once."""
    await rig.locker.lock(7200.0)
    rig.now += 7200.0
    rig.restart()
    assert rig.lock.is_closed()
    async with rig.running():
        await wait_all_tasks_blocked(0.05)
        assert not rig.lock.is_closed()


async def test_the_wall_clock_opens_no_lock(rig):
    """It can be set."""
    async with rig.running():
        await rig.locker.lock(7200.0)
        rig.wall += 10**6
        await rig.pass_time(100.0)
        assert rig.lock.is_closed()


async def test_keys_are_locked_after_their_lifetime(rig):
    """Until `unlock`, with which it begins again."""
    rig.lifetime = 28_800.0
    rig.restart()
    async with rig.running():
        await rig.pass_time(28_700.0)
        assert not rig.lock.is_closed()
        await rig.pass_time(100.0)
        assert rig.lock.to_wire()["lock"]["cause"] == "lifetime"
        assert rig.done == ["forget"]
        await rig.locker.unlock()
        await rig.pass_time(28_700.0)
        assert not rig.lock.is_closed()
        await rig.pass_time(100.0)
        assert rig.lock.is_closed()


async def test_a_lifetime_goes_on_after_a_restart(rig):
    """Or a client could make it endless, by stopping the daemon again and again."""
    rig.lifetime = 28_800.0
    rig.restart()
    async with rig.running():
        await wait_all_tasks_blocked(0.05)
    rig.now += 20_000.0
    rig.restart()
    assert not rig.lock.is_closed()
    assert rig.locker.expires_at == 1000.0 + 28_800.0
    rig.now += 8_800.0
    rig.restart()
    assert rig.lock.is_closed()


async def test_a_new_lifetime_takes_effect_at_once(rig):
    """Measured from when the keys were read; `poke` is what a reload calls."""
    async with rig.running():
        rig.now += 5000.0
        rig.lifetime = 28_800.0
        rig.locker.poke()
        assert rig.locker.expires_at == 1000.0 + 28_800.0
        rig.lifetime = 3600.0
        rig.locker.poke()
        assert rig.locker.is_expired()
        await wait_all_tasks_blocked(0.05)
        assert rig.lock.is_closed()


async def test_no_lifetime_is_no_timer(rig):
    """An idle daemon wakes up for nothing."""
    assert rig.locker._pause() == math.inf
    assert rig.locker.expires_at is None


@pytest.mark.parametrize("damage", [lambda path: path.write_text("?"), lambda p: p.chmod(0o644)])
async def test_a_record_that_cannot_be_read_is_a_lock(rig, damage):
    """It may have been one. `unlock` removes it."""
    await rig.locker.lock()
    damage(rig.path)
    rig.restart()
    assert rig.lock.to_wire()["lock"]["cause"] == "damaged"
    assert await rig.locker.unlock() is None
    rig.restart()
    assert not rig.lock.is_closed()


async def test_a_lock_that_cannot_be_remembered_is_closed_nevertheless(rig):
    """The caller learns that a restart opens it."""
    rig.path.parent.parent.joinpath("state").write_text("a file in its way")
    problem = await rig.locker.lock()
    assert problem is not None
    assert "cannot be written" in problem
    assert rig.lock.is_closed()


async def test_the_record_is_short(rig):
    """And contains no secret: only times, the boot and the cause."""
    await rig.locker.lock(60.0)
    found = json.loads(rig.path.read_text())
    assert set(found) == {"boot", "lock"}
    assert set(found["lock"]) == {"cause", "since", "until", "opens_at"}


@pytest.mark.parametrize("seconds", [None, 7200.0])
async def test_a_lock_is_not_shortened(rig, seconds):
    """Locking needs no proof: a client that has only the socket could open a lock with it."""
    async with rig.running():
        await rig.locker.lock(seconds)
        await rig.locker.lock(1.0)
        await rig.pass_time(7100.0)
        assert rig.lock.is_closed()
        await rig.locker.lock(7200.0)
        await rig.pass_time(7100.0)
        assert rig.lock.is_closed()
        await rig.locker.lock()
        await rig.pass_time(100_000.0)
        assert rig.lock.is_closed()


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_a_short_lock_does_not_renew_the_lifetime(rig, is_restarted):
    """Or a client could make it endless, by locking for a moment again and again."""
    rig.lifetime = 28_800.0
    rig.restart()
    async with rig.running():
        await rig.pass_time(28_000.0)
        await rig.locker.lock(600.0)
        if is_restarted:
            rig.restart()
    async with rig.running():
        await rig.pass_time(700.0)
        assert not rig.lock.is_closed()
        await rig.locker.lock(600.0)
        await rig.pass_time(700.0)
        assert rig.lock.to_wire()["lock"]["cause"] == "lifetime"
        await rig.pass_time(28_800.0)
        assert rig.lock.is_closed()
