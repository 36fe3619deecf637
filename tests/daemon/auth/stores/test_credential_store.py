"""The two stores and the index as one."""

import pytest
import trio

from aircherd.auth.stores.base import KeyUnreadable, StoreHealth
from aircherd.auth.stores.index import KeyIndex
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, NOW, OTHER, Rig, entry, provider

USABLE, LOCKED, UNAVAILABLE = StoreHealth.USABLE, StoreHealth.LOCKED, StoreHealth.UNAVAILABLE


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


@pytest.fixture
def credentials(rig):
    return rig.new_vault()


def where(rig):
    """Return in which stores the key is."""
    return [store.name for store in (rig.keyring, rig.file) if entry() in store.keys]


async def test_a_key_goes_into_the_keyring(rig, credentials):
    """With its origin and the time in the index, on disk too."""
    known = await credentials.store(rig.work, "default", Secret(KEY))
    assert (known.origin, known.store, known.stored_at) == (rig.work.origin, "keyring", NOW)
    assert KeyIndex(rig.index_file).get(entry()) == known
    assert where(rig) == ["keyring"]


async def test_without_a_keyring_it_goes_into_the_file(rig, credentials):
    """And is found there."""
    rig.keyring.health = UNAVAILABLE
    known = await credentials.store(rig.work, "default", Secret(KEY))
    assert (known.store, where(rig)) == ("file", ["file"])
    assert await credentials.read_all([known]) == {entry(): Secret(KEY)}
    assert rig.keyring.reads == 0


async def test_a_locked_keyring_stores_nothing_anywhere(rig, credentials):
    """A file is not chosen behind the user's back."""
    rig.keyring.health = LOCKED
    with pytest.raises(KeyringLocked, match="nothing was stored"):
        await credentials.store(rig.work, "default", Secret(KEY))
    assert (where(rig), credentials.index.providers()) == ([], [])


async def test_a_new_login_moves_a_key_from_the_file_to_the_keyring(rig, credentials):
    """No plaintext copy stays behind."""
    rig.keyring.health = UNAVAILABLE
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = USABLE
    await credentials.store(rig.work, "default", Secret(OTHER))
    assert where(rig) == ["keyring"]
    assert credentials.index.get(entry()).store == "keyring"


async def test_keys_are_read_from_where_they_are(rig, credentials):
    """One store that cannot be read does not hide the other's."""
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = UNAVAILABLE
    await credentials.store(rig.work, "second", Secret(OTHER))
    found = await credentials.read_all(credentials.index.of("work"))
    assert isinstance(found[entry()], KeyUnreadable)
    assert found[entry("second")] == Secret(OTHER)


ELSEWHERE = provider(base_url="https://elsewhere.example.com")


def watch_write(rig, store):
    """Return the entries that a crash within the write would leave: before it, and after it."""
    seen, write = [], store.write

    async def watched(name, secret):
        seen.append(KeyIndex(rig.index_file).get(name))
        await write(name, secret)
        seen.append(KeyIndex(rig.index_file).get(name))

    store.write = watched
    return seen


async def test_a_crash_never_leaves_a_key_listed_for_another_origin(rig, credentials):
    """In one store the entry says first that it cannot be trusted; it never goes away."""
    await credentials.store(rig.work, "default", Secret(KEY))
    seen = watch_write(rig, rig.keyring)
    known = await credentials.store(ELSEWHERE, "default", Secret(OTHER))
    assert [(found.is_pending, found.origin) for found in seen] == [(True, known.origin)] * 2
    assert KeyIndex(rig.index_file).get(entry()) == known
    assert (known.is_pending, known.origin) == (False, ELSEWHERE.origin)


@pytest.mark.parametrize("whose", ["work", "elsewhere"])
async def test_a_key_that_moves_to_another_store_is_listed_all_the_time(rig, credentials, whose):
    """The old copy serves until the new one is listed, and is removed last."""
    rig.keyring.health = UNAVAILABLE
    old = await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = USABLE
    seen = watch_write(rig, rig.keyring)
    await credentials.store(rig.work if whose == "work" else ELSEWHERE, "default", Secret(OTHER))
    assert (seen, where(rig)) == ([old, old], ["keyring"])


def refuse_write(store):
    async def refuse(name, secret):
        raise KeyringLocked("no room")

    store.write = refuse


async def test_a_failed_move_to_another_store_leaves_the_old_key(rig, credentials):
    """What served goes on to serve."""
    rig.keyring.health = UNAVAILABLE
    known = await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = USABLE
    refuse_write(rig.keyring)
    with pytest.raises(KeyringLocked, match="no room"):
        await credentials.store(rig.work, "default", Secret(OTHER))
    assert KeyIndex(rig.index_file).get(entry()) == known
    assert await credentials.read_all([known]) == {entry(): Secret(KEY)}


async def test_a_failed_write_for_another_origin_puts_the_old_entry_back(rig, credentials):
    """The store shows that it still has the old key."""
    known = await credentials.store(rig.work, "default", Secret(KEY))
    refuse_write(rig.keyring)
    with pytest.raises(KeyringLocked, match="no room"):
        await credentials.store(ELSEWHERE, "default", Secret(OTHER))
    assert KeyIndex(rig.index_file).get(entry()) == known


@pytest.mark.parametrize("how", ["stored all the same", "cannot be read"])
async def test_a_write_of_which_nobody_knows_leaves_an_entry_that_serves_nobody(
    rig, credentials, how
):
    """A slow keyring may have stored the key; under the old origin it would go astray."""
    await credentials.store(rig.work, "default", Secret(KEY))

    async def fail(name, secret):
        if how == "stored all the same":
            rig.keyring.keys[name] = secret
        else:
            rig.keyring.health = LOCKED
        raise KeyringLocked("it did not answer within 3 s")

    rig.keyring.write = fail
    with pytest.raises(KeyringLocked, match="3 s"):
        await credentials.store(ELSEWHERE, "default", Secret(OTHER))
    assert KeyIndex(rig.index_file).get(entry()).is_pending


@pytest.mark.parametrize("first", ["file", "keyring"])
async def test_a_login_that_began_to_write_is_finished_though_cancelled(rig, credentials, first):
    """The client went away: the key is whole, listed, and in one place."""
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
    known = KeyIndex(rig.index_file).get(entry())
    assert (known.origin, known.is_pending, where(rig)) == (ELSEWHERE.origin, False, ["keyring"])
    assert rig.keyring.keys == {entry(): Secret(OTHER)}


async def test_a_removal_that_began_is_finished_though_cancelled(rig, credentials):
    """No entry stays for a key that is gone."""
    await credentials.store(rig.work, "default", Secret(KEY))
    with trio.CancelScope() as scope:
        delete = rig.keyring.delete

        async def slow(name):
            scope.cancel()
            await delete(name)

        rig.keyring.delete = slow
        await credentials.remove(entry())
    assert (where(rig), KeyIndex(rig.index_file).get(entry())) == ([], None)


async def test_a_list_that_cannot_be_used_stores_nothing(rig, credentials):
    """No key is written that nobody would know of."""
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.index_file.chmod(0o666)
    again = rig.new_vault()
    for change in (again.store(rig.work, "b", Secret(OTHER)), again.settle("work")):
        with pytest.raises(KeyringLocked, match="chmod 600"):
            await change
    assert list(rig.keyring.keys) == [entry()]


async def test_a_failed_write_leaves_the_old_key_of_the_same_origin(rig, credentials):
    """Signing in again fails, and what worked still works."""
    known = await credentials.store(rig.work, "default", Secret(KEY))

    async def refuse(name, secret):
        raise KeyringLocked("no room")

    rig.keyring.write = refuse
    with pytest.raises(KeyringLocked):
        await credentials.store(rig.work, "default", Secret(OTHER))
    assert credentials.index.get(entry()) == known
    assert await credentials.read_all([known]) == {entry(): Secret(KEY)}


async def test_a_removed_key_is_nowhere(rig, credentials):
    """Removing it again is no error."""
    await credentials.store(rig.work, "default", Secret(KEY))
    assert await credentials.remove(entry()) is None
    assert await credentials.remove(entry()) is None
    assert (where(rig), KeyIndex(rig.index_file).get(entry())) == ([], None)


async def test_a_locked_keyring_removes_nothing(rig, credentials):
    """It can be unlocked; until then the key is there and known."""
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = LOCKED
    with pytest.raises(KeyringLocked):
        await credentials.remove(entry())
    assert credentials.index.get(entry()) is not None


async def test_a_keyring_that_is_gone_keeps_no_entry_alive(rig, credentials):
    """The machine changed; that the key may still be there is said."""
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = UNAVAILABLE
    assert "may still be in it" in await credentials.remove(entry())
    assert credentials.index.get(entry()) is None


async def test_a_file_that_refuses_removes_nothing(rig, credentials):
    """The user must see that a plaintext key is still there."""
    rig.keyring.health = UNAVAILABLE
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.file.health = UNAVAILABLE
    with pytest.raises(KeyringLocked):
        await credentials.remove(entry())
    assert credentials.index.get(entry()) is not None


async def test_a_copy_in_a_file_that_refuses_is_no_reason_to_fail(rig, credentials):
    """The new key is stored; the old copy is logged."""
    rig.keyring.health = UNAVAILABLE
    await credentials.store(rig.work, "default", Secret(KEY))
    rig.keyring.health, rig.file.health = USABLE, UNAVAILABLE
    assert (await credentials.store(rig.work, "default", Secret(OTHER))).store == "keyring"
