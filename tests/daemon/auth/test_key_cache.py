"""Keys read once and kept in memory."""

import sys

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.auth import verification
from aircherd.auth.key_cache import REREAD_SECONDS, RETRY_SECONDS
from aircherd.auth.key_sources import sources_of
from aircherd.auth.stores.base import StoreHealth
from aircherd.auth.variables.key_variables import KeyVariables
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, OTHER, Rig, key_id, provider


class CacheRig:
    """A cache, its credential store, and the current sources of `work`."""

    def __init__(self, rig):
        self.rig = rig
        self.credentials = rig.new_credential_store()
        self.cache = rig.new_cache(self.credentials)

    def sources(self, **fields):
        return sources_of(
            provider(**fields),
            self.credentials.index.entries_of("work"),
            KeyVariables(self.rig.environ),
        )

    async def store(self, *labels):
        for label in labels or ("default",):
            await self.credentials.store(provider(), label, Secret(KEY))
        return self.sources()


@pytest.fixture
def reading(tmp_path):
    return CacheRig(Rig(tmp_path))


def counting_command(path, text=KEY):
    code = f"open({str(path)!r}, 'a').write('x'); print({text!r})"
    return {"key_command": (sys.executable, "-c", code)}


async def test_stored_key_is_read_once(reading):
    """From then on the redactor knows it."""
    sources = await reading.store()
    await reading.cache.read(sources)
    await reading.cache.read(sources)
    assert reading.cache.get(sources[0]).secret == Secret(KEY)
    assert reading.rig.keyring.reads == 1
    assert KEY not in reading.rig.redactor.redact(f"<{KEY}>")


async def test_all_stored_keys_are_read_at_once(reading):
    """A keyring child process costs a quarter of a second."""
    sources = await reading.store("default", "b", "c")
    await reading.cache.read(sources[:1])
    assert [reading.cache.get(source).secret for source in sources] == [Secret(KEY)] * 3
    assert reading.rig.keyring.reads == 1


async def test_concurrent_callers_share_one_read(reading):
    """The others wait for its result."""
    sources = await reading.store()
    reading.rig.keyring.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(reading.cache.read, sources)
        await wait_all_tasks_blocked()
        reading.rig.keyring.gate.set()
    assert reading.rig.keyring.reads == 1


async def test_waiting_caller_takes_over_when_the_reader_is_cancelled(reading):
    """No caller is left without a result."""
    sources = await reading.store()
    reading.rig.keyring.gate = trio.Event()
    first = trio.CancelScope()

    async def read_until_cancelled():
        with first:
            await reading.cache.read(sources)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read_until_cancelled)
        await wait_all_tasks_blocked()
        nursery.start_soon(reading.cache.read, sources)
        await wait_all_tasks_blocked()
        first.cancel()
        await wait_all_tasks_blocked()
        reading.rig.keyring.gate.set()
    assert reading.cache.get(sources[0]).secret == Secret(KEY)
    assert reading.rig.keyring.reads == 2


@pytest.mark.parametrize("health", [StoreHealth.LOCKED, StoreHealth.UNAVAILABLE])
async def test_unreadable_store_is_read_again_only_after_a_while(reading, health, autojump_clock):
    """It may have been unlocked by then."""
    sources = await reading.store()
    cached = reading.cache.get(sources[0])
    reading.rig.keyring.health = health
    await reading.cache.read(sources)
    await reading.cache.read(sources)
    assert (cached.verification.state, reading.rig.keyring.reads) == (KeyState.LOCKED, 1)
    reading.rig.keyring.health = StoreHealth.USABLE
    await trio.sleep(REREAD_SECONDS)
    await reading.cache.read(sources)
    assert (cached.verification.state, cached.secret) == (KeyState.UNVERIFIED, Secret(KEY))


async def test_key_missing_from_its_store_is_reported(reading):
    """It was removed there, so it is neither locked nor rejected."""
    sources = await reading.store()
    reading.rig.keyring.keys.clear()
    await reading.cache.read(sources)
    known = reading.cache.get(sources[0]).verification
    assert (known.state, known.reason) == (
        KeyState.NOT_CONFIGURED,
        "the keyring no longer has this key",
    )


async def test_variable_is_read_when_needed(reading):
    """A value that is not a key is rejected and not repeated."""
    reading.rig.environ["WORK_KEY"] = f" {KEY}\n"
    (source,) = reading.sources(env=("WORK_KEY",))
    await reading.cache.read([source])
    assert reading.cache.get(source).secret == Secret(KEY)
    reading.rig.environ["WORK_KEY"] = "canary two"
    await reading.cache.read([source])
    cached = reading.cache.get(source)
    assert (cached.secret, cached.verification.state) == (None, KeyState.REJECTED)
    assert "white space" in cached.verification.reason
    assert "canary" not in cached.verification.reason


async def test_concurrent_callers_run_a_command_once(reading, tmp_path):
    """It may ask for a fingerprint."""
    (source,) = reading.sources(**counting_command(tmp_path / "runs"))
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(reading.cache.read, [source])
    assert reading.cache.get(source).secret == Secret(KEY)
    assert (tmp_path / "runs").read_text() == "x"


async def test_key_of_a_failing_command_is_unreadable_with_a_reason(reading):
    """Nothing is locked: there is nothing to unlock."""
    (source,) = reading.sources(key_command=("/no/such/program",))
    await reading.cache.read([source])
    cached = reading.cache.get(source)
    assert (cached.verification.state, cached.secret) == (KeyState.UNREADABLE, None)
    assert "cannot be started" in cached.verification.reason


async def test_key_is_not_used_for_another_origin(reading):
    """A source with another origin has no cached key."""
    reading.rig.environ["WORK_KEY"] = KEY
    (source,) = reading.sources(env=("WORK_KEY",))
    await reading.cache.read([source])
    (moved,) = reading.sources(env=("WORK_KEY",), base_url="https://elsewhere.example.com")
    assert reading.cache.get(moved).secret is None


async def test_retry_rereads_unusable_keys_and_gives_rejected_ones_another_try(reading):
    """Usable keys are left alone."""
    works = verification.accepted(5.0, "a request")
    refused = verification.rejected(verification.UNVERIFIED, 5.0, "a request", "why")
    one, two = await reading.store("default", "b")
    await reading.cache.read([one])
    reading.cache.get(one).verification, reading.cache.get(two).verification = works, refused
    reading.cache.retry_unusable()
    assert not reading.cache.needs_reading(reading.cache.get(one))
    await reading.cache.read([one, two])
    assert [reading.cache.get(source).verification for source in (one, two)] == [
        works,
        verification.UNVERIFIED,
    ]
    assert reading.rig.keyring.reads == 2


async def test_changed_key_is_unverified_and_reported(reading):
    """Nothing is known about the new one."""
    (source,) = await reading.store()
    await reading.cache.read([source])
    reading.cache.get(source).verification = verification.accepted(5.0, "a request")
    reading.rig.keyring.keys[key_id()] = Secret(OTHER)
    assert await reading.cache.reread() is None
    cached = reading.cache.get(source)
    assert (cached.secret, cached.verification) == (Secret(OTHER), verification.UNVERIFIED)
    assert reading.rig.replaced == [("work", "default")]


async def test_unchanged_key_stays_the_same_object(reading):
    """So that the calls prepared with it are kept."""
    (source,) = await reading.store()
    await reading.cache.read([source])
    cached = reading.cache.get(source)
    secret, cached.verification = cached.secret, verification.accepted(5.0, "a request")
    await reading.cache.reread()
    assert (cached.secret is secret, cached.verification.state) == (True, KeyState.AUTHENTICATED)
    assert reading.rig.replaced == []


async def test_removed_key_is_missing_after_a_reread(reading):
    """And reported as replaced if another one comes later."""
    (source,) = await reading.store()
    await reading.cache.read([source])
    reading.rig.keyring.keys.clear()
    await reading.cache.reread()
    assert reading.cache.get(source).verification.state is KeyState.NOT_CONFIGURED
    reading.rig.keyring.keys[key_id()] = Secret(OTHER)
    await reading.cache.reread()
    assert reading.cache.get(source).secret == Secret(OTHER)
    assert reading.rig.replaced == [("work", "default")]


async def test_key_stays_usable_while_its_keyring_is_locked(reading):
    """A reread returns the state of the keyring."""
    (source,) = await reading.store()
    await reading.cache.read([source])
    reading.rig.keyring.health = StoreHealth.LOCKED
    state = await reading.cache.reread()
    assert state is not None
    assert state.health is StoreHealth.LOCKED
    cached = reading.cache.get(source)
    assert (cached.secret, cached.verification) == (Secret(KEY), verification.UNVERIFIED)


async def test_key_of_a_spoiled_file_stays_usable_and_says_so(reading):
    """Until the file can be read again."""
    reading.rig.keyring.health = StoreHealth.UNAVAILABLE
    (source,) = await reading.store()
    await reading.cache.read([source])
    reading.rig.file.health = StoreHealth.UNAVAILABLE
    await reading.cache.reread()
    known = reading.cache.get(source).verification
    assert (known.state, known.reason) == (
        KeyState.UNVERIFIED,
        "the key in use is the one read before: there is no keyring",
    )
    reading.rig.file.health = StoreHealth.USABLE
    await reading.cache.reread()
    assert reading.cache.get(source).verification == verification.UNVERIFIED


async def test_concurrent_rereads_are_shared(reading):
    """Several clients may ask for the status at once; each result is newer than its call."""
    await reading.store()
    reading.rig.keyring.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(reading.cache.reread)
            await wait_all_tasks_blocked()
        reading.rig.keyring.gate.set()
    assert reading.rig.keyring.reads == 2
    await reading.cache.reread()
    assert reading.rig.keyring.reads == 3


async def test_command_of_a_rejected_key_runs_at_growing_intervals(reading, tmp_path, mock_clock):
    """Not for each request: it may ask for a fingerprint."""
    (source,) = reading.sources(**counting_command(tmp_path / "runs"))
    await reading.cache.read([source])
    cached = reading.cache.get(source)
    cached.reject(verification.rejected(cached.verification, 5.0, "a request", "why"))
    runs = []
    for _ in range(4):
        await reading.cache.read([source])
        runs.append(len((tmp_path / "runs").read_text()))
        mock_clock.jump(RETRY_SECONDS)
    assert runs == [1, 2, 2, 3]
    assert cached.verification.state is KeyState.REJECTED


async def test_invalidate_unusable_keeps_usable_keys(reading):
    """They are not read again."""
    one, two = await reading.store("default", "b")
    await reading.cache.read([one])
    reading.cache.get(two).verification = verification.unreadable(
        verification.UNVERIFIED, 5.0, "why"
    )
    reading.cache.invalidate_unusable([one, two])
    stale = [reading.cache.get(source).is_stale for source in (one, two)]
    assert stale == [False, True]


async def test_replacement_of_a_rejected_key_is_read_from_its_source(reading):
    """Once for all concurrent requests."""
    (source,) = await reading.store()
    await reading.cache.read([source])
    reading.rig.keyring.keys[key_id()] = Secret(OTHER)
    given = []

    async def ask():
        given.append(await reading.cache.read_replacement(source, Secret(KEY)))

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(ask)
    assert given == [Secret(OTHER)] * 10
    assert reading.rig.keyring.reads == 2


@pytest.mark.parametrize("spoil", ["same", "locked", "lost"])
async def test_no_replacement_if_the_source_has_no_other_key(reading, spoil):
    """The key stays cached; the manager decides whether it is rejected."""
    (source,) = await reading.store()
    await reading.cache.read([source])
    if spoil == "locked":
        reading.rig.keyring.health = StoreHealth.LOCKED
    if spoil == "lost":
        reading.rig.keyring.keys.clear()
    assert await reading.cache.read_replacement(source, Secret(KEY)) is None
    assert reading.cache.get(source).secret == Secret(KEY)


async def test_login_during_a_read_wins(reading):
    """The key that was read is older than the stored one."""
    (source,) = await reading.store()
    reading.rig.keyring.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(reading.cache.read, [source])
        await wait_all_tasks_blocked()
        gate, reading.rig.keyring.gate = reading.rig.keyring.gate, None
        reading.rig.now += 1
        await reading.credentials.store(provider(), "default", Secret(OTHER))
        reading.cache.put(source, Secret(OTHER), verification.UNVERIFIED)
        reading.rig.keyring.keys[key_id()] = Secret(KEY)  # what the slow read will bring
        gate.set()
    assert reading.cache.get(source).secret == Secret(OTHER)


async def test_repr_shows_no_key(reading):
    """Neither that of the cache nor those of its keys and sources."""
    (source,) = await reading.store()
    await reading.cache.read([source])
    shown = repr(reading.cache) + repr(reading.cache.get(source)) + repr(source)
    assert KEY not in shown
    assert reading.cache.peek("work", "default") is reading.cache.get(source)
    reading.cache.drop("work", "default")
    assert reading.cache.peek("work", "default") is None
