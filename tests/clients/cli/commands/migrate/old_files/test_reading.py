"""Reading an old file: owner, kind and size."""

import os

import pytest

from aircher_cli.commands.migrate.old_files.reading import MAX_BYTES, Unreadable, read_file

UID = os.getuid()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "auth.json"
    path.write_bytes(b"{}")
    return path


def test_reads_a_file(path):
    """The content is returned."""
    assert read_file(str(path), UID) == b"{}"


def test_reads_through_a_link(path, tmp_path):
    """A file may be kept elsewhere and linked to."""
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_file(str(link), UID) == b"{}"


def test_a_missing_file(tmp_path):
    """A file that has gone is no problem of its own."""
    with pytest.raises(FileNotFoundError):
        read_file(str(tmp_path / "none"), UID)


def test_a_broken_link(tmp_path):
    """A link to nothing is reported."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "none")
    with pytest.raises(Unreadable, match="link to a file that does not exist"):
        read_file(str(link), UID)


def test_a_file_of_another_user_is_refused(path):
    """Another user's file is refused, with both users and what to do."""
    with pytest.raises(Unreadable, match=rf"belongs to user {UID}, not to you \({UID + 1}\)"):
        read_file(str(path), UID + 1)


def test_a_directory_is_refused(tmp_path):
    """Only regular files are read."""
    with pytest.raises(Unreadable, match="not a regular file"):
        read_file(str(tmp_path), UID)


def test_a_pipe_is_refused_without_waiting(tmp_path):
    """A named pipe does not block."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(Unreadable, match="not a regular file"):
        read_file(str(pipe), UID)


def test_a_large_file_is_refused(path):
    """A file that the program cannot have written is refused."""
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(Unreadable, match="larger than 1024 KiB"):
        read_file(str(path), UID)


@pytest.mark.skipif(UID == 0, reason="root may read everything")
def test_a_file_without_permission(path):
    """An unreadable file is reported."""
    path.chmod(0)
    with pytest.raises(Unreadable, match="cannot be read"):
        read_file(str(path), UID)
