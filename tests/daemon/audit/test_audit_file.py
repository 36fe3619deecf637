"""The audit log's file: appended, private, rotated."""

import stat

import pytest

from aircher_wire.audit_lines import OLDER, read
from aircherd.audit import audit_file
from aircherd.audit.audit_file import append


def test_lines_are_appended_and_read_in_order(tmp_path):
    """The file and its folder are for the user only."""
    path = tmp_path / "data" / "audit.jsonl"
    append(path, [{"at": 1, "kind": "a"}])
    append(path, [{"at": 2, "kind": "b"}, {"at": 3, "kind": "c"}])
    assert [line["kind"] for line in read(path)] == ["a", "b", "c"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(read(tmp_path / "none")) == []


def test_the_size_is_bounded(tmp_path, monkeypatch):
    """The oldest lines go; at most three files are kept."""
    monkeypatch.setattr(audit_file, "MAX_BYTES", 100)
    path = tmp_path / "audit.jsonl"
    for at in range(100):
        append(path, [{"at": at, "kind": "a" * 30}])
    assert len(list(tmp_path.iterdir())) == OLDER + 1
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) <= 3 * 200
    kept = [line["at"] for line in read(path)]
    assert kept == list(range(kept[0], 100))


def test_a_link_is_not_followed(tmp_path):
    """It could point at any file of the user."""
    (tmp_path / "other").write_text("")
    (tmp_path / "audit.jsonl").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="symbolic"):
        append(tmp_path / "audit.jsonl", [{"at": 1}])
    assert (tmp_path / "other").read_text() == ""
