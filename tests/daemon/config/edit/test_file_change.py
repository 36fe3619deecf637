"""Changes of the user's file: all or nothing, and never over the change of another program."""

import hashlib
import os
import stat
from pathlib import Path

import pytest

from aircherd.config.edit.file_change import (
    change_file,
    hash_of_file,
    write_error,
    write_text,
)
from aircherd.errors import BadRequest, ConfigInvalid

GOOD = "[usage]\nkeep_days = 40\n"


def no_check() -> None:
    """Allow the write."""


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_fingerprint_is_the_hash_of_the_content(tmp_path: Path) -> None:
    """A missing file has an empty one; a directory has none."""
    file = tmp_path / "config.toml"
    assert hash_of_file(file) == ""
    file.write_bytes(b"\xff\n")
    assert hash_of_file(file) == hashlib.sha256(b"\xff\n").hexdigest()
    with pytest.raises(OSError, match="not a file"):
        hash_of_file(tmp_path)


def test_text_is_written_private_and_whole(tmp_path: Path) -> None:
    """A new file is for its user only, in a directory for its user only."""
    file = tmp_path / "home" / "config.toml"
    assert write_text(file, GOOD, "", no_check)
    assert file.read_text() == GOOD
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not write_text(file, GOOD, sha(GOOD), no_check)


def test_an_empty_file_is_not_created_by_a_change(tmp_path: Path) -> None:
    """Removing an entry where there is no file changes nothing; an empty text can be asked for."""
    file = tmp_path / "config.toml"
    assert not change_file(file, lambda text: text, no_check)
    assert not file.exists()
    assert write_text(file, "", None, no_check)
    assert file.read_bytes() == b""


def test_invalid_text_is_not_written(tmp_path: Path) -> None:
    """Neither as a whole nor by a change."""
    file = tmp_path / "config.toml"
    file.write_text(GOOD)
    with pytest.raises(ConfigInvalid, match="keep_days"):
        write_text(file, "[usage]\nkeep_days = 1\n", None, no_check)
    with pytest.raises(ConfigInvalid, match="keep_days"):
        change_file(file, lambda text: text.replace("40", "1"), no_check)
    assert file.read_text() == GOOD


@pytest.mark.parametrize("base", ["", sha("old")])
def test_another_file_than_the_base_is_not_replaced(tmp_path: Path, base: str) -> None:
    """The error says that the file changed, in words and for programs."""
    file = tmp_path / "config.toml"
    file.write_text("# theirs\n")
    with pytest.raises(BadRequest, match="was changed by another program meanwhile") as caught:
        write_text(file, GOOD, base, no_check)
    assert caught.value.data == {"reason": "changed"}
    assert file.read_text() == "# theirs\n"


def test_without_a_base_any_file_is_replaced(tmp_path: Path) -> None:
    """Even one that is not UTF-8, which could not be changed otherwise."""
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff")
    assert write_text(file, GOOD, None, no_check)
    assert file.read_text() == GOOD


def test_a_change_during_the_write_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is compared right before it is replaced."""
    file = tmp_path / "config.toml"
    file.write_text("# read\n")
    sync = os.fsync

    def change_meanwhile(descriptor: int) -> None:
        file.write_text("# theirs\n")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", change_meanwhile)
    with pytest.raises(BadRequest, match="meanwhile"):
        change_file(file, lambda text: text + GOOD, no_check)
    assert file.read_text() == "# theirs\n"
    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"]


def test_links_and_modes_stay(tmp_path: Path) -> None:
    """A chain of links, as stow makes them, leads to the file that is replaced."""
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "config.toml"
    real.write_text("# mine\n")
    real.chmod(0o644)
    (tmp_path / "middle").symlink_to("dotfiles")
    link = tmp_path / "config.toml"
    link.symlink_to("middle/config.toml")
    assert change_file(link, lambda text: text + GOOD, no_check)
    assert link.is_symlink()
    assert real.read_text() == "# mine\n" + GOOD
    assert stat.S_IMODE(real.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("is_link", "cure"), [(False, "chmod u\\+w"), (True, "change it where it is generated")]
)
def test_a_read_only_file_is_not_replaced(tmp_path: Path, is_link: bool, cure: str) -> None:
    """home-manager links to files that the next generation overwrites."""
    file = tmp_path / "store.toml"
    file.write_text("# generated\n")
    file.chmod(0o444)
    path = file
    if is_link:
        path = tmp_path / "config.toml"
        path.symlink_to(file)
    with pytest.raises(PermissionError, match=f"it is read-only: {cure}") as caught:
        write_text(path, GOOD, None, no_check)
    assert file.read_text() == "# generated\n"
    assert (f"a link to {file}," in write_error(path, caught.value)) is is_link


def test_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    """Only the user knows where the file should be."""
    link = tmp_path / "config.toml"
    link.symlink_to(tmp_path / "gone" / "config.toml")
    with pytest.raises(ConfigInvalid, match="is a link to a file that does not exist"):
        change_file(link, lambda text: text + GOOD, no_check)


def test_a_directory_in_its_place_is_refused(tmp_path: Path) -> None:
    """It stays."""
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigInvalid, match="is not a file"):
        change_file(tmp_path / "config.toml", lambda text: text, no_check)
    with pytest.raises(OSError, match="not a file"):
        write_text(tmp_path / "config.toml", GOOD, None, no_check)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no temporary file."""
    file = tmp_path / "config.toml"
    file.write_text("# mine\n")

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left") as caught:
        write_text(file, GOOD, None, no_check)
    assert write_error(file, caught.value) == f"{file} cannot be written: No space left on device"
    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"]
    assert file.read_text() == "# mine\n"


def test_a_read_only_file_system_has_a_cure(tmp_path: Path) -> None:
    """A link out of the directories that a hardened service may write to is the usual reason."""
    (tmp_path / "dotfiles").mkdir()
    link = tmp_path / "config.toml"
    link.symlink_to(tmp_path / "dotfiles" / "aircher.toml")
    message = write_error(link, OSError(30, "Read-only file system"))
    assert "cannot be written: Read-only file system. A hardened service" in message
    assert f"'ReadWritePaths={tmp_path}/dotfiles'" in message
