"""Reacting to keys that change outside of the daemon."""

import math
import os

import pytest
import trio

from aircherd.auth.outside_changes import (
    MAX_PAUSE,
    MIN_PAUSE,
    OWN_WRITE_SECONDS,
    OutsideChanges,
    next_pause,
)
from aircherd.auth.stores.base import StoreHealth
from aircherd.config.paths import resolve_paths
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, OTHER, key_id


class NoThread:
    """In place of a `FileWorker`: a virtual clock does not wait for threads."""

    async def do(self, work, _seconds):
        return work(lambda: None)


class Watched:
    """The watched paths; `change` calls back as the watcher does."""

    def __init__(self, rig):
        environ = {"HOME": str(rig.folder), "XDG_DATA_HOME": str(rig.folder)}
        (rig.folder / "keyrings").mkdir()
        self.callbacks = {}
        self.writes = 0
        self.rig = rig
        self.outside = OutsideChanges(rig.auth)
        self.outside._worker = NoThread()
        self.outside.watch(self.callbacks.__setitem__, resolve_paths(environ), environ)

    async def change(self, name):
        if name == "keyrings":
            self.writes += 1
            os.utime(self.rig.folder / name, (self.writes, self.writes))
        await self.call_back(name)

    async def call_back(self, name):
        (callback,) = [call for path, call in self.callbacks.items() if path.name == name]
        await callback()


@pytest.fixture
async def watched(rig, nursery):
    made = Watched(rig)
    nursery.start_soon(made.outside.run)
    for name in [path.name for path in made.callbacks]:
        await made.call_back(name)  # the watcher calls once at the beginning
    return made


async def secret_of(rig):
    return (await rig.auth.get_api_key(rig.work)).secret.reveal()


async def test_everything_that_keys_come_from_is_watched(watched):
    """Four files and folders; commands cannot be watched."""
    assert [path.name for path in watched.callbacks] == [
        "environment",
        "credentials.json",
        "keys.json",
        "keyrings",
    ]


async def test_changed_environment_file_is_read(rig, watched):
    """Its key is used at once."""
    path = rig.folder / "environment"
    path.write_text(f"WORK_KEY={KEY}\n")
    path.chmod(0o600)
    await watched.change("environment")
    assert await secret_of(rig) == KEY


async def test_changed_credentials_file_is_read(rig, watched):
    """Without a child process for the keyring."""
    rig.keyring.health = StoreHealth.UNAVAILABLE
    await rig.auth.stored.login("work", Secret(KEY))
    rig.file.keys[key_id()] = Secret(OTHER)
    reads = rig.keyring.reads
    await watched.change("credentials.json")
    assert (await secret_of(rig), rig.keyring.reads) == (OTHER, reads)


async def test_index_written_by_the_daemon_is_not_read_again(rig, watched):
    """Else each login would read the keyring twice."""
    await rig.auth.stored.login("work", Secret(KEY))
    reads = rig.keyring.reads
    await watched.change("keys.json")
    assert rig.keyring.reads == reads
    rig.index_file.unlink()
    await watched.change("keys.json")
    assert rig.auth.stored.labels("work") == ()


async def test_written_keyring_is_read_once_it_is_quiet(rig, watched, autojump_clock):
    """Several changes at once cause one read."""
    await rig.auth.stored.login("work", Secret(KEY))
    await trio.sleep(OWN_WRITE_SECONDS)
    rig.keyring.keys[key_id()] = Secret(OTHER)
    reads = rig.keyring.reads
    for _ in range(3):
        await watched.change("keyrings")
    await trio.sleep(1)
    assert (await secret_of(rig), rig.keyring.reads) == (OTHER, reads + 1)


async def test_change_before_the_first_call_of_the_watcher_is_not_missed(rig, nursery):
    """A daemon under load is called late; a call without a change causes no read."""
    watched = Watched(rig)
    nursery.start_soon(watched.outside.run)
    await rig.auth.stored.login("work", Secret(KEY))
    rig.auth._credentials.keyring_written_at = -math.inf
    await watched.call_back("keyrings")
    assert not watched.outside._keyring_changed.is_set()
    await watched.change("keyrings")
    assert watched.outside._keyring_changed.is_set()


async def test_own_write_and_a_keyring_without_our_keys_cause_no_read(rig, watched, autojump_clock):
    """A child process costs a quarter of a second."""
    await watched.change("keyrings")
    await rig.auth.stored.login("work", Secret(KEY))
    reads = rig.keyring.reads
    await watched.change("keyrings")
    await trio.sleep(1)
    assert rig.keyring.reads == reads


async def test_keyring_that_is_written_all_the_time_is_read_ever_more_rarely(
    rig, watched, autojump_clock
):
    """In a day with a write each ten seconds: fewer than 10 reads an hour."""
    await rig.auth.stored.login("work", Secret(KEY))
    await trio.sleep(OWN_WRITE_SECONDS)
    reads = rig.keyring.reads
    for _ in range(24 * 360):
        await watched.change("keyrings")
        await trio.sleep(10)
    assert 100 < rig.keyring.reads - reads < 240


@pytest.mark.parametrize(
    ("pause", "idle", "following"),
    [
        (MIN_PAUSE, 100.0, MIN_PAUSE),
        (MIN_PAUSE, 0.0, 2 * MIN_PAUSE),
        (64.0, 200.0, 128.0),
        (64.0, 300.0, MIN_PAUSE),
        (MAX_PAUSE, 0.0, MAX_PAUSE),
    ],
)
def test_pause_doubles_until_the_keyring_was_quiet_for_a_while(pause, idle, following):
    """Then the next change is noticed soon again."""
    assert next_pause(pause, idle) == following
