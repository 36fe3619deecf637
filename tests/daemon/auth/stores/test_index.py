"""The list of stored keys."""

import msgspec
import pytest

from aircherd.auth.stores.base import KeyId
from aircherd.auth.stores.index import IndexEntry, KeyIndex
from aircherd.errors import KeyringLocked


def known(label="default", provider="work", origin="https://work.example.com:443"):
    return IndexEntry(provider=provider, label=label, origin=origin, store="keyring", stored_at=1.5)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.json"


def test_no_file_is_an_empty_list(path):
    """Nothing stored yet, and nothing wrong."""
    index = KeyIndex(path)
    assert (index.of("work"), index.providers(), index.problem) == ([], [], None)


def test_what_is_added_is_there_after_a_restart(path):
    """Written at once, for us alone."""
    KeyIndex(path).add(known())
    assert KeyIndex(path).get(KeyId("work", "default")) == known()
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_default_key_comes_first_then_by_name(path):
    """The order in which they serve."""
    index = KeyIndex(path)
    for label in ("zebra", "default", "Apple", "mango"):
        index.add(known(label))
    index.add(known(provider="other"))
    assert [entry.label for entry in index.of("work")] == ["default", "Apple", "mango", "zebra"]
    assert index.providers() == ["other", "work"]


def test_a_key_of_the_same_name_is_replaced(path):
    """One entry per name."""
    index = KeyIndex(path)
    index.add(known())
    index.add(known(origin="https://new.example.com:443"))
    assert [entry.origin for entry in KeyIndex(path).of("work")] == ["https://new.example.com:443"]


def test_what_is_removed_is_gone_after_a_restart(path):
    """Removing what is not there is no error, and writes nothing."""
    index = KeyIndex(path)
    index.remove(KeyId("work", "default"))
    assert not path.exists()
    index.add(known())
    index.remove(KeyId("work", "default"))
    assert KeyIndex(path).of("work") == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 2, "keys": []}',
        b'{"keys": [{"provider": "work"}]}',
        b'{"keys": "\xff"}',
        msgspec.json.encode({"version": 1, "keys": [], "extra": 1}),
    ],
)
def test_a_damaged_list_is_moved_aside_and_said(path, content):
    """It is kept for whoever wants to look, and the list begins anew."""
    path.write_bytes(content)
    index = KeyIndex(path)
    aside = path.with_name("keys.json.damaged-1")
    assert "damaged" in index.problem
    assert str(aside) in index.problem
    assert "sign in again" in index.problem
    assert (aside.read_bytes(), path.exists()) == (content, False)


def test_a_second_damaged_list_does_not_overwrite_the_first(path):
    """Each gets a name of its own."""
    for content in (b"first", b"second"):
        path.write_bytes(content)
        KeyIndex(path)
    asides = [path.with_name(f"keys.json.damaged-{number}") for number in (1, 2)]
    assert [aside.read_bytes() for aside in asides] == [b"first", b"second"]


def kinds(index, *providers):
    """Return what stands before the other sources of each provider."""
    barriers = [index.barrier(provider) for provider in providers]
    return [barrier and barrier.kind for barrier in barriers]


def test_after_damage_other_sources_wait_for_the_user_provider_by_provider(path):
    """A login or a logout settles it for one; a restart settles nothing."""
    path.write_bytes(b"{")
    KeyIndex(path)
    index = KeyIndex(path)
    names = ("work", "other", "third")
    assert kinds(index, *names) == ["damaged"] * 3
    assert str(path.with_name("keys.json.damaged-1")) in index.barrier("work").reason
    assert index.problem == index.barrier("work").reason
    index.add(known())
    index.settle("other")
    for again in (index, KeyIndex(path)):
        assert kinds(again, *names) == [None, None, "damaged"]
    index.remove(KeyId("work", "default"))
    assert kinds(KeyIndex(path), *names) == [None, None, "damaged"]


def test_who_removes_the_damaged_file_knows_of_it(path):
    """That it lies there is all that is known of the damage; no restart is needed."""
    path.write_bytes(b"{")
    index = KeyIndex(path)
    index.settle("work")
    path.with_name("keys.json.damaged-1").unlink()
    before = index.of("work")
    index.look_again()
    assert (kinds(index, "work", "other"), index.problem) == ([None, None], None)
    assert index.of("work") is not before


def test_new_damage_is_settled_anew(path):
    """What the user knew of the first says nothing about the second."""
    path.write_bytes(b"{")
    KeyIndex(path).settle("work")
    path.write_bytes(b"{")
    assert kinds(KeyIndex(path), "work") == ["damaged"]


def test_nothing_is_settled_where_nothing_is_wrong(path):
    """No file is written for it."""
    index = KeyIndex(path)
    index.settle("work")
    assert (kinds(index, "work"), path.exists()) == ([None], False)


@pytest.mark.parametrize("mode", [0o666, 0o620])
def test_a_list_others_may_write_stays_where_it_is_with_the_cure(path, mode):
    """It says where keys may go, so nothing serves until it is mended; nothing is lost."""
    KeyIndex(path).add(known())
    path.chmod(mode)
    index = KeyIndex(path)
    assert (index.of("work"), kinds(index, "work", "other")) == ([], ["closed", "closed"])
    assert f"chmod 600 {path}" in index.barrier("work").reason
    for change in (lambda: index.add(known("b")), lambda: index.settle("work")):
        with pytest.raises(KeyringLocked, match="chmod 600"):
            change()
    index.look_again()
    assert kinds(index, "work") == ["closed"]
    assert [found.name for found in path.parent.iterdir()] == ["keys.json"]
    path.chmod(0o600)
    index.look_again()
    assert (index.of("work"), kinds(index, "work"), index.problem) == ([known()], [None], None)


def test_a_list_that_can_be_neither_used_nor_moved_is_left_alone(path, monkeypatch):
    """As on a file system that is read-only now: nothing serves, and nothing is overwritten."""
    path.write_bytes(b"{")

    def refuse(self, target):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(type(path), "rename", refuse)
    index = KeyIndex(path)
    assert (kinds(index, "work"), path.read_bytes()) == (["closed"], b"{")
    assert "Read-only file system" in index.problem
    with pytest.raises(KeyringLocked):
        index.add(known())


def test_a_symlink_is_not_believed(path, tmp_path):
    """Whoever planted it would decide."""
    (tmp_path / "planted").write_bytes(msgspec.json.encode({"version": 1, "keys": [known()]}))
    path.symlink_to("planted")
    index = KeyIndex(path)
    assert (index.of("work"), kinds(index, "work")) == ([], ["damaged"])
    assert "symlink" in index.problem


def test_a_list_that_cannot_be_written_changes_nothing(path, tmp_path):
    """What is in memory stays what is on disk."""
    index = KeyIndex(path)
    index.add(known())
    tmp_path.chmod(0o777)
    with pytest.raises(KeyringLocked, match="list of stored keys"):
        index.add(known("second"))
    with pytest.raises(KeyringLocked):
        index.remove(KeyId("work", "default"))
    tmp_path.chmod(0o700)
    assert [entry.label for entry in index.of("work")] == ["default"]
    assert index.of("work") == KeyIndex(path).of("work")


def test_an_entry_that_is_pending_is_so_after_a_restart(path):
    """What a crash left half done must not look whole."""
    pending = msgspec.structs.replace(known(), is_pending=True)
    KeyIndex(path).add(pending)
    assert KeyIndex(path).of("work") == [pending]
    KeyIndex(path).add(known())
    assert "pending" not in path.read_text()
