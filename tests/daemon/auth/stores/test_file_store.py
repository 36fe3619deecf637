"""The credentials file; what all stores have in common is in test_key_store."""

import json
import threading
import traceback

import pytest

from aircherd.auth.stores import file_store
from aircherd.auth.stores.base import KeyId, KeyUnreadable, StoreHealth
from aircherd.auth.stores.file_store import FileStore
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.secret import Secret

ENTRY = KeyId("work", "default")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "credentials.json"


async def test_the_file_is_for_its_owner_only_and_readable_for_a_person(path):
    """0600 in a 0700 folder; plain JSON."""
    await FileStore(path).write(ENTRY, Secret("canary-1"))
    assert [p.stat().st_mode & 0o777 for p in (path, path.parent)] == [0o600, 0o700]
    assert json.loads(path.read_text()) == {
        "keys": {"work": {"default": "canary-1"}},
        "version": 1,
    }


async def test_deleting_the_last_key_leaves_none_behind(path):
    """Not even an empty entry."""
    store = FileStore(path)
    await store.write(ENTRY, Secret("canary-1"))
    await store.delete(ENTRY)
    assert json.loads(path.read_text())["keys"] == {}


async def test_deleting_from_no_file_makes_none(path):
    """Nothing is touched for nothing."""
    await FileStore(path).delete(ENTRY)
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
async def test_a_spoiled_file_is_neither_used_nor_overwritten(path, how):
    """It is unusable with a reason that has nothing of what is in it."""
    await FileStore(path).write(ENTRY, Secret("canary-1"))
    spoil(path, how)
    before = path.read_bytes()
    store = FileStore(path, uid=path.stat().st_uid + (how == "another user"))
    state = await store.probe()
    assert state.health is StoreHealth.UNAVAILABLE
    assert str(path) in state.reason
    assert await store.read_all([ENTRY]) == {ENTRY: KeyUnreadable(state)}
    for change in (store.write(ENTRY, Secret("canary-2")), store.delete(ENTRY)):
        with pytest.raises(KeyringLocked) as caught:
            await change
        assert "canary" not in "".join(traceback.format_exception(caught.value))
    assert "canary" not in state.reason
    assert path.read_bytes() == before


async def test_a_disk_that_does_not_answer_refuses_and_is_not_waited_for(path, monkeypatch):
    """To store, to read and to look; what was given up changes nothing when it comes back."""
    store, may_go_on = FileStore(path), threading.Event()
    await store.write(ENTRY, Secret("canary-1"))
    load = FileStore._load

    def slow(self):
        assert may_go_on.wait(10)
        return load(self)

    monkeypatch.setattr(file_store, "PATIENCE", 0.05)
    monkeypatch.setattr(FileStore, "_load", slow)
    with pytest.raises(KeyringLocked, match=r"the disk has not answered for 0\.05 s"):
        await store.write(ENTRY, Secret("canary-2"))
    assert isinstance((await store.read_all([ENTRY]))[ENTRY], KeyUnreadable)
    assert (await store.probe()).health is StoreHealth.UNAVAILABLE
    may_go_on.set()
    monkeypatch.undo()
    assert await store.read_all([ENTRY]) == {ENTRY: Secret("canary-1")}
