"""Files that no other user may read or swap."""

import os
from pathlib import Path

import pytest

from aircher_wire.directories import OPEN_TO_OTHERS, WRITABLE_BY_OTHERS
from aircherd.files.private_file import (
    FileClosed,
    FileRefused,
    check_writable,
    read_private,
    write_private,
)

UID = os.getuid()


def read(path, forbidden=OPEN_TO_OTHERS, uid=UID):
    return read_private(path, uid=uid, forbidden=forbidden)


def test_written_content_is_read_back(tmp_path):
    """File and directory are created with private modes, whatever the umask is."""
    path = tmp_path / "new" / "file"
    before = os.umask(0)
    try:
        write_private(path, b"content", uid=UID)
    finally:
        os.umask(before)
    assert read(path) == b"content"
    modes = [found.stat().st_mode & 0o777 for found in (path, path.parent)]
    assert modes == [0o600, 0o700]
    assert [found.name for found in path.parent.iterdir()] == ["file"]


def test_missing_file_reads_as_none(tmp_path):
    """It is not an error."""
    assert read(tmp_path / "none") is None


def test_reading_a_symlink_is_refused(tmp_path):
    """It could point anywhere."""
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(FileRefused, match="symlink"):
        read(tmp_path / "link")


def test_writing_replaces_a_symlink_and_not_its_target(tmp_path):
    """The link is not followed."""
    (tmp_path / "real").write_bytes(b"theirs")
    (tmp_path / "link").symlink_to("real")
    write_private(tmp_path / "link", b"ours", uid=UID)
    assert (tmp_path / "real").read_bytes() == b"theirs"
    assert read(tmp_path / "link") == b"ours"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602])
def test_file_open_to_others_is_refused_with_a_hint(tmp_path, mode):
    """Any read or write access of the group or of others counts."""
    path = tmp_path / "file"
    path.write_bytes(b"x")
    path.chmod(mode)
    with pytest.raises(FileClosed, match="chmod 600"):
        read(path)


def test_fixable_file_and_wrong_file_raise_different_errors(tmp_path, monkeypatch):
    """A file that cannot be opened now may be good; a symlink never is."""
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(FileRefused) as caught:
        read(tmp_path / "link")
    assert not isinstance(caught.value, FileClosed)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(FileClosed, match="Permission denied"):
            read(tmp_path / "file")


def test_readable_but_not_writable_file_passes_for_lists(tmp_path):
    """A list that is not secret must only be authentic."""
    path = tmp_path / "file"
    path.write_bytes(b"x")
    path.chmod(0o644)
    assert read(path, WRITABLE_BY_OTHERS) == b"x"
    path.chmod(0o664)
    with pytest.raises(FileRefused, match="open to other users"):
        read(path, WRITABLE_BY_OTHERS)


def test_file_of_another_user_is_refused(tmp_path):
    """Its owner would know the keys."""
    path = tmp_path / "file"
    path.touch(0o600)
    with pytest.raises(FileRefused, match="another user"):
        read(path, uid=UID + 1)


def test_pipe_is_refused_without_blocking(tmp_path):
    """Opening it normally would block."""
    os.mkfifo(tmp_path / "fifo", 0o600)
    with pytest.raises(FileRefused, match="not a file"):
        read(tmp_path / "fifo")


def test_directory_writable_by_others_is_refused(tmp_path):
    """They could swap the file."""
    tmp_path.chmod(0o777)
    with pytest.raises(FileRefused, match="chmod 700"):
        write_private(tmp_path / "file", b"x", uid=UID)


def test_directory_of_another_user_is_refused(tmp_path):
    """Its owner could swap the file."""
    with pytest.raises(FileRefused, match="another user"):
        write_private(tmp_path / "file", b"x", uid=UID + 1)


def test_crash_before_the_rename_leaves_the_old_file(tmp_path, monkeypatch):
    """The new content was complete in the temporary file by then."""
    path = tmp_path / "file"
    write_private(path, b"old", uid=UID)

    def crash(self, target):
        os.link(self, tmp_path / "seen")  # what a killed process would have left
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        with pytest.raises(FileRefused, match="No space left"):
            write_private(path, b"new", uid=UID)
    assert (tmp_path / "seen").read_bytes() == b"new"
    assert read(path) == b"old"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["file", "seen"]


def test_leftover_temporary_file_does_not_prevent_a_write(tmp_path):
    """The next write removes it."""
    (tmp_path / ".file.tmp").write_bytes(b"half")
    (tmp_path / ".file.tmp").chmod(0o666)
    write_private(tmp_path / "file", b"whole", uid=UID)
    assert read(tmp_path / "file") == b"whole"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_content_is_synced_before_the_rename(tmp_path, monkeypatch):
    """The order is fsync, rename, fsync of the directory."""
    order = []
    fsync, rename = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("fsync"), fsync(fd)))
    monkeypatch.setattr(Path, "replace", lambda a, b: (order.append("rename"), rename(a, b)))
    write_private(tmp_path / "file", b"x", uid=UID)
    assert order == ["fsync", "rename", "fsync"]


def test_check_writable_writes_nothing(tmp_path):
    """For a missing directory its nearest existing parent is checked."""
    check_writable(tmp_path / "new" / "folder" / "file", uid=UID)
    assert list(tmp_path.iterdir()) == []
    tmp_path.chmod(0o777)
    with pytest.raises(FileRefused, match="chmod 700"):
        check_writable(tmp_path / "file", uid=UID)
