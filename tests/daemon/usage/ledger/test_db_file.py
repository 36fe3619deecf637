"""Where the ledger's file lies."""

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
from helpers.ledger import NOW

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
97 22 0:51 / /home rw,relatime shared:52 - nfs4 files:/home rw,vers=4.2
98 22 0:52 / /mnt/c\\040d rw - 9p C:\\134 rw
99 22 0:53 / /run rw,nosuid - tmpfs tmpfs rw
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "ledger.db"


def test_it_is_made_for_us_alone(path):
    """With its directory, whatever the umask."""
    previous = os.umask(0)
    try:
        make_private(path)
    finally:
        os.umask(previous)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_open_to_others_is_closed_to_them(path):
    """What is in it stays."""
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


def test_what_is_not_a_file_is_refused(path):
    """And left alone."""
    path.parent.mkdir()
    os.mkfifo(path, 0o644)
    with pytest.raises(FileExistsError, match="not a file"):
        make_private(path)
    assert path.stat().st_mode & 0o777 == 0o644


def test_all_its_files_are_moved_aside_together(path):
    """Under a name that has the time in it, and that is free."""
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


def test_a_log_without_its_database_is_cut_off(path):
    """SQLite would throw the log away; a new file has none."""
    make_private(path)
    assert not is_truncated(path)
    path.with_name("ledger.db-wal").write_bytes(b"log")
    assert is_truncated(path)
    path.write_bytes(b"x" * 4096)
    assert not is_truncated(path)


def test_a_few_bytes_are_no_new_file(path):
    """SQLite would take them for one."""
    make_private(path)
    path.write_bytes(b"S")
    assert is_truncated(path)


def test_the_shared_memory_of_others_is_removed(path):
    """Whether it is there or not."""
    make_private(path)
    path.with_name("ledger.db-shm").write_bytes(b"shared")
    remove_shared_memory(path)
    remove_shared_memory(path)
    assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize(
    ("device", "expected"),
    [((8, 1), False), ((0, 51), True), ((0, 52), True), ((0, 53), False), ((7, 7), False)],
)
def test_a_network_file_system_is_known_by_its_type(device, expected):
    """As the kernel lists its mounts."""
    assert is_network_device(MOUNTS, os.makedev(*device)) is expected


def test_rubbish_in_the_list_of_mounts_is_no_network():
    """Better a wrong guess than no ledger."""
    assert not is_network_device("\n - \n1 2 8:1 -\n1 2 8:1 - \n", os.makedev(8, 1))


def test_a_local_file_is_not_on_a_network(tmp_path):
    """Asked of the kernel of this machine."""
    assert not is_on_network(tmp_path)
