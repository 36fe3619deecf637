"""The two stores and the index as one."""

import pytest

from aircherd.auth.index import KeyIndex
from aircherd.auth.key_store import KeyUnreadable, StoreHealth
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, NOW, OTHER, Rig, entry, provider

USABLE, LOCKED, UNAVAILABLE = StoreHealth.USABLE, StoreHealth.LOCKED, StoreHealth.UNAVAILABLE


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


@pytest.fixture
def vault(rig):
    return rig.new_vault()


def where(rig):
    """Return in which stores the key is."""
    return [store.name for store in (rig.keyring, rig.file) if entry() in store.keys]


async def test_a_key_goes_into_the_keyring(rig, vault):
    """With its origin and the time in the index, on disk too."""
    known = await vault.store(rig.work, "default", Secret(KEY))
    assert (known.origin, known.store, known.stored_at) == (rig.work.origin, "keyring", NOW)
    assert KeyIndex(rig.index_file).get(entry()) == known
    assert where(rig) == ["keyring"]


async def test_without_a_keyring_it_goes_into_the_file(rig, vault):
    """And is found there."""
    rig.keyring.health = UNAVAILABLE
    known = await vault.store(rig.work, "default", Secret(KEY))
    assert (known.store, where(rig)) == ("file", ["file"])
    assert await vault.read_all([known]) == {entry(): Secret(KEY)}
    assert rig.keyring.reads == 0


async def test_a_locked_keyring_stores_nothing_anywhere(rig, vault):
    """A file is not chosen behind the user's back."""
    rig.keyring.health = LOCKED
    with pytest.raises(KeyringLocked, match="nothing was stored"):
        await vault.store(rig.work, "default", Secret(KEY))
    assert (where(rig), vault.index.providers()) == ([], [])


async def test_a_new_login_moves_a_key_from_the_file_to_the_keyring(rig, vault):
    """No plaintext copy stays behind."""
    rig.keyring.health = UNAVAILABLE
    await vault.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = USABLE
    await vault.store(rig.work, "default", Secret(OTHER))
    assert where(rig) == ["keyring"]
    assert vault.index.get(entry()).store == "keyring"


async def test_keys_are_read_from_where_they_are(rig, vault):
    """One store that cannot be read does not hide the other's."""
    await vault.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = UNAVAILABLE
    await vault.store(rig.work, "second", Secret(OTHER))
    found = await vault.read_all(vault.index.of("work"))
    assert isinstance(found[entry()], KeyUnreadable)
    assert found[entry("second")] == Secret(OTHER)


@pytest.mark.parametrize("crash_at", ["before the write", "after the write"])
async def test_a_crash_never_leaves_a_key_listed_for_another_origin(rig, vault, crash_at):
    """The entry of the old origin is gone before the new origin's key is written."""
    await vault.store(rig.work, "default", Secret(KEY))
    write = rig.keyring.write

    async def crash(name, secret):
        if crash_at == "after the write":
            await write(name, secret)
        raise KeyboardInterrupt

    rig.keyring.write = crash
    with pytest.raises(KeyboardInterrupt):
        await vault.store(
            provider(base_url="https://elsewhere.example.com"), "default", Secret(OTHER)
        )
    assert KeyIndex(rig.index_file).get(entry()) is None


async def test_a_failed_write_leaves_the_old_key_of_the_same_origin(rig, vault):
    """Signing in again fails, and what worked still works."""
    known = await vault.store(rig.work, "default", Secret(KEY))

    async def refuse(name, secret):
        raise KeyringLocked("no room")

    rig.keyring.write = refuse
    with pytest.raises(KeyringLocked):
        await vault.store(rig.work, "default", Secret(OTHER))
    assert vault.index.get(entry()) == known
    assert await vault.read_all([known]) == {entry(): Secret(KEY)}


async def test_a_removed_key_is_nowhere(rig, vault):
    """Removing it again is no error."""
    await vault.store(rig.work, "default", Secret(KEY))
    assert await vault.remove(entry()) is None
    assert await vault.remove(entry()) is None
    assert (where(rig), KeyIndex(rig.index_file).get(entry())) == ([], None)


async def test_a_locked_keyring_removes_nothing(rig, vault):
    """It can be unlocked; until then the key is there and known."""
    await vault.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = LOCKED
    with pytest.raises(KeyringLocked):
        await vault.remove(entry())
    assert vault.index.get(entry()) is not None


async def test_a_keyring_that_is_gone_keeps_no_entry_alive(rig, vault):
    """The machine changed; that the key may still be there is said."""
    await vault.store(rig.work, "default", Secret(KEY))
    rig.keyring.health = UNAVAILABLE
    assert "may still be in it" in await vault.remove(entry())
    assert vault.index.get(entry()) is None


async def test_a_file_that_refuses_removes_nothing(rig, vault):
    """The user must see that a plaintext key is still there."""
    rig.keyring.health = UNAVAILABLE
    await vault.store(rig.work, "default", Secret(KEY))
    rig.file.health = UNAVAILABLE
    with pytest.raises(KeyringLocked):
        await vault.remove(entry())
    assert vault.index.get(entry()) is not None


async def test_a_copy_in_a_file_that_refuses_is_no_reason_to_fail(rig, vault):
    """The new key is stored; the old copy is logged."""
    rig.keyring.health = UNAVAILABLE
    await vault.store(rig.work, "default", Secret(KEY))
    rig.keyring.health, rig.file.health = USABLE, UNAVAILABLE
    assert (await vault.store(rig.work, "default", Secret(OTHER))).store == "keyring"
