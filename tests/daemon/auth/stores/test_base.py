"""The contract of stores, tested with the in-memory one, the file and a real Secret Service."""

import os

import pytest

from aircherd.auth.stores.base import KeyId, KeyMissing, StoreHealth, StoreState
from aircherd.auth.stores.file_store import FileSealing, FileStore
from aircherd.auth.stores.keyring_store import KeyringStore
from aircherd.testing.keyring import MemoryStore
from aircherd.vocabulary.secret import Secret
from helpers.ciphers import NAMES, real_cipher
from helpers.secret_service import secret_service

ONE, TWO = KeyId("work", "default"), KeyId("work", "second")


@pytest.fixture(scope="module")
def keyring():
    with secret_service() as service:
        yield service


@pytest.fixture(
    params=["memory", "file", *NAMES, pytest.param("keyring", marks=pytest.mark.secret_service)]
)
def store(request, tmp_path):
    match request.param:
        case "memory":
            return MemoryStore()
        case "file":
            return FileStore(tmp_path / "credentials.json")
        case "age" | "systemd-creds" as name:
            sealing = FileSealing(name, lambda name: real_cipher(name, tmp_path))
            return FileStore(tmp_path / "credentials.json", sealing=lambda: sealing)
        case _:
            service = request.getfixturevalue("keyring")
            # Each test has its own service name: they share one keyring.
            return KeyringStore({**os.environ, **service.environ}, f"aircher:{tmp_path}")


async def test_new_store_is_usable(store):
    """Without any setup."""
    assert await store.probe() == StoreState(StoreHealth.USABLE)


async def test_written_keys_are_read(store):
    """Each under its own name; others are missing."""
    await store.write(ONE, Secret("canary-1"))
    await store.write(TWO, Secret("canary-2"))
    missing = KeyId("other", "default")
    assert await store.read_all([TWO, missing, ONE]) == {
        TWO: Secret("canary-2"),
        missing: KeyMissing(),
        ONE: Secret("canary-1"),
    }


async def test_second_write_replaces_the_first(store):
    """There is one key per name."""
    await store.write(ONE, Secret("canary-old"))
    await store.write(ONE, Secret("canary-new"))
    assert await store.read_all([ONE]) == {ONE: Secret("canary-new")}


async def test_deleted_key_is_missing_and_the_others_stay(store):
    """Deleting it twice is no error."""
    await store.write(ONE, Secret("canary-1"))
    await store.write(TWO, Secret("canary-2"))
    await store.delete(ONE)
    await store.delete(ONE)
    assert await store.read_all([ONE, TWO]) == {ONE: KeyMissing(), TWO: Secret("canary-2")}


async def test_every_printable_character_is_kept(store):
    """The store quotes what it has to."""
    text = "".join(map(chr, range(33, 127)))
    await store.write(ONE, Secret(text))
    assert await store.read_all([ONE]) == {ONE: Secret(text)}


async def test_longest_key_is_kept(store):
    """8 KiB, the limit of `key_format`."""
    await store.write(ONE, Secret("x" * 8192))
    assert await store.read_all([ONE]) == {ONE: Secret("x" * 8192)}


async def test_reading_no_keys_gives_no_results(store):
    """An empty read is allowed."""
    assert await store.read_all([]) == {}


async def test_repr_of_a_store_shows_no_key(store):
    """Its name is one of the index's."""
    await store.write(ONE, Secret("canary-1"))
    assert "canary" not in repr(store)
    assert store.name in {"keyring", "file"}


def test_key_id_prints_as_the_user_name_in_a_keyring():
    """So the user can find it there."""
    assert str(ONE) == "work/default"
