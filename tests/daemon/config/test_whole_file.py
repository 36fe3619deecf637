"""Writing a file all or nothing."""

import os
import stat
from pathlib import Path

import pytest

from aircherd.config import whole_file
from aircherd.config.whole_file import write_whole


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

    monkeypatch.setattr(whole_file.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208 - names alone
    assert path.read_bytes() == b"old"
