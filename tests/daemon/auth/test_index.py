"""The list of stored keys."""

import msgspec
import pytest

from aircherd.auth.index import IndexEntry, KeyIndex
from aircherd.auth.key_store import Entry
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
    assert KeyIndex(path).get(Entry("work", "default")) == known()
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
    index.remove(Entry("work", "default"))
    assert not path.exists()
    index.add(known())
    index.remove(Entry("work", "default"))
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
    index.add(known())
    assert (index.problem, KeyIndex(path).problem) == (None, None)


def test_a_second_damaged_list_does_not_overwrite_the_first(path):
    """Each gets a name of its own."""
    for content in (b"first", b"second"):
        path.write_bytes(content)
        KeyIndex(path)
    asides = [path.with_name(f"keys.json.damaged-{number}") for number in (1, 2)]
    assert [aside.read_bytes() for aside in asides] == [b"first", b"second"]


def test_a_list_others_may_write_is_not_believed(path):
    """It says where keys may go."""
    KeyIndex(path).add(known())
    path.chmod(0o666)
    index = KeyIndex(path)
    assert index.of("work") == []
    assert "open to other users" in index.problem
    assert path.with_name("keys.json.damaged-1").exists()


def test_a_symlink_is_not_believed(path, tmp_path):
    """Whoever planted it would decide."""
    (tmp_path / "planted").write_bytes(msgspec.json.encode({"version": 1, "keys": [known()]}))
    path.symlink_to("planted")
    index = KeyIndex(path)
    assert index.of("work") == []
    assert "symlink" in index.problem


def test_a_list_that_cannot_be_written_changes_nothing(path, tmp_path):
    """What is in memory stays what is on disk."""
    index = KeyIndex(path)
    index.add(known())
    tmp_path.chmod(0o777)
    with pytest.raises(KeyringLocked, match="list of stored keys"):
        index.add(known("second"))
    with pytest.raises(KeyringLocked):
        index.remove(Entry("work", "default"))
    tmp_path.chmod(0o700)
    assert [entry.label for entry in index.of("work")] == ["default"]
    assert index.of("work") == KeyIndex(path).of("work")
