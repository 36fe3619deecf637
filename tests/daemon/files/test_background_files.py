"""Background writes, on full disks and on hanging disks."""

import os
import threading
from contextlib import aclosing, asynccontextmanager

import pytest
import trio
from structlog.testing import capture_logs

from aircher_wire import atomic_file
from aircherd.files import background_files
from aircherd.files.background_files import BackgroundFiles
from helpers.daemon.load import wait_for


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "cooldowns.json"


@pytest.fixture
def hanging(monkeypatch):
    """A disk on which fsync blocks until the returned event is set."""
    may_go_on, sync = threading.Event(), os.fsync

    def hang(descriptor):
        assert may_go_on.wait(30)
        sync(descriptor)

    monkeypatch.setattr(atomic_file.os, "fsync", hang)
    yield may_go_on
    may_go_on.set()


@asynccontextmanager
async def running():
    """`BackgroundFiles` with its task running."""
    async with aclosing(BackgroundFiles()) as files, trio.open_nursery() as nursery:
        nursery.start_soon(files.run)
        yield files
        nursery.cancel_scope.cancel()


def events(logs):
    return [entry["event"] for entry in logs]


async def test_put_writes_in_the_background(path):
    """The file is private to its owner."""
    async with running() as files:
        files.put(path, b"one")
        await wait_for(path.exists, "it is written")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one", 0o600)


async def test_aclose_flushes_pending_files(path):
    """Even if the task was cancelled and never ran."""
    with trio.CancelScope() as scope:
        async with aclosing(BackgroundFiles()) as files:
            files.put(path, b"one")
            files.put(path, b"two")
            scope.cancel()
            await trio.lowlevel.checkpoint()
    assert path.read_bytes() == b"two"


async def test_failed_write_is_logged_and_the_next_content_is_written(path, monkeypatch):
    """A full disk loses one content, not the file."""

    def full(_):
        raise OSError(28, "No space left on device")

    with capture_logs() as logs, monkeypatch.context() as patch:
        patch.setattr(atomic_file.os, "fsync", full)
        async with running() as files:
            files.put(path, b"one")
            await wait_for(lambda: logs, "it is logged")
    assert logs[0] == {
        "event": "data_file_write_failed",
        "file": str(path),
        "reason": "No space left on device",
        "log_level": "warning",
    }
    async with running() as files:
        files.put(path, b"two")
    assert path.read_bytes() == b"two"


async def test_hanging_disk_does_not_block_shutdown(path, hanging, monkeypatch):
    """The files that were not written are logged; the old file is intact."""
    monkeypatch.setattr(background_files, "FLUSH_TIMEOUT", 0.05)
    path.parent.mkdir()
    path.write_bytes(b"old")
    with capture_logs() as logs:
        async with running() as files:
            files.put(path, b"new")
            await wait_for(lambda: "busy" in repr(files), "it is being written")
    assert not hanging.is_set()
    assert logs == [
        {
            "event": "data_files_not_written",
            "files": [str(path)],
            "reason": "the disk has not answered for 0.05 s",
            "log_level": "warning",
        }
    ]
    assert path.read_bytes() == b"old"


async def test_newest_content_is_written_when_the_disk_recovers(path, hanging, monkeypatch):
    """Abandoned writes change nothing later; the hang is logged once."""
    monkeypatch.setattr(background_files, "WRITE_TIMEOUT", 0.01)
    with capture_logs() as logs:
        async with running() as files:
            files.put(path, b"old")
            await wait_for(lambda: logs, "it is logged")
            files.put(path, b"new")
            with pytest.raises(TimeoutError):
                await files.write(path, b"newer")
            monkeypatch.setattr(background_files, "WRITE_TIMEOUT", 10.0)
            hanging.set()
            await wait_for(path.exists, "it is written")
            assert path.read_bytes() == b"new"
    assert events(logs) == ["data_file_write_timed_out"]


async def test_write_raises_when_it_fails(tmp_path):
    """A caller that waits, such as `models.refresh`, gets the error."""
    (tmp_path / "file").touch()
    async with running() as files:
        await files.write(tmp_path / "a", b"one")
        with pytest.raises(OSError, match="exists"):
            await files.write(tmp_path / "file" / "a", b"one")
    assert (tmp_path / "a").read_bytes() == b"one"
