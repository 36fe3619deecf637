"""The credentials file; the contract of all stores is in test_base."""

import json
import threading
import traceback

import pytest

from aircherd.auth.stores import file_store
from aircherd.auth.stores.base import KeyId, KeyUnreadable, StoreHealth
from aircherd.auth.stores.file_store import FileStore
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.secret import Secret

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
