"""The lock of a data directory that may not be writable."""

import pytest

from aircher_wire.address import AddressError
from aircherd.files.data_lock import AlreadyRunning, DataLock, FileLock
from helpers.ledger.read_only import read_only

TEXT = b"123\n/run/a.sock\n"


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    return tmp_path / "data"


def test_the_file_says_which_daemon_holds_it(data):
    """A second one is refused with that, and the lock ends with it."""
    lock = DataLock(data, TEXT)
    assert lock.is_complete
    with pytest.raises(AlreadyRunning, match=r"process 123, socket /run/a\.sock\)"):
        DataLock(data, b"")
    assert (data / "aircherd.lock").read_bytes() == TEXT
    lock.close()
    DataLock(data, TEXT).close()


async def test_a_directory_that_cannot_be_written_is_locked_itself(data, autojump_clock):
    """Others are refused, also when it can be written again; then the file is locked as well."""
    with read_only(data):
        lock = DataLock(data, TEXT)
        assert not lock.is_complete
        with pytest.raises(AlreadyRunning, match="process unknown"):
            DataLock(data, b"")
    with pytest.raises(AlreadyRunning):
        DataLock(data, b"")
    await lock.run()
    assert (lock.is_complete, (data / "aircherd.lock").read_bytes()) == (True, TEXT)
    with pytest.raises(AlreadyRunning):
        FileLock.on_file(data / "aircherd.lock", b"")
    lock.close()


def test_an_earlier_version_that_locks_the_file_only_is_seen(data):
    """And nothing stays locked."""
    other = FileLock.on_file(data / "aircherd.lock", TEXT)
    with pytest.raises(AlreadyRunning, match="process 123"):
        DataLock(data, b"")
    other.close()
    DataLock(data, b"").close()


@pytest.mark.parametrize("is_writable", [True, False])
def test_where_no_directory_can_be_locked_the_file_is_needed(data, monkeypatch, is_writable):
    """As on some network file systems."""
    monkeypatch.setattr(FileLock, "on_directory", _refuse)
    if is_writable:
        lock = DataLock(data, TEXT)
        assert lock.is_complete
        with pytest.raises(AlreadyRunning, match="process 123"):
            DataLock(data, b"")
        lock.close()
    else:
        with read_only(data), pytest.raises(AddressError, match=f"cannot lock {data}: "):
            DataLock(data, TEXT)


def _refuse(*_):
    raise OSError(9, "Bad file descriptor")
