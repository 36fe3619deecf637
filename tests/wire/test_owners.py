"""Which users could replace what is at a path: real directories, links, modes and owners."""

import grp
import os
import pwd
from pathlib import Path

import pytest

from aircher_wire import owners
from aircher_wire.owners import find_open_parent, is_own_group, is_unmapped_root

ME = os.getuid()
OTHER = 12345

as_root = pytest.mark.skipif(ME != 0, reason="only root can give directories away")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a closed directory two levels deep."""
    made = tmp_path / "a" / "b"
    made.mkdir(parents=True)
    return made


def test_closed_parents(place: Path) -> None:
    """Those of the user and of root pass, as does /tmp with its sticky bit; nothing need exist."""
    paths = (place, place / "file", place / "missing" / "file", Path("/tmp/x"), Path("/"))
    assert [find_open_parent(str(path), ME) for path in paths] == [None] * 5


def test_a_path_itself_is_not_checked(place: Path) -> None:
    """Its own rules depend on what it is."""
    place.chmod(0o777)
    (place / "file").touch()
    found = [find_open_parent(str(path), ME) is None for path in (place, place / "file")]
    assert found == [True, False]


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o702])
def test_a_parent_that_others_may_write_in(place: Path, mode: int) -> None:
    """The message has the directory, its mode and the cure."""
    place.parent.chmod(mode)
    assert find_open_parent(str(place), ME) == (
        f"other users may write in {place.parent} (mode {mode:04o})",
        f"run: chmod go-w {place.parent}",
    )


def test_the_sticky_bit_protects_what_is_in_it(place: Path) -> None:
    """Other users can add files, and not replace ours."""
    place.parent.chmod(0o1777)
    assert find_open_parent(str(place), ME) is None


@pytest.mark.parametrize(("is_own", "is_fine"), [(True, True), (False, False)])
def test_a_parent_that_a_group_may_write_in(
    place: Path, monkeypatch: pytest.MonkeyPatch, is_own: bool, is_fine: bool
) -> None:
    """The private group of a user has no other members."""
    monkeypatch.setattr(owners, "is_own_group", lambda gid, uid: is_own)
    place.parent.chmod(0o770)
    assert (find_open_parent(str(place), ME) is None) is is_fine


@as_root
def test_a_parent_of_another_user(place: Path) -> None:
    """It could replace everything below, whatever the modes are."""
    os.chown(place.parent, OTHER, OTHER)
    found = find_open_parent(str(place), ME)
    assert found is not None
    assert found[0] == f"{place.parent} belongs to another user (uid {OTHER})"
    assert find_open_parent(str(place), OTHER) is None


def test_the_target_of_a_link_has_parents_too(place: Path, tmp_path: Path) -> None:
    """As does each link on the way to it, absolute or relative."""
    (place / "real").mkdir()
    (tmp_path / "second").symlink_to(place)
    (tmp_path / "first").symlink_to("second/../b/real")
    through = str(tmp_path / "first" / "file")
    (place / "real" / "file").touch()
    assert find_open_parent(through, ME) is None
    place.parent.chmod(0o777)
    found = find_open_parent(through, ME)
    assert found is not None
    assert str(place.parent) in found[0]


@as_root
def test_a_link_of_another_user(place: Path, tmp_path: Path) -> None:
    """It leads where that user wants."""
    link = tmp_path / "link"
    link.symlink_to(place)
    os.chown(link, OTHER, OTHER, follow_symlinks=False)
    found = find_open_parent(str(link / "file"), ME)
    assert found is not None
    assert found[0] == f"{link} belongs to another user (uid {OTHER})"


def test_links_in_a_circle(tmp_path: Path) -> None:
    """No program can open them."""
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert find_open_parent(str(tmp_path / "a" / "file"), ME) is None


def test_the_group_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group with the user's name, and without other members."""
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: _Row(pw_name="me"))
    groups: dict[int, tuple[str, list[str]]] = {
        1: ("me", []),
        2: ("me", ["me"]),
        3: ("me", ["you"]),
        4: ("staff", []),
    }
    monkeypatch.setattr(
        grp, "getgrgid", lambda gid: _Row(gr_name=groups[gid][0], gr_mem=groups[gid][1])
    )
    assert [is_own_group(gid, 1000) for gid in (1, 2, 3, 4, 5)] == [True, True, False, False, False]


class _Row:
    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)


@pytest.mark.parametrize(
    ("uid_map", "owner", "expected"),
    [
        ("1000 1000 1\n", 65534, True),
        ("1000 1000 1\n", 1001, False),
        ("0 0 4294967295\n", 65534, False),
        ("0 1000 1\n1 100000 65536\n", 65534, False),
        ("damaged\n", 65534, False),
    ],
)
def test_root_outside_of_a_user_namespace(
    tmp_path: Path, uid_map: str, owner: int, expected: bool
) -> None:
    """A hardened service sees files of root as those of the overflow user."""
    (tmp_path / "map").write_text(uid_map)
    (tmp_path / "overflow").write_text("65534\n")
    assert is_unmapped_root(owner, tmp_path / "map", tmp_path / "overflow") is expected


def test_without_user_namespaces_the_overflow_user_is_not_root(tmp_path: Path) -> None:
    """On systems without /proc, the owner is what it says."""
    assert not is_unmapped_root(65534, tmp_path / "map", tmp_path / "overflow")
