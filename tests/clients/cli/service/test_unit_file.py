"""Files of a service: whose they are, writing and removing."""

import os
from pathlib import Path

import pytest

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service import unit_file
from aircher_cli.service.unit_file import Ownership, State

OWNERSHIP = Ownership(lambda text: text.startswith("ours"), lambda text: text == "ours")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, State.ABSENT),
        ("ours", State.OURS),
        ("ours, changed", State.CHANGED),
        ("theirs", State.FOREIGN),
        ("", State.FOREIGN),
    ],
)
def test_state(tmp_path: Path, text: str | None, expected: State) -> None:
    """The text decides whose a file is."""
    file = tmp_path / "unit"
    if text is not None:
        file.write_text(text)
    assert expected is unit_file.state(file, OWNERSHIP)


@pytest.mark.parametrize("target", ["/dev/null", "/nowhere", "ours"])
def test_a_link_is_not_ours(tmp_path: Path, target: str) -> None:
    """`systemctl mask` makes one to /dev/null, and home managers link to their stores."""
    (tmp_path / "ours").write_text("ours")
    file = tmp_path / "unit"
    file.symlink_to(target)
    assert unit_file.state(file, OWNERSHIP) is State.FOREIGN


def test_write(tmp_path: Path) -> None:
    """Directories are made, the mode is the usual one for units, and nothing else is left."""
    file = tmp_path / "systemd" / "user" / "unit"
    unit_file.write(file, "ours")
    unit_file.write(file, "ours too")
    assert file.read_text() == "ours too"
    assert file.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in file.parent.iterdir()] == ["unit"]


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    """It is named, with the reason."""
    (tmp_path / "systemd").write_text("a file")
    with pytest.raises(CommandFailed, match=r"cannot write .*/systemd/unit: .*exists"):
        unit_file.write(tmp_path / "systemd" / "unit", "ours")


def test_back_up(tmp_path: Path) -> None:
    """The copy's name has no suffix that systemd reads."""
    file = tmp_path / "aircherd.service"
    file.write_text("theirs")
    copy = unit_file.back_up(file)
    assert copy.read_text() == "theirs"
    assert not file.exists()
    assert copy.suffix == ".bak"
    with pytest.raises(CommandFailed, match="cannot move"):
        unit_file.back_up(file)


def test_remove(tmp_path: Path) -> None:
    """Removing twice is no failure, and only empty directories go with the file."""
    folder = tmp_path / "systemd" / "user"
    unit_file.write(folder / "unit", "ours")
    (tmp_path / "kept").touch()
    for _ in range(2):
        unit_file.remove(folder / "unit")
        unit_file.remove_empty([folder, folder.parent, tmp_path])
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


def test_what_cannot_be_removed_is_named(tmp_path: Path) -> None:
    """A directory in its place, for example."""
    with pytest.raises(CommandFailed, match="cannot remove"):
        unit_file.remove(tmp_path)


def test_there_is_nothing_in_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    """Nor below a file."""
    (tmp_path / "file").touch()
    assert unit_file.read(tmp_path / "none" / "unit") is None
    assert unit_file.read(tmp_path / "file" / "unit") is None


@pytest.mark.parametrize("what", ["directory", "pipe", "loop"])
def test_what_is_no_file_is_not_ours(tmp_path: Path, what: str) -> None:
    """It is not opened, since a pipe would wait for a writer, and it can be moved away."""
    path = tmp_path / "unit"
    if what == "directory":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path)
    assert unit_file.state(path, OWNERSHIP) is State.FOREIGN
    unit_file.back_up(path)
    assert unit_file.state(path, OWNERSHIP) is State.ABSENT


def test_directories_are_private_whatever_the_umask(tmp_path: Path) -> None:
    """Also those above the one for units."""
    before = os.umask(0)
    try:
        unit_file.write(tmp_path / ".config" / "systemd" / "user" / "unit", "ours")
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_dir()}
    assert modes == {0o700}


def test_what_a_crash_left_of_a_file_goes_with_it(tmp_path: Path) -> None:
    """The next one replaces it, and removing the file removes it, too."""
    left = tmp_path / ".unit.tmp"
    left.write_text("ou")
    unit_file.write(tmp_path / "unit", "ours")
    assert not left.exists()
    left.write_text("ou")
    unit_file.remove(tmp_path / "unit")
    assert list(tmp_path.iterdir()) == []


def test_no_copy_replaces_another(tmp_path: Path) -> None:
    """Not even one of the same second."""
    copies = set()
    for number in range(5):
        (tmp_path / "unit").write_text(str(number))
        copies.add(unit_file.back_up(tmp_path / "unit"))
    assert {copy.read_text() for copy in copies} == set("01234")
