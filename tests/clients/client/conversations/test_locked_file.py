"""Extending a file that several programs use: locks, full disks, replaced files."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from aircher_client.conversations import locked_file
from aircher_client.conversations.locked_file import (
    append,
    locked,
    read_file,
    remove_if,
    set_aside,
)
from aircher_client.conversations.names import ConversationError


def test_a_new_file_is_private(tmp_path: Path) -> None:
    """Others can neither read nor write it, whatever the umask."""
    path = tmp_path / "a"
    old = os.umask(0)
    try:
        with locked(str(path), create=True) as descriptor:
            append(descriptor, b"one\n")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_file(str(path)) == b"one\n"
    assert read_file(str(tmp_path / "b")) is None


def test_a_lock_is_waited_for_and_then_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped program must not stop others forever."""
    path = str(tmp_path / "a")
    monkeypatch.setattr(locked_file, "LOCK_SECONDS", 0.05)
    with (
        locked(path, create=True),
        pytest.raises(ConversationError, match="another program holds"),
        locked(path, create=True),
    ):
        pass


def test_a_file_that_is_replaced_meanwhile_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written to the old file would be lost."""
    path = tmp_path / "a"
    path.write_bytes(b"old\n")
    new = tmp_path / "new"
    new.write_bytes(b"new\n")
    real = fcntl.flock

    def replace_and_lock(descriptor: int, how: int) -> None:
        if new.exists():
            new.replace(path)
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", replace_and_lock)
    with locked(str(path), create=False) as descriptor:
        append(descriptor, b"more\n")
    assert path.read_bytes() == b"new\nmore\n"


def test_a_file_that_is_removed_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is created again, if it may be."""
    path = tmp_path / "a"
    real = fcntl.flock

    def remove_and_lock(descriptor: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", real)
        path.unlink()
        real(descriptor, how)

    path.touch()
    monkeypatch.setattr(fcntl, "flock", remove_and_lock)
    with pytest.raises(FileNotFoundError), locked(str(path), create=False):
        pass
    path.touch()
    monkeypatch.setattr(fcntl, "flock", remove_and_lock)
    with locked(str(path), create=True) as descriptor:
        append(descriptor, b"new\n")
    assert path.read_bytes() == b"new\n"


@pytest.mark.parametrize(
    ("number", "is_error"), [(errno.ENOLCK, False), (errno.EOPNOTSUPP, False), (errno.EIO, True)]
)
def test_a_file_system_without_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_error: bool
) -> None:
    """Conversations are kept there, too; other errors are errors."""

    def refuse(_descriptor: int, _how: int) -> None:
        raise OSError(number, "no locks")

    path = str(tmp_path / "a")
    monkeypatch.setattr(fcntl, "flock", refuse)
    try:
        with locked(path, create=True) as descriptor:
            append(descriptor, b"x\n")
        assert remove_if(path, lambda _status: True)
    except OSError:
        assert is_error
        with pytest.raises(OSError, match="no locks"):
            remove_if(path, lambda _status: True)
    else:
        assert not is_error


def test_a_full_disk_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The half of a line that was written is removed again."""
    real = os.write

    def write_half(descriptor: int, data: bytes) -> int:
        if len(data) < 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data[: len(data) // 2])

    path = tmp_path / "a"
    path.write_bytes(b"before\n")
    with locked(str(path), create=False) as descriptor:
        monkeypatch.setattr(os, "write", write_half)
        with pytest.raises(OSError, match="No space"):
            append(descriptor, b"a whole line\n")
    assert path.read_bytes() == b"before\n"


def test_a_damaged_file_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its good part takes its place; both are complete at any time."""
    path = tmp_path / "a"
    path.write_bytes(b"good\nbad")
    (tmp_path / "a.damaged-1").write_bytes(b"earlier")
    aside = set_aside(str(path), b"good\n")
    assert (path.read_bytes(), Path(aside).read_bytes()) == (b"good\n", b"good\nbad")
    assert aside.endswith("a.damaged-2")
    monkeypatch.setattr(os, "replace", _fail)
    with pytest.raises(OSError, match="no"):
        set_aside(str(path), b"")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "a.damaged-1", "a.damaged-2"]


def _fail(*_: object) -> None:
    raise OSError(5, "no")


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    """A pipe would block, and a link could lead to another file of the user."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "target")
    with pytest.raises(ConversationError, match="not a regular file"):
        read_file(str(pipe))
    with pytest.raises(OSError, match="symbolic links"):
        read_file(str(link))
    with pytest.raises(OSError, match="symbolic links"), locked(str(link), create=True):
        pass


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read into memory."""
    monkeypatch.setattr(locked_file, "MAX_BYTES", 1 << 20)
    path = tmp_path / "a"
    path.touch()
    os.truncate(path, 3 << 20)
    with pytest.raises(ConversationError, match="has 3 MiB; a conversation has at most 1"):
        read_file(str(path))


def test_a_file_in_use_is_not_removed(tmp_path: Path) -> None:
    """Nor one that should not be, nor one that is gone."""
    path = str(tmp_path / "a")
    with locked(path, create=True):
        assert not remove_if(path, lambda _status: True)
    assert not remove_if(path, lambda status: status.st_size > 0)
    assert remove_if(path, lambda status: status.st_size == 0)
    assert not remove_if(path, lambda _status: True)
