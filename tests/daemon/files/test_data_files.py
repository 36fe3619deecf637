"""The daemon's own files, on disks that are full and disks that hang."""

import os
import threading
from contextlib import aclosing, asynccontextmanager

import pytest
import trio
from structlog.testing import capture_logs

from aircherd.files import atomic_file, data_files
from aircherd.files.data_files import BackgroundFiles
from helpers.daemon.load import wait_for


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "cooldowns.json"


@pytest.fixture
def hanging(monkeypatch):
    """A disk of which no fsync comes back before the event it returns is set."""
    may_go_on, sync = threading.Event(), os.fsync

    def hang(descriptor):
        assert may_go_on.wait(30)
        sync(descriptor)

    monkeypatch.setattr(atomic_file.os, "fsync", hang)
    yield may_go_on
    may_go_on.set()


@asynccontextmanager
async def running():
    """Files that are written by a running task, and closed after it."""
    async with aclosing(BackgroundFiles()) as files, trio.open_nursery() as nursery:
        nursery.start_soon(files.run)
        yield files
        nursery.cancel_scope.cancel()


def events(logs):
    return [entry["event"] for entry in logs]


async def test_what_is_put_is_written(path):
    """Nobody waits for it."""
    async with running() as files:
        files.put(path, b"one")
        await wait_for(path.exists, "it is written")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one", 0o600)


async def test_what_is_left_is_written_at_the_end(path):
    """Also when everything is cancelled, and nothing ran."""
    with trio.CancelScope() as scope:
        async with aclosing(BackgroundFiles()) as files:
            files.put(path, b"one")
            files.put(path, b"two")
            scope.cancel()
            await trio.lowlevel.checkpoint()
    assert path.read_bytes() == b"two"


async def test_a_full_disk_is_said_and_the_next_content_is_tried(path, monkeypatch):
    """Whoever put it has it in memory anyway."""

    def full(_):
        raise OSError(28, "No space left on device")

    with capture_logs() as logs, monkeypatch.context() as patch:
        patch.setattr(atomic_file.os, "fsync", full)
        async with running() as files:
            files.put(path, b"one")
            await wait_for(lambda: logs, "it is said")
    assert logs[0] == {
        "event": "data_file_not_kept",
        "file": str(path),
        "reason": "No space left on device",
        "log_level": "warning",
    }
    async with running() as files:
        files.put(path, b"two")
    assert path.read_bytes() == b"two"


async def test_a_disk_that_hangs_does_not_keep_the_daemon_from_ending(path, hanging, monkeypatch):
    """The log says what was not written; the old file is whole."""
    monkeypatch.setattr(data_files, "LAST_SECONDS", 0.05)
    path.parent.mkdir()
    path.write_bytes(b"old")
    with capture_logs() as logs:
        async with running() as files:
            files.put(path, b"new")
            await wait_for(lambda: "busy" in repr(files), "it is being written")
    assert not hanging.is_set()
    assert logs == [
        {
            "event": "data_files_given_up",
            "files": [str(path)],
            "reason": "the disk has not answered for 0.05 s",
            "log_level": "warning",
        }
    ]
    assert path.read_bytes() == b"old"


async def test_a_disk_that_answers_again_gets_what_is_newest(path, hanging, monkeypatch):
    """Of what was given up nothing comes late; that it hangs is said once."""
    monkeypatch.setattr(data_files, "PATIENCE", 0.01)
    with capture_logs() as logs:
        async with running() as files:
            files.put(path, b"old")
            await wait_for(lambda: logs, "it is said")
            files.put(path, b"new")
            with pytest.raises(TimeoutError):
                await files.write(path, b"newer")
            monkeypatch.setattr(data_files, "PATIENCE", 10.0)
            hanging.set()
            await wait_for(path.exists, "it is written")
            assert path.read_bytes() == b"new"
    assert events(logs) == ["data_file_waits"]


async def test_who_waits_for_a_write_is_told(tmp_path):
    """As for models.dev, which a client asked for."""
    (tmp_path / "file").touch()
    async with running() as files:
        await files.write(tmp_path / "a", b"one")
        with pytest.raises(OSError, match="exists"):
            await files.write(tmp_path / "file" / "a", b"one")
    assert (tmp_path / "a").read_bytes() == b"one"
