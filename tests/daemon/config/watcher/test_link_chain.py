"""What leads to a file, and which directories announce its changes."""

import errno
import os

import pytest

from aircherd.config.watcher.link_chain import Glance, follow


@pytest.fixture
def root(tmp_path):
    """A directory whose own path has no links."""
    return tmp_path.resolve()


def directories(path):
    """Return the watched directories."""
    return {name for name, _ in follow(path).directories}


def test_the_directory_of_a_file_and_its_parent_are_watched(root):
    """The parent announces that the directory itself was replaced."""
    (root / "home").mkdir()
    file = root / "home" / "config.toml"
    file.write_text("")
    assert directories(file) == {str(root / "home"), str(root)}


def test_the_directory_of_every_link_is_watched(root):
    """As home-manager builds it: a link to a link in a store, to a file elsewhere."""
    for name in ("home", "store", "store/generation", "store/files"):
        (root / name).mkdir()
    (root / "store/files/config.toml").write_text("")
    (root / "store/generation/config.toml").symlink_to(root / "store/files/config.toml")
    (root / "current").symlink_to("store/generation")
    (root / "home/config.toml").symlink_to("../current/config.toml")
    assert directories(root / "home/config.toml") == {
        str(each)
        for each in (
            root / "home",
            root,
            root.parent,
            root / "store/generation",
            root / "store",
            root / "store/files",
        )
    }


def _write(root):
    (root / "a/f").write_text("longer")


def _replace(root):
    (root / "new").write_text("x")
    (root / "new").rename(root / "a/f")


def _remove(root):
    (root / "a/f").unlink()


def _recreate_directory(root):
    (root / "a").rename(root / "old")
    (root / "a").mkdir()
    os.link(root / "old/f", root / "a/f")


def _turn_link(root):
    (root / "other").symlink_to("b")
    (root / "other").rename(root / "link")


def _change_mode(root):
    (root / "a/f").chmod(0o400)


@pytest.mark.parametrize(
    "change", [_write, _replace, _remove, _recreate_directory, _turn_link, _change_mode]
)
def test_every_change_on_the_way_changes_the_facts(root, change):
    """Even a directory replaced by one with the same file."""
    for name in ("a", "b"):
        (root / name).mkdir()
    (root / "a/f").write_text("x")
    os.link(root / "a/f", root / "b/f")
    (root / "link").symlink_to("a")
    before = follow(root / "link/f")
    assert follow(root / "link/f") == before
    assert before.still_holds(Glance())
    change(root)
    assert follow(root / "link/f").facts != before.facts
    assert not before.still_holds(Glance())


def test_a_directory_at_the_end_is_watched_itself(root):
    """Its entries are what changes."""
    (root / "keys").mkdir()
    before = follow(root / "keys")
    assert directories(root / "keys") == {str(root / "keys"), str(root), str(root.parent)}
    (root / "keys/a").write_text("x")
    assert follow(root / "keys").facts != before.facts


def _make_unreadable(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, "no", path)

    monkeypatch.setattr(os, "scandir", refuse)


def _become_a_file(folder, monkeypatch):
    """A new file often gets the number of the directory that was removed before."""
    number = folder.stat().st_ino
    folder.rmdir()
    folder.write_text("x")
    lstat, found = os.lstat, os.lstat(folder)
    same = os.stat_result([found.st_mode, number, *found[2:]])
    monkeypatch.setattr(os, "lstat", lambda path: same if path == str(folder) else lstat(path))


@pytest.mark.parametrize("change", [_make_unreadable, _become_a_file])
def test_a_directory_that_cannot_be_read_any_more_has_changed(root, change, monkeypatch):
    """It raises nothing: an error would end the thread that watches."""
    folder = root / "config.toml"
    folder.mkdir()
    chain = follow(folder)
    change(folder, monkeypatch)
    assert not chain.still_holds(Glance())
    assert follow(folder).facts != chain.facts


def test_a_neighbour_changes_nothing(root):
    """The directory's own times are no facts."""
    (root / "f").write_text("x")
    before = follow(root / "f")
    (root / "g").write_text("y")
    assert follow(root / "f") == before
    assert before.still_holds(Glance())


@pytest.mark.parametrize(
    ("name", "expected"),
    [("missing/f", errno.ENOENT), ("file/f", errno.ENOTDIR), ("loop", errno.ELOOP)],
)
def test_an_error_is_a_fact(root, name, expected):
    """A missing directory, a file in its place, and a link to itself."""
    (root / "file").write_text("")
    (root / "loop").symlink_to("loop")
    chain = follow(root / name)
    assert chain.facts[-1][1:] == ("error", (expected,))
    assert chain.still_holds(Glance()) or expected == errno.ELOOP


def test_the_nearest_directory_that_exists_announces_a_missing_one(root):
    """A daemon may start before there is a home."""
    assert str(root) in directories(root / "home" / "config.toml")


def test_parents_in_a_link_are_followed(root):
    """`..` goes up from where the link leads, not from where it is."""
    (root / "real/deep").mkdir(parents=True)
    (root / "real/f").write_text("x")
    (root / "link").symlink_to("real/deep")
    assert follow(root / "link/../f").facts[-1][0] == str(root / "real/f")
