"""The credentials file; the contract of all stores is in test_base."""

import base64
import json
import threading
import traceback

import pytest

from aircherd.auth.stores import file_store
from aircherd.auth.stores.base import KeyId, KeyUnreadable, StoreHealth
from aircherd.auth.stores.file_cipher import CipherFailed
from aircherd.auth.stores.file_store import FileSealing, FileStore
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.secret import Secret
from helpers.ciphers import real_cipher

KEY_ID = KeyId("work", "default")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "credentials.json"


async def test_file_is_private_and_readable_json(path):
    """Mode 0600 in a 0700 directory."""
    await FileStore(path).write(KEY_ID, Secret("canary-1"))
    assert [p.stat().st_mode & 0o777 for p in (path, path.parent)] == [0o600, 0o700]
    assert json.loads(path.read_text()) == {
        "keys": {"work": {"default": "canary-1"}},
        "version": 1,
    }


async def test_deleting_the_last_key_leaves_an_empty_file(path):
    """There is no empty entry for the provider."""
    store = FileStore(path)
    await store.write(KEY_ID, Secret("canary-1"))
    await store.delete(KEY_ID)
    assert json.loads(path.read_text())["keys"] == {}


async def test_deleting_without_a_file_creates_none(path):
    """Neither the file nor its directory."""
    await FileStore(path).delete(KEY_ID)
    assert not path.parent.exists()


def spoil(path, how):
    match how:
        case "open to others":
            path.chmod(0o644)
        case "symlink":
            path.rename(path.with_name("elsewhere"))
            path.symlink_to("elsewhere")
        case "another user":
            pass  # the store is opened with another uid
        case "damaged":
            path.write_text('{"keys": {"work": {"default": "canary-1"')
        case "newer":
            path.write_text('{"version": 2, "keys": {"work": {"default": "canary-1"}}}')
        case "not text":
            path.write_bytes(b'{"version": 1, "keys": {"work": {"default": "canary\xff"}}}')


@pytest.mark.parametrize(
    "how", ["open to others", "symlink", "another user", "damaged", "newer", "not text"]
)
async def test_refused_file_is_neither_used_nor_overwritten(path, how):
    """The reason quotes nothing of its content."""
    await FileStore(path).write(KEY_ID, Secret("canary-1"))
    spoil(path, how)
    before = path.read_bytes()
    store = FileStore(path, uid=path.stat().st_uid + (how == "another user"))
    state = await store.probe()
    assert state.health is StoreHealth.UNAVAILABLE
    assert str(path) in state.reason
    assert await store.read_all([KEY_ID]) == {KEY_ID: KeyUnreadable(state)}
    for change in (store.write(KEY_ID, Secret("canary-2")), store.delete(KEY_ID)):
        with pytest.raises(KeyringLocked) as caught:
            await change
        assert "canary" not in "".join(traceback.format_exception(caught.value))
    assert "canary" not in state.reason
    assert path.read_bytes() == before


async def test_hanging_disk_counts_as_a_refusal(path, monkeypatch):
    """For write, read and probe; an abandoned write changes nothing later."""
    store, may_go_on = FileStore(path), threading.Event()
    await store.write(KEY_ID, Secret("canary-1"))
    load = FileStore._load

    def slow(self):
        assert may_go_on.wait(10)
        return load(self)

    monkeypatch.setattr(file_store, "DISK_TIMEOUT", 0.05)
    monkeypatch.setattr(FileStore, "_load", slow)
    with pytest.raises(KeyringLocked, match=r"the disk has not answered for 0\.05 s"):
        await store.write(KEY_ID, Secret("canary-2"))
    assert isinstance((await store.read_all([KEY_ID]))[KEY_ID], KeyUnreadable)
    assert (await store.probe()).health is StoreHealth.UNAVAILABLE
    may_go_on.set()
    monkeypatch.undo()
    assert await store.read_all([KEY_ID]) == {KEY_ID: Secret("canary-1")}


# ------------------------------------------------------------------ encryption


class Settings:
    """`[auth] encrypt_with` as a test sets it; the cipher fails while it is `broken`."""

    def __init__(self, folder):
        self.write_with = None
        self.broken = False
        self._folder = folder

    def __call__(self):
        return FileSealing(self.write_with, self._cipher)

    def _cipher(self, name):
        if self.broken:
            raise CipherFailed("the token is gone")
        return real_cipher(name, self._folder)


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path)


async def test_encrypted_file_shows_its_cipher_and_no_key(path, settings):
    """Others tell from it how it is read."""
    settings.write_with = "age"
    store = FileStore(path, sealing=settings)
    await store.write(KEY_ID, Secret("canary-1"))
    document = json.loads(path.read_text())
    assert (document["version"], document["encrypted_with"]) == (2, "age")
    assert b"canary" not in path.read_bytes() + base64.b64decode(document["data"])
    assert path.stat().st_mode & 0o777 == 0o600
    assert store.encrypted_with == "age"


async def test_without_a_setting_the_file_stays_as_it_is(path, settings):
    """A setting that is gone is no reason to write keys in plain text."""
    settings.write_with = "age"
    await FileStore(path, sealing=settings).write(KEY_ID, Secret("canary-1"))
    settings.write_with = None
    store = FileStore(path, sealing=settings)
    await store.write(KeyId("other", "default"), Secret("canary-2"))
    await store.seal_again()
    assert "canary" not in path.read_text()
    assert await store.read_all([KEY_ID]) == {KEY_ID: Secret("canary-1")}


async def test_the_file_is_sealed_again_when_the_setting_changes(path, settings):
    """From plain text to a cipher, to another, and back by the user's word."""
    store = FileStore(path, sealing=settings)
    await store.write(KEY_ID, Secret("canary-1"))
    for name in ("age", "systemd-creds", ""):
        settings.write_with = name
        await store.seal_again()
        assert store.encrypted_with == name
        assert ("canary" in path.read_text()) is (name == "")
        assert await store.read_all([KEY_ID]) == {KEY_ID: Secret("canary-1")}


async def test_sealing_again_creates_no_file(path, settings):
    """Nor its directory."""
    settings.write_with = "age"
    await FileStore(path, sealing=settings).seal_again()
    assert not path.parent.exists()


@pytest.mark.parametrize("was_sealed", [True, False])
async def test_a_cipher_that_fails_changes_nothing(path, settings, was_sealed):
    """No key is written in plain text, and none is lost."""
    settings.write_with = "age" if was_sealed else ""
    store = FileStore(path, sealing=settings)
    await store.write(KEY_ID, Secret("canary-1"))
    before = path.read_bytes()
    settings.write_with, settings.broken = "age", True
    for change in (store.write(KEY_ID, Secret("canary-2")), store.seal_again()):
        with pytest.raises(KeyringLocked, match="crypted: the token is gone"):
            await change
    assert path.read_bytes() == before
    found = (await store.read_all([KEY_ID]))[KEY_ID]
    assert isinstance(found, KeyUnreadable) is was_sealed


async def test_unknown_cipher_is_named(path):
    """The file may be from a newer version."""
    path.parent.mkdir(mode=0o700)
    path.write_text('{"version": 2, "encrypted_with": "rot13", "data": "eA=="}')
    path.chmod(0o600)
    state = await FileStore(path).probe()
    assert "encrypted with 'rot13', which this version does not know" in state.reason


async def test_a_file_that_cannot_be_decrypted_is_still_known_as_encrypted(path, tmp_path):
    """Its rows must not say that it is not."""
    cipher = real_cipher("age", tmp_path)
    await FileStore(path, sealing=lambda: FileSealing("age", lambda _: cipher)).write(
        KEY_ID, Secret("canary-1")
    )

    def fails(_: str):
        raise CipherFailed("the token is missing")

    store = FileStore(path, sealing=lambda: FileSealing("age", fails))
    assert (await store.probe()).health is not StoreHealth.USABLE
    assert store.protection.encrypted_with == "age"


async def test_a_problem_with_the_cipher_ends_when_the_file_can_be_read(path, settings):
    """As the settings say; there is nothing left to do then."""
    settings.write_with = "age"
    store = FileStore(path, sealing=settings)
    await store.write(KEY_ID, Secret("canary-1"))
    settings.broken = True
    with pytest.raises(KeyringLocked):
        await store.seal_again()
    await store.read_all([KEY_ID])
    assert "the token is gone" in store.protection.problem
    settings.broken = False
    await store.read_all([KEY_ID])
    assert store.protection.problem is None
