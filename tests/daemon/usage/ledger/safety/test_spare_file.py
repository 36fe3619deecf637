"""The file with room for attempts that the database has not saved."""

import os

import pytest

from aircherd.usage.ledger.safety.spare_file import HALF_BYTES, PAGE, SIZE, SpareFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "ledger.spare"


@pytest.fixture
def file(path):
    opened = SpareFile(path)
    opened.open()
    yield opened
    opened.close()


def read(path):
    """What the next run finds."""
    following = SpareFile(path)
    following.open()
    try:
        return following.read()
    finally:
        following.close()


def test_its_room_is_reserved_and_private(file, path):
    """So a full disk has place for an append."""
    found = path.stat()
    assert (found.st_size, found.st_mode & 0o777) == (SIZE, 0o600)
    assert found.st_blocks * 512 >= SIZE
    assert (file.is_open, file.used) == (True, ())


def test_records_come_back_in_order(file, path):
    """Without a sync: the process may end at any moment."""
    assert [file.append(record) for record in (b"one", b"two")] == [0, 0]
    assert read(path) == [b"one", b"two"]


def test_a_released_half_is_empty_and_old_frames_do_not_come_back(file, path):
    """They are longer than the new ones, and lie behind them."""
    for record in (b"a" * 50, b"b" * 50, b"c" * 50):
        file.append(record)
    file.release(0)
    assert read(path) == []
    file.append(b"d" * 50)
    assert read(path) == [b"d" * 50]


def test_the_second_half_follows_a_full_one_and_then_nothing_fits(file, path):
    """Until one is released."""
    record = b"x" * (HALF_BYTES // 3)
    halves = [file.append(record) for _ in range(5)]
    assert halves == [0, 0, 1, 1, None]
    file.release(0)
    assert [file.append(each) for each in (b"small", record)] == [1, 0]
    assert read(path) == [record, record, b"small", record]


def test_a_torn_frame_ends_the_half(file, path):
    """A loss of power may leave one."""
    file.append(b"whole")
    file.append(b"torn")
    descriptor = os.open(path, os.O_RDWR)
    os.pwrite(descriptor, b"?", PAGE + 2 * 16 + len(b"whole"))
    os.close(descriptor)
    assert read(path) == [b"whole"]


def test_what_an_earlier_run_left_stays_until_it_is_released(file, path):
    """New records go into the other half."""
    file.append(b"earlier")
    following = SpareFile(path)
    following.open()
    assert following.read() == [b"earlier"]
    assert following.used == (0,)
    assert following.append(b"new") == 1
    following.release(0)
    assert read(path) == [b"new"]
    following.close()


def test_a_loss_is_recorded_and_cleared(file):
    """How many attempts, and when."""
    assert file.loss() == (0, 0.0)
    file.record_loss(550, 1.5)
    assert file.loss() == (550, 1.5)
    file.record_loss(0, 0.0)
    assert file.loss() == (0, 0.0)


def test_a_symlink_is_refused(path, tmp_path):
    """A planted one would redirect the writes."""
    path.parent.mkdir()
    (tmp_path / "other").write_bytes(b"mine")
    path.symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="symbolic links"):
        SpareFile(path).open()
    assert (tmp_path / "other").read_bytes() == b"mine"
