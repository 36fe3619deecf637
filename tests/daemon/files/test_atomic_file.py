"""Writing a file all or nothing."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from aircherd.files import atomic_file
from aircherd.files.atomic_file import read_data, write_data, write_whole

Write = Callable[..., None]


def test_a_new_file_gets_the_mode_and_the_folder_it_needs(tmp_path: Path) -> None:
    """For its owner only, unless told otherwise."""
    write_whole(tmp_path / "new" / "a", b"one")
    write_whole(tmp_path / "b", b"two", mode=0o644)
    assert (tmp_path / "new" / "a").read_bytes() == b"one"
    modes = [stat.S_IMODE((tmp_path / p).stat().st_mode) for p in ("new", "new/a", "b")]
    assert modes == [0o700, 0o600, 0o644]


def test_an_old_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    """Who has it open reads the old one to its end."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o604)
    with path.open("rb") as reader:
        write_whole(path, b"new")
        assert reader.read() == b"old"
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o604)


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    """Also one to a file that is not there yet."""
    link = tmp_path / "link"
    link.symlink_to("real")
    write_whole(link, b"x")
    assert link.is_symlink()
    assert (tmp_path / "real").read_bytes() == b"x"


def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, at the worst moment."""
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_file.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208 - names alone
    assert path.read_bytes() == b"old"


class Stopped(Exception):
    """Somebody thought better of it."""


def stop() -> None:
    raise Stopped


@pytest.mark.parametrize("write", [write_whole, write_data])
def test_a_write_can_be_stopped_at_the_last_moment(tmp_path: Path, write: Write) -> None:
    """The old file stays, and nothing is left beside it."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(Stopped):
        write(path, b"new", check=stop)
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208 - names alone
    assert path.read_bytes() == b"old"


# -------------------------------------------------------------- the daemon's own data


def test_a_data_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """Whatever mode the old one had."""
    path = tmp_path / "new" / "a"
    write_data(path, b"one")
    path.chmod(0o644)
    write_data(path, b"two")
    assert (read_data(path), stat.S_IMODE(path.stat().st_mode)) == (b"two", 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_link_in_the_place_of_a_data_file_is_not_followed(tmp_path: Path) -> None:
    """Neither to read nor to write: it gives way to a file, and what it led to stays."""
    path, other = tmp_path / "a", tmp_path / "precious"
    other.write_bytes(b"x")
    path.symlink_to(other)
    with pytest.raises(OSError, match="symbolic links"):
        read_data(path)
    write_data(path, b"new")
    assert (path.is_symlink(), path.read_bytes(), other.read_bytes()) == (False, b"new", b"x")


def test_a_link_in_the_place_of_the_temporary_file_is_not_followed(tmp_path: Path) -> None:
    """And what a crash left there is gone with the next write."""
    other = tmp_path / "precious"
    other.write_bytes(b"x")
    (tmp_path / ".a.tmp").symlink_to(other)
    write_data(tmp_path / "a", b"new")
    assert other.read_bytes() == b"x"
    assert sorted(os.listdir(tmp_path)) == ["a", "precious"]  # noqa: PTH208 - names alone


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """It is refused, and gives way to a file."""
    path = tmp_path / "a"
    os.mkfifo(path)
    with pytest.raises(OSError, match="no file of ours"):
        read_data(path)
    write_data(path, b"new")
    assert read_data(path) == b"new"


def test_a_data_file_beyond_all_measure_is_not_read(tmp_path: Path) -> None:
    """Memory has an end."""
    path = tmp_path / "a"
    path.touch()
    os.truncate(path, atomic_file.MOST_BYTES + 1)
    with pytest.raises(OSError, match="no file of ours"):
        read_data(path)
