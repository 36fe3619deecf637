"""The index of stored keys."""

import msgspec
import pytest

from aircherd.auth.stores.base import KeyId
from aircherd.auth.stores.index import IndexEntry, KeyIndex
from aircherd.errors import KeyringLocked


def index_entry(label="default", provider="work", origin="https://work.example.com:443"):
    return IndexEntry(provider=provider, label=label, origin=origin, store="keyring", stored_at=1.5)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.json"


def test_missing_file_is_an_empty_index(path):
    """It is not a problem."""
    index = KeyIndex(path)
    assert (index.entries_of("work"), index.providers(), index.problem) == ([], [], None)


def test_added_entry_survives_a_restart(path):
    """It is written at once, to a private file."""
    KeyIndex(path).add(index_entry())
    assert KeyIndex(path).get(KeyId("work", "default")) == index_entry()
    assert path.stat().st_mode & 0o777 == 0o600


def test_default_key_comes_first_then_by_label(path):
    """This is the order of preference."""
    index = KeyIndex(path)
    for label in ("zebra", "default", "Apple", "mango"):
        index.add(index_entry(label))
    index.add(index_entry(provider="other"))
    assert [entry.label for entry in index.entries_of("work")] == [
        "default",
        "Apple",
        "mango",
        "zebra",
    ]
    assert index.providers() == ["other", "work"]


def test_entry_of_the_same_name_is_replaced(path):
    """There is one entry per name."""
    index = KeyIndex(path)
    index.add(index_entry())
    index.add(index_entry(origin="https://new.example.com:443"))
    assert [entry.origin for entry in KeyIndex(path).entries_of("work")] == [
        "https://new.example.com:443"
    ]


def test_removed_entry_is_gone_after_a_restart(path):
    """Removing a missing one is no error, and writes nothing."""
    index = KeyIndex(path)
    index.remove(KeyId("work", "default"))
    assert not path.exists()
    index.add(index_entry())
    index.remove(KeyId("work", "default"))
    assert KeyIndex(path).entries_of("work") == []


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
def test_damaged_index_is_moved_aside_and_reported(path, content):
    """It is kept for inspection, and a new index is started."""
    path.write_bytes(content)
    index = KeyIndex(path)
    aside = path.with_name("keys.json.damaged-1")
    assert "damaged" in index.problem
    assert str(aside) in index.problem
    assert "sign in again" in index.problem
    assert (aside.read_bytes(), path.exists()) == (content, False)


def test_second_damaged_index_does_not_overwrite_the_first(path):
    """Each gets its own name."""
    for content in (b"first", b"second"):
        path.write_bytes(content)
        KeyIndex(path)
    asides = [path.with_name(f"keys.json.damaged-{number}") for number in (1, 2)]
    assert [aside.read_bytes() for aside in asides] == [b"first", b"second"]


def kinds(index, *providers):
    """Return the kind of block of each provider."""
    blocks = [index.block_for(provider) for provider in providers]
    return [block and block.kind for block in blocks]


def test_damage_blocks_each_provider_until_it_is_acknowledged(path):
    """A login or a logout acknowledges it for one provider; a restart changes nothing."""
    path.write_bytes(b"{")
    KeyIndex(path)
    index = KeyIndex(path)
    names = ("work", "other", "third")
    assert kinds(index, *names) == ["damaged"] * 3
    assert str(path.with_name("keys.json.damaged-1")) in index.block_for("work").reason
    assert index.problem == index.block_for("work").reason
    index.add(index_entry())
    index.acknowledge_damage("other")
    for again in (index, KeyIndex(path)):
        assert kinds(again, *names) == [None, None, "damaged"]
    index.remove(KeyId("work", "default"))
    assert kinds(KeyIndex(path), *names) == [None, None, "damaged"]


def test_removing_the_damaged_file_removes_all_blocks(path):
    """The file is the only record of the damage; no restart is needed."""
    path.write_bytes(b"{")
    index = KeyIndex(path)
    index.acknowledge_damage("work")
    path.with_name("keys.json.damaged-1").unlink()
    before = index.entries_of("work")
    index.refresh()
    assert (kinds(index, "work", "other"), index.problem) == ([None, None], None)
    assert index.entries_of("work") is not before


def test_new_damage_blocks_again(path):
    """An earlier acknowledgement does not count for it."""
    path.write_bytes(b"{")
    KeyIndex(path).acknowledge_damage("work")
    path.write_bytes(b"{")
    assert kinds(KeyIndex(path), "work") == ["damaged"]


def test_acknowledging_without_damage_does_nothing(path):
    """No file is written."""
    index = KeyIndex(path)
    index.acknowledge_damage("work")
    assert (kinds(index, "work"), path.exists()) == ([None], False)


@pytest.mark.parametrize("mode", [0o666, 0o620])
def test_index_writable_by_others_stays_in_place_with_a_hint(path, mode):
    """It decides where keys may go, so nothing is used until it is fixed; nothing is lost."""
    KeyIndex(path).add(index_entry())
    path.chmod(mode)
    index = KeyIndex(path)
    assert (index.entries_of("work"), kinds(index, "work", "other")) == ([], ["closed", "closed"])
    assert f"chmod 600 {path}" in index.block_for("work").reason
    for change in (lambda: index.add(index_entry("b")), lambda: index.acknowledge_damage("work")):
        with pytest.raises(KeyringLocked, match="chmod 600"):
            change()
    index.refresh()
    assert kinds(index, "work") == ["closed"]
    assert [found.name for found in path.parent.iterdir()] == ["keys.json"]
    path.chmod(0o600)
    index.refresh()
    assert (index.entries_of("work"), kinds(index, "work"), index.problem) == (
        [index_entry()],
        [None],
        None,
    )


def test_damaged_index_that_cannot_be_moved_is_left_in_place(path, monkeypatch):
    """For example on a read-only file system: nothing is used, and nothing is overwritten."""
    path.write_bytes(b"{")

    def refuse(self, target):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(type(path), "rename", refuse)
    index = KeyIndex(path)
    assert (kinds(index, "work"), path.read_bytes()) == (["closed"], b"{")
    assert "Read-only file system" in index.problem
    with pytest.raises(KeyringLocked):
        index.add(index_entry())


def test_symlink_is_not_read(path, tmp_path):
    """Its creator would decide where keys may go."""
    (tmp_path / "planted").write_bytes(msgspec.json.encode({"version": 1, "keys": [index_entry()]}))
    path.symlink_to("planted")
    index = KeyIndex(path)
    assert (index.entries_of("work"), kinds(index, "work")) == ([], ["damaged"])
    assert "symlink" in index.problem


def test_failed_write_changes_nothing(path, tmp_path):
    """The index in memory stays equal to the file."""
    index = KeyIndex(path)
    index.add(index_entry())
    tmp_path.chmod(0o777)
    with pytest.raises(KeyringLocked, match="list of stored keys"):
        index.add(index_entry("second"))
    with pytest.raises(KeyringLocked):
        index.remove(KeyId("work", "default"))
    tmp_path.chmod(0o700)
    assert [entry.label for entry in index.entries_of("work")] == ["default"]
    assert index.entries_of("work") == KeyIndex(path).entries_of("work")


def test_pending_entry_stays_pending_after_a_restart(path):
    """An unfinished change must not look finished."""
    pending = msgspec.structs.replace(index_entry(), is_pending=True)
    KeyIndex(path).add(pending)
    assert KeyIndex(path).entries_of("work") == [pending]
    KeyIndex(path).add(index_entry())
    assert "pending" not in path.read_text()


# ------------------------------------------------------------------ changed outside


def test_file_restored_from_a_backup_is_noticed(path):
    """Its entries replace those in memory; a removed file is an empty list."""
    index = KeyIndex(path)
    index.add(index_entry())
    backup = path.read_bytes()
    index.add(index_entry(provider="spare"))
    path.write_bytes(backup)
    index.refresh()
    assert index.providers() == ["work"]
    path.unlink()
    index.refresh()
    assert index.providers() == []


def test_own_write_is_not_read_again(path):
    """Only what others write is."""
    index = KeyIndex(path)
    index.add(index_entry())
    generation = index.generation
    index.refresh()
    assert index.generation == generation


def test_half_written_file_leaves_the_list_in_use(path):
    """It is not moved aside, because its writer may not be done."""
    index = KeyIndex(path)
    index.add(index_entry())
    good = path.read_bytes()
    path.write_bytes(good[:20])
    index.refresh()
    assert index.providers() == ["work"]
    assert "the list that was read before is in use" in (index.problem or "")
    assert index.block_for("other") is None
    path.write_bytes(good)
    index.refresh()
    assert (index.providers(), index.problem) == (["work"], None)


def test_damaged_file_is_kept_when_the_list_is_written(path):
    """It may be the only copy of what its writer meant."""
    index = KeyIndex(path)
    index.add(index_entry())
    path.write_text("{damaged")
    index.refresh()
    index.add(index_entry(provider="spare"))
    assert path.with_name("keys.json.spoiled-1").read_text() == "{damaged"
    assert KeyIndex(path).providers() == ["spare", "work"]
    assert index.problem is None
