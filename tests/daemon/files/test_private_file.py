"""Files that nobody else may read or swap."""

import os
from pathlib import Path

import pytest

from aircherd.files.private_file import (
    OPEN_TO_OTHERS,
    WRITABLE_BY_OTHERS,
    FileClosed,
    FileRefused,
    check_writable,
    read_private,
    write_private,
)

UID = os.getuid()


def read(path, forbidden=OPEN_TO_OTHERS, uid=UID):
    return read_private(path, uid=uid, forbidden=forbidden)


def test_what_is_written_is_read_again(tmp_path):
    """The file and its folder are made, for us alone, whatever the umask."""
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


def test_a_missing_file_is_none(tmp_path):
    """Nothing stored yet is no error."""
    assert read(tmp_path / "none") is None


def test_a_symlink_is_refused(tmp_path):
    """It could lead anywhere."""
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(FileRefused, match="symlink"):
        read(tmp_path / "link")


def test_a_symlink_is_replaced_and_its_target_left_alone(tmp_path):
    """Writing does not follow it."""
    (tmp_path / "real").write_bytes(b"theirs")
    (tmp_path / "link").symlink_to("real")
    write_private(tmp_path / "link", b"ours", uid=UID)
    assert (tmp_path / "real").read_bytes() == b"theirs"
    assert read(tmp_path / "link") == b"ours"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602])
def test_a_file_open_to_others_is_refused_with_the_cure(tmp_path, mode):
    """Reading or writing, group or anyone."""
    path = tmp_path / "file"
    path.write_bytes(b"x")
    path.chmod(mode)
    with pytest.raises(FileClosed, match="chmod 600"):
        read(path)


def test_what_can_be_mended_where_it_lies_is_told_from_what_must_go(tmp_path, monkeypatch):
    """A file of ours that cannot be opened now may be right; a symlink never is."""
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


def test_a_list_may_be_readable_but_not_writable_by_others(tmp_path):
    """What is not secret must only be true."""
    path = tmp_path / "file"
    path.write_bytes(b"x")
    path.chmod(0o644)
    assert read(path, WRITABLE_BY_OTHERS) == b"x"
    path.chmod(0o664)
    with pytest.raises(FileRefused, match="open to other users"):
        read(path, WRITABLE_BY_OTHERS)


def test_another_users_file_is_refused(tmp_path):
    """Who planted it would know the keys."""
    path = tmp_path / "file"
    path.touch(0o600)
    with pytest.raises(FileRefused, match="another user"):
        read(path, uid=UID + 1)


def test_what_is_not_a_file_is_refused_without_blocking(tmp_path):
    """A FIFO would block whoever opens it."""
    os.mkfifo(tmp_path / "fifo", 0o600)
    with pytest.raises(FileRefused, match="not a file"):
        read(tmp_path / "fifo")


def test_a_folder_others_may_write_in_is_refused(tmp_path):
    """They could swap the file."""
    tmp_path.chmod(0o777)
    with pytest.raises(FileRefused, match="chmod 700"):
        write_private(tmp_path / "file", b"x", uid=UID)


def test_another_users_folder_is_refused(tmp_path):
    """Its owner may do as he likes in it."""
    with pytest.raises(FileRefused, match="another user"):
        write_private(tmp_path / "file", b"x", uid=UID + 1)


def test_a_crash_before_the_rename_leaves_the_old_file(tmp_path, monkeypatch):
    """All or nothing, and what the crash left is gone with the next write."""
    path = tmp_path / "file"
    write_private(path, b"old", uid=UID)

    def crash(self, target):
        os.link(self, tmp_path / "seen")  # what a killed process would have left lying
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", crash)
        with pytest.raises(FileRefused, match="No space left"):
            write_private(path, b"new", uid=UID)
    assert (tmp_path / "seen").read_bytes() == b"new"
    assert read(path) == b"old"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["file", "seen"]


def test_what_a_killed_process_left_does_not_stop_the_next_write(tmp_path):
    """The temporary file has one name, and whoever writes next owns it."""
    (tmp_path / ".file.tmp").write_bytes(b"half")
    (tmp_path / ".file.tmp").chmod(0o666)
    write_private(tmp_path / "file", b"whole", uid=UID)
    assert read(tmp_path / "file") == b"whole"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_the_content_reaches_the_disk_before_the_rename(tmp_path, monkeypatch):
    """fsync, rename, fsync of the folder: in this order."""
    order = []
    fsync, rename = os.fsync, Path.rename
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("fsync"), fsync(fd)))
    monkeypatch.setattr(Path, "rename", lambda a, b: (order.append("rename"), rename(a, b)))
    write_private(tmp_path / "file", b"x", uid=UID)
    assert order == ["fsync", "rename", "fsync"]


def test_whether_a_file_could_be_written_is_told_without_writing(tmp_path):
    """A folder that is still to be made counts by its parent."""
    check_writable(tmp_path / "new" / "folder" / "file", uid=UID)
    assert list(tmp_path.iterdir()) == []
    tmp_path.chmod(0o777)
    with pytest.raises(FileRefused, match="chmod 700"):
        check_writable(tmp_path / "file", uid=UID)
