"""Both stores and the index, combined."""

import pytest
import trio

from aircherd.auth.stores.base import KeyUnreadable, StoreHealth
from aircherd.auth.stores.index import KeyIndex
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, NOW, OTHER, key_id, provider

USABLE, LOCKED, UNAVAILABLE = StoreHealth.USABLE, StoreHealth.LOCKED, StoreHealth.UNAVAILABLE
UNREACHABLE = StoreHealth.UNREACHABLE


@pytest.fixture
def credentials(rig):
    return rig.new_credential_store()


def stores_with_key(rig):
    """Return the names of the stores that have the key."""
    return [store.name for store in (rig.keyring, rig.file) if key_id() in store.keys]


async def test_key_is_stored_in_the_keyring(rig, credentials):
    """The index has its origin and the time, on disk, too."""
    known = await credentials.store(rig.work, "default", Secret(KEY))
    assert (known.origin, known.store, known.stored_at) == (rig.work.origin, "keyring", NOW)
    assert KeyIndex(rig.index_file).get(key_id()) == known
    assert stores_with_key(rig) == ["keyring"]


async def test_without_a_keyring_key_is_stored_in_the_file(rig, credentials):
    """And read from there."""
    rig.keyring.health = UNAVAILABLE
    known = await credentials.store(rig.work, "default", Secret(KEY))
    assert (known.store, stores_with_key(rig)) == ("file", ["file"])
    assert await credentials.read_all([known]) == {key_id(): Secret(KEY)}
    assert rig.keyring.reads == 0


@pytest.mark.parametrize("health", [LOCKED, UNREACHABLE])
async def test_keyring_that_fails_stores_nothing_anywhere(rig, credentials, health):
    """The file is not used silently instead."""
    rig.keyring.health = health
    with pytest.raises(
        KeyringLocked, match=r"nothing was stored\. (Do that and t|T)ry again.*--store file"
    ):
        await credentials.store(rig.work, "default", Secret(KEY))
    assert (stores_with_key(rig), credentials.index.providers()) == ([], [])


@pytest.mark.parametrize("health", [USABLE, LOCKED, UNREACHABLE, UNAVAILABLE])
async def test_user_may_choose_the_file(rig, credentials, health):
    """Whatever the keyring does; an old copy is removed from it if that is possible."""
    await credentials.store(rig.work, "default", Secret(OTHER))
    rig.keyring.health = health
    known = await credentials.store(rig.work, "default", Secret(KEY), where="file")
    assert known.store == "file"
    assert stores_with_key(rig) == (["file"] if health is USABLE else ["keyring", "file"])
    assert await credentials.read_all([known]) == {key_id(): Secret(KEY)}


async def test_user_may_choose_the_keyring(rig, credentials):
    """Then the file is not used where there is none."""
    rig.keyring.health = UNAVAILABLE
    with pytest.raises(KeyringLocked):
        await credentials.store(rig.work, "default", Secret(KEY), where="keyring")
    assert stores_with_key(rig) == []


@pytest.mark.parametrize("known_by", ["the list of keys", "the daemon"])
async def test_keyring_that_was_there_is_not_taken_for_absent(rig, credentials, known_by):
    """Its bus may have ended: what is listed in it, or was stored in it, shows that it exists."""
    await credentials.store(rig.work, "default", Secret(KEY))
    if known_by == "the daemon":
        await credentials.remove(key_id())
    else:
        credentials = rig.new_credential_store()
    rig.keyring.health = UNAVAILABLE
    with pytest.raises(KeyringLocked, match="keys were stored in one"):
        await credentials.store(rig.work, "second", Secret(OTHER))
    assert rig.file.keys == {}


async def test_new_login_moves_a_key_from_the_file_to_the_keyring(rig, credentials):
    """No plaintext copy is left."""
    rig.keyring.health = UNAVAILABLE
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = USABLE
    await credentials.store(rig.work, "default", Secret(OTHER))
    assert stores_with_key(rig) == ["keyring"]
    assert credentials.index.get(key_id()).store == "keyring"


async def test_keys_are_read_from_both_stores(rig, credentials):
    """If one store is unreadable, the keys of the other are still read."""
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = UNAVAILABLE
    await credentials.store(rig.work, "second", Secret(OTHER), where="file")
    found = await credentials.read_all(credentials.index.entries_of("work"))
    assert isinstance(found[key_id()], KeyUnreadable)
    assert found[key_id("second")] == Secret(OTHER)


ELSEWHERE = provider(base_url="https://elsewhere.example.com")


def watch_write(rig, store):
    """Return the entries on disk before and after the write, as a crash would leave them."""
    seen, write = [], store.write

    async def watched(name, secret):
        seen.append(KeyIndex(rig.index_file).get(name))
        await write(name, secret)
        seen.append(KeyIndex(rig.index_file).get(name))

    store.write = watched
    return seen


async def test_crash_never_leaves_a_key_listed_for_another_origin(rig, credentials):
    """In the same store the entry is pending during the write, and never disappears."""
    await credentials.store(rig.work, "default", Secret(KEY))
    seen = watch_write(rig, rig.keyring)
    known = await credentials.store(ELSEWHERE, "default", Secret(OTHER))
    assert [(found.is_pending, found.origin) for found in seen] == [(True, known.origin)] * 2
    assert KeyIndex(rig.index_file).get(key_id()) == known
    assert (known.is_pending, known.origin) == (False, ELSEWHERE.origin)


@pytest.mark.parametrize("target", ["work", "elsewhere"])
async def test_key_that_moves_to_another_store_is_always_listed(rig, credentials, target):
    """The old copy is used until the new one is listed, and is removed last."""
    rig.keyring.health = UNAVAILABLE
    old = await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = USABLE
    seen = watch_write(rig, rig.keyring)
    await credentials.store(rig.work if target == "work" else ELSEWHERE, "default", Secret(OTHER))
    assert (seen, stores_with_key(rig)) == ([old, old], ["keyring"])


def refuse_write(store):
    async def refuse(name, secret):
        raise KeyringLocked("no room")

    store.write = refuse


async def test_failed_move_to_another_store_leaves_the_old_key(rig, credentials):
    """It can still be used."""
    rig.keyring.health = UNAVAILABLE
    known = await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = USABLE
    refuse_write(rig.keyring)
    with pytest.raises(KeyringLocked, match="no room"):
        await credentials.store(rig.work, "default", Secret(OTHER))
    assert KeyIndex(rig.index_file).get(key_id()) == known
    assert await credentials.read_all([known]) == {key_id(): Secret(KEY)}


async def test_failed_write_for_another_origin_restores_the_old_entry(rig, credentials):
    """The store still has the old key."""
    known = await credentials.store(rig.work, "default", Secret(KEY))
    refuse_write(rig.keyring)
    with pytest.raises(KeyringLocked, match="no room"):
        await credentials.store(ELSEWHERE, "default", Secret(OTHER))
    assert KeyIndex(rig.index_file).get(key_id()) == known


@pytest.mark.parametrize("how", ["stored anyway", "cannot be read"])
async def test_write_with_unknown_outcome_leaves_a_pending_entry(rig, credentials, how):
    """A slow keyring may have stored the key, which must not be sent to the old origin."""
    await credentials.store(rig.work, "default", Secret(KEY))

    async def fail(name, secret):
        if how == "stored anyway":
            rig.keyring.keys[name] = secret
        else:
            rig.keyring.health = LOCKED
        raise KeyringLocked("it did not answer within 3 s")

    rig.keyring.write = fail
    with pytest.raises(KeyringLocked, match="3 s"):
        await credentials.store(ELSEWHERE, "default", Secret(OTHER))
    assert KeyIndex(rig.index_file).get(key_id()).is_pending


@pytest.mark.parametrize("first", ["file", "keyring"])
async def test_cancelled_login_is_finished_once_it_writes(rig, credentials, first):
    """The key is complete, listed, and in one store."""
    rig.keyring.health = UNAVAILABLE if first == "file" else USABLE
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = USABLE
    with trio.CancelScope() as scope:
        write = rig.keyring.write

        async def slow(name, secret):
            scope.cancel()
            await write(name, secret)

        rig.keyring.write = slow
        await credentials.store(ELSEWHERE, "default", Secret(OTHER))
    known = KeyIndex(rig.index_file).get(key_id())
    assert (known.origin, known.is_pending, stores_with_key(rig)) == (
        ELSEWHERE.origin,
        False,
        ["keyring"],
    )
    assert rig.keyring.keys == {key_id(): Secret(OTHER)}


async def test_cancelled_removal_is_finished_once_it_began(rig, credentials):
    """No entry is left for a key that is gone."""
    await credentials.store(rig.work, "default", Secret(KEY))
    with trio.CancelScope() as scope:
        delete = rig.keyring.delete

        async def slow(name):
            scope.cancel()
            await delete(name)

        rig.keyring.delete = slow
        await credentials.remove(key_id())
    assert (stores_with_key(rig), KeyIndex(rig.index_file).get(key_id())) == ([], None)


async def test_unusable_index_stores_nothing(rig, credentials):
    """No key is written that would not be listed."""
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.index_file.chmod(0o666)
    again = rig.new_credential_store()
    for change in (again.store(rig.work, "b", Secret(OTHER)), again.acknowledge_damage("work")):
        with pytest.raises(KeyringLocked, match="chmod 600"):
            await change
    assert list(rig.keyring.keys) == [key_id()]


async def test_failed_write_leaves_the_old_key_of_the_same_origin(rig, credentials):
    """The old key can still be used."""
    known = await credentials.store(rig.work, "default", Secret(KEY))

    async def refuse(name, secret):
        raise KeyringLocked("no room")

    rig.keyring.write = refuse
    with pytest.raises(KeyringLocked):
        await credentials.store(rig.work, "default", Secret(OTHER))
    assert credentials.index.get(key_id()) == known
    assert await credentials.read_all([known]) == {key_id(): Secret(KEY)}


async def test_removed_key_is_in_no_store(rig, credentials):
    """Removing it again is no error."""
    await credentials.store(rig.work, "default", Secret(KEY))
    assert await credentials.remove(key_id()) is None
    assert await credentials.remove(key_id()) is None
    assert (stores_with_key(rig), KeyIndex(rig.index_file).get(key_id())) == ([], None)


async def test_locked_keyring_removes_nothing(rig, credentials):
    """The key stays listed, because the keyring can be unlocked."""
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = LOCKED
    with pytest.raises(KeyringLocked):
        await credentials.remove(key_id())
    assert credentials.index.get(key_id()) is not None


async def test_entry_is_removed_if_there_is_no_keyring_any_more(rig, credentials):
    """The result says that the key may still be in it."""
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = UNAVAILABLE
    assert "may still be in it" in await credentials.remove(key_id())
    assert credentials.index.get(key_id()) is None


async def test_refused_file_removes_nothing(rig, credentials):
    """The user must know that a plaintext key is still there."""
    rig.keyring.health = UNAVAILABLE
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.file.health = UNAVAILABLE
    with pytest.raises(KeyringLocked):
        await credentials.remove(key_id())
    assert credentials.index.get(key_id()) is not None


async def test_login_succeeds_if_the_old_copy_cannot_be_removed(rig, credentials):
    """The old copy in the file is logged."""
    rig.keyring.health = UNAVAILABLE
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health, rig.file.health = USABLE, UNAVAILABLE
    assert (await credentials.store(rig.work, "default", Secret(OTHER))).store == "keyring"
