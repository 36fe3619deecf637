"""The audit log as it is read: broken lines, files that others may write, and what is added."""

import os

import pytest

from aircher_wire.audit_lines import Follower, matches, read


def test_what_is_no_line_is_left_out(tmp_path):
    """A line that was being written when the power failed; the oldest file is first."""
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"at": 3}\n[1]\n{"kind": "x"}\n\xff\n' + b"[" * 9999 + b'\n{"at": 2, "ki')
    path.with_name("audit.jsonl.1").write_bytes(b'{"at": 2}\n')
    path.with_name("audit.jsonl.2").write_bytes(b'{"at": 1}\n')
    assert list(read(path)) == [{"at": 1}, {"at": 2}, {"at": 3}]
    assert list(read(tmp_path / "none")) == []


def test_a_file_that_another_user_could_have_written(tmp_path):
    """It says nothing about what happened."""
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"at": 1}\n')
    path.chmod(0o622)
    with pytest.raises(PermissionError, match="others may write it"):
        list(read(path))
    path.chmod(0o600)
    path.rename(tmp_path / "other")
    path.symlink_to("other")
    with pytest.raises(OSError, match="symbolic"):
        list(read(path))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(PermissionError, match="no file"):
        list(read(path))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user(tmp_path):
    """It is refused, too."""
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"")
    os.chown(path, 12345, -1)
    with pytest.raises(PermissionError, match="belongs to user 12345"):
        list(read(path))


def test_what_is_added_is_followed(tmp_path):
    """Whole lines only, before and after a rotation; the file need not exist yet."""
    path = tmp_path / "audit.jsonl"
    follower = Follower(path)
    assert follower.read_new() == []
    path.write_bytes(b'{"at": 1}\n{"at"')
    assert follower.read_new() == [{"at": 1}]
    with path.open("ab") as file:
        file.write(b': 2}\n{"at": 3}\n')
    path.rename(tmp_path / "audit.jsonl.1")
    assert follower.read_new() == [{"at": 2}, {"at": 3}]
    path.write_bytes(b'{"at": 4}\n')
    assert follower.read_new() == [{"at": 4}]
    assert follower.read_new() == []
    follower.close()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ((None, None, None, None), True),
        ((5, 6, "vi", "lock"), True),
        ((6, None, None, None), False),
        ((None, 5, None, None), False),
        ((None, None, "nvim", None), False),
        ((None, None, None, "start"), False),
    ],
)
def test_filters(wanted, found):
    """The end of a time is not part of it."""
    assert matches({"at": 5, "client": "vi", "kind": "lock"}, *wanted) == found
