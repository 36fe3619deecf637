"""What a file contains, as far as two moments can be compared."""

import errno
import os

import pytest

from aircherd.config.watcher.content import MAX_READ, MISSING, read_content


def test_equal_bytes_are_equal_content(tmp_path):
    """Times and inode make no difference."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("text")
    two.write_text("text")
    os.utime(two, (1, 1))
    assert read_content(one) == read_content(two)
    two.write_text("texT")
    assert read_content(one) != read_content(two)
    assert "text" not in repr(read_content(one))


@pytest.mark.parametrize(("data", "is_empty"), [(b"", True), (b" \n", True), (b"x", False)])
def test_an_empty_file_is_marked(tmp_path, data, is_empty):
    """It is probably about to be written."""
    (tmp_path / "f").write_bytes(data)
    assert read_content(tmp_path / "f").is_empty is is_empty


def test_a_missing_file_and_a_dangling_link_differ(tmp_path):
    """The first is the built-in configuration, the second a problem."""
    (tmp_path / "link").symlink_to("nowhere")
    assert read_content(tmp_path / "f") == MISSING
    assert read_content(tmp_path / "link") != MISSING


def test_a_pipe_and_a_directory_are_not_opened(tmp_path):
    """Opening a pipe would wait for its writer."""
    os.mkfifo(tmp_path / "pipe")
    kinds = [read_content(tmp_path / "pipe"), read_content(tmp_path)]
    assert [each.state[0] for each in kinds] == ["not a file", "directory"]


def test_a_directory_changes_with_its_entries(tmp_path):
    """A keyring is a directory of files."""
    before = read_content(tmp_path)
    assert read_content(tmp_path) == before
    (tmp_path / "f").write_text("x")
    after = read_content(tmp_path)
    (tmp_path / "f").write_text("longer")
    assert len({before, after, read_content(tmp_path)}) == 3


def test_another_mode_is_another_content(tmp_path):
    """A file of secrets may be used again after chmod."""
    file = tmp_path / "f"
    file.write_text("text")
    file.chmod(0o644)
    before = read_content(file)
    file.chmod(0o600)
    assert read_content(file) != before


def test_a_large_file_is_compared_by_its_beginning_size_and_time(tmp_path):
    """Reading it whole would take memory for nothing: it is refused anyway."""
    file = tmp_path / "f"
    file.write_bytes(b"x" * (MAX_READ + 2))
    before = read_content(file)
    assert before == read_content(file)
    file.write_bytes(b"x" * (MAX_READ + 3))
    assert read_content(file) != before


def test_an_unreadable_file_has_no_content(tmp_path):
    """The reason is compared instead."""
    (tmp_path / "loop").symlink_to("loop")
    assert read_content(tmp_path / "loop").state == ("unreadable", errno.ELOOP)
