"""The ledger's file on the disk."""

import os

import pytest

from aircherd.usage.ledger.db_file import (
    is_network_device,
    is_on_network,
    is_truncated,
    make_private,
    remove_shared_memory,
    set_aside,
)
from helpers.ledger.attempts import NOW

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
97 22 0:51 / /home rw,relatime shared:52 - nfs4 files:/home rw,vers=4.2
98 22 0:52 / /mnt/c\\040d rw - 9p C:\\134 rw
99 22 0:53 / /run rw,nosuid - tmpfs tmpfs rw
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "ledger.db"


def test_a_new_file_is_private(path):
    """With its directory, whatever the umask."""
    previous = os.umask(0)
    try:
        make_private(path)
    finally:
        os.umask(previous)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_an_existing_file_becomes_private(path):
    """Its content stays."""
    path.parent.mkdir()
    path.write_bytes(b"content")
    path.chmod(0o644)
    make_private(path)
    assert (path.stat().st_mode & 0o777, path.read_bytes()) == (0o600, b"content")


def test_a_symlink_is_not_followed(path, tmp_path):
    """It could lead anywhere."""
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        make_private(path)
    assert not (tmp_path / "elsewhere").exists()


def test_anything_but_a_file_is_refused(path):
    """It is not changed."""
    path.parent.mkdir()
    os.mkfifo(path, 0o644)
    with pytest.raises(FileExistsError, match="not a file"):
        make_private(path)
    assert path.stat().st_mode & 0o777 == 0o644


def test_all_files_are_moved_aside_together(path):
    """To a free name with the time in it."""
    for _ in range(2):
        make_private(path)
        path.with_name("ledger.db-wal").write_bytes(b"log")
        path.with_name("ledger.db-shm").write_bytes(b"shared")
        aside = set_aside(path, NOW)
    assert aside.name == "ledger.db.damaged-20261122T153000Z-2"
    assert sorted(
        file.name.removeprefix("ledger.db.damaged-") for file in path.parent.iterdir()
    ) == [
        "20261122T153000Z",
        "20261122T153000Z-2",
        "20261122T153000Z-2-shm",
        "20261122T153000Z-2-wal",
        "20261122T153000Z-shm",
        "20261122T153000Z-wal",
    ]


def test_a_log_without_a_database_counts_as_truncated(path):
    """SQLite would delete the log; a new file has none."""
    make_private(path)
    assert not is_truncated(path)
    path.with_name("ledger.db-wal").write_bytes(b"log")
    assert is_truncated(path)
    path.write_bytes(b"x" * 4096)
    assert not is_truncated(path)


def test_a_few_bytes_count_as_truncated(path):
    """SQLite would take them for a new file."""
    make_private(path)
    path.write_bytes(b"S")
    assert is_truncated(path)


def test_the_shared_memory_file_is_removed(path):
    """It is no error if there is none."""
    make_private(path)
    path.with_name("ledger.db-shm").write_bytes(b"shared")
    remove_shared_memory(path)
    remove_shared_memory(path)
    assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize(
    ("device", "expected"),
    [((8, 1), False), ((0, 51), True), ((0, 52), True), ((0, 53), False), ((7, 7), False)],
)
def test_network_file_systems_are_recognized_by_type(device, expected):
    """From the kernel's list of mounts."""
    assert is_network_device(MOUNTS, os.makedev(*device)) is expected


def test_invalid_mount_lines_are_ignored():
    """A wrong guess is better than no ledger."""
    assert not is_network_device("\n - \n1 2 8:1 -\n1 2 8:1 - \n", os.makedev(8, 1))


def test_a_local_file_is_not_on_a_network(tmp_path):
    """By the real list of mounts."""
    assert not is_on_network(tmp_path)
