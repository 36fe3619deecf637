"""Atomic writes of the user's files and the daemon's data files."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from aircher_wire import atomic_file
from aircher_wire.atomic_file import read_data, write_data, write_user_file

Write = Callable[..., None]


def test_new_file_gets_its_mode_and_directory(tmp_path: Path) -> None:
    """Mode 0600 in a 0700 directory by default."""
    write_user_file(tmp_path / "new" / "a", b"one")
    write_user_file(tmp_path / "b", b"two", mode=0o644)
    assert (tmp_path / "new" / "a").read_bytes() == b"one"
    modes = [stat.S_IMODE((tmp_path / p).stat().st_mode) for p in ("new", "new/a", "b")]
    assert modes == [0o700, 0o600, 0o644]


def test_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    """A reader that has the old file open still reads the old content."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o604)
    with path.open("rb") as reader:
        write_user_file(path, b"new")
        assert reader.read() == b"old"
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o604)


def test_leftovers_of_killed_programs_are_removed(tmp_path: Path) -> None:
    """But neither temporary files that may be in use, nor files of others."""
    file = tmp_path / "config.toml"
    for name in (".config.toml.aircher-old", ".config.toml.original"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".config.toml.aircher-new").touch()
    write_user_file(file, b"x")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        ".config.toml.aircher-new",
        ".config.toml.original",
        "config.toml",
    ]


def test_replaced_file_keeps_its_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that the user is not in is given up, the write is not."""
    file = tmp_path / "config.toml"
    file.write_text("old")
    asked: list[int] = []

    def refuse(descriptor: int, uid: int, gid: int) -> None:
        asked.append(gid)
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    write_user_file(file, b"new")
    assert (asked, file.read_bytes()) == ([file.stat().st_gid], b"new")


def test_file_of_another_user_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would change hands; the temporary file is removed."""
    file = tmp_path / "config.toml"
    file.write_text("old")

    def refuse(descriptor: int, uid: int, gid: int) -> None:
        raise PermissionError

    def own(descriptor: int) -> os.stat_result:
        found = list(os.stat(descriptor))
        found[4] += 1
        return os.stat_result(found)

    monkeypatch.setattr(os, "fchown", refuse)
    monkeypatch.setattr(os, "fstat", own)
    with pytest.raises(PermissionError, match="belongs to another user"):
        write_user_file(file, b"new")
    assert (file.read_text(), len(list(tmp_path.iterdir()))) == ("old", 1)


def test_link_at_a_user_file_is_followed_and_stays(tmp_path: Path) -> None:
    """The target is written even if it does not exist yet."""
    link = tmp_path / "link"
    link.symlink_to("real")
    write_user_file(link, b"x")
    assert link.is_symlink()
    assert (tmp_path / "real").read_bytes() == b"x"


def test_failed_write_leaves_only_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If fsync fails on a full disk, the temporary file is removed."""
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_file.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_user_file(path, b"new")
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208 - names alone
    assert path.read_bytes() == b"old"


class Stopped(Exception):
    """Raised by a `check` that forbids the write."""


def stop() -> None:
    raise Stopped


@pytest.mark.parametrize("write", [write_user_file, write_data])
def test_failing_check_prevents_the_replacement(tmp_path: Path, write: Write) -> None:
    """The old file stays and the temporary file is removed."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(Stopped):
        write(path, b"new", check=stop)
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208 - names alone
    assert path.read_bytes() == b"old"


# -------------------------------------------------------------- the daemon's own data


def test_data_file_has_mode_0600(tmp_path: Path) -> None:
    """The mode of the file it replaces does not matter."""
    path = tmp_path / "new" / "a"
    write_data(path, b"one")
    path.chmod(0o644)
    write_data(path, b"two")
    assert (read_data(path), stat.S_IMODE(path.stat().st_mode)) == (b"two", 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_link_at_a_data_file_is_not_followed(tmp_path: Path) -> None:
    """Reading fails; writing replaces the link and leaves its target alone."""
    path, other = tmp_path / "a", tmp_path / "precious"
    other.write_bytes(b"x")
    path.symlink_to(other)
    with pytest.raises(OSError, match="symbolic links"):
        read_data(path)
    write_data(path, b"new")
    assert (path.is_symlink(), path.read_bytes(), other.read_bytes()) == (False, b"new", b"x")


def test_link_at_the_temporary_file_is_not_followed(tmp_path: Path) -> None:
    """Whatever a crash left at the temporary name is removed by the next write."""
    other = tmp_path / "precious"
    other.write_bytes(b"x")
    (tmp_path / ".a.tmp").symlink_to(other)
    write_data(tmp_path / "a", b"new")
    assert other.read_bytes() == b"x"
    assert sorted(os.listdir(tmp_path)) == ["a", "precious"]  # noqa: PTH208 - names alone


def test_pipe_at_a_data_file_does_not_block(tmp_path: Path) -> None:
    """Reading it fails at once; writing replaces it."""
    path = tmp_path / "a"
    os.mkfifo(path)
    with pytest.raises(OSError, match="not a data file"):
        read_data(path)
    write_data(path, b"new")
    assert read_data(path) == b"new"


def test_too_large_data_file_is_not_read(tmp_path: Path) -> None:
    """Nothing larger than `MAX_DATA_BYTES` is loaded into memory."""
    path = tmp_path / "a"
    path.touch()
    os.truncate(path, atomic_file.MAX_DATA_BYTES + 1)
    with pytest.raises(OSError, match="not a data file"):
        read_data(path)
