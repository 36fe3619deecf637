"""File operations that hang, and callers that stop waiting."""

import threading

import pytest
import trio

from aircherd.files.file_worker import Abandoned, DiskTimeout, FileWorker

LONG = 10.0
SHORT = 0.05


class Disk:
    """A disk that hangs until `may_go_on` is set; `done` lists the operations it completed."""

    def __init__(self):
        self.hangs = threading.Event()
        self.passed_check = threading.Event()
        self.may_go_on = threading.Event()
        self.stopped = threading.Event()
        self.done = []

    def hang(self, check):
        self.hangs.set()
        assert self.may_go_on.wait(LONG)
        try:
            check()
        except Abandoned:
            self.stopped.set()
            raise
        self.done.append("old")

    def hang_late(self, check):
        check()
        self.passed_check.set()
        assert self.may_go_on.wait(LONG)
        self.done.append("late")

    def work(self, check):
        check()
        self.done.append("new")
        return "done"


@pytest.fixture
def disk():
    disk = Disk()
    yield disk
    disk.may_go_on.set()


async def test_result_or_error_of_the_operation_is_passed_on(disk):
    """`do` returns what the operation returns and raises what it raises."""
    worker = FileWorker()
    assert await worker.do(disk.work, LONG) == "done"
    with pytest.raises(PermissionError):
        await worker.do(lambda _: (_ for _ in ()).throw(PermissionError(13, "no")), LONG)
    assert repr(worker) == "<FileWorker idle>"


async def test_timeout_raises_disk_timeout(disk):
    """It is an `OSError` with a readable message."""
    worker = FileWorker()
    with pytest.raises(DiskTimeout) as caught:
        await worker.do(disk.hang, SHORT)
    assert isinstance(caught.value, OSError)
    assert caught.value.strerror == "the disk has not answered for 0.05 s"
    assert not caught.value.may_change
    assert repr(worker) == "<FileWorker busy>"


async def test_cancelled_caller_returns_at_once(disk):
    """For example when a client disconnects or the daemon stops."""
    worker = FileWorker()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.do, disk.hang, LONG)
        assert await trio.to_thread.run_sync(disk.hangs.wait, LONG)
        nursery.cancel_scope.cancel()
    assert not disk.may_go_on.is_set()


async def test_abandoned_operation_changes_nothing(disk):
    """Its check raises before the irreversible step."""
    with pytest.raises(DiskTimeout):
        await FileWorker().do(disk.hang, SHORT)
    disk.may_go_on.set()
    assert await trio.to_thread.run_sync(disk.stopped.wait, LONG)
    assert disk.done == []


async def test_operation_past_its_check_may_still_change_the_file(disk, mock_clock):
    """The timeout error says so."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_jump_past, disk, mock_clock)
        with pytest.raises(DiskTimeout) as caught:
            await FileWorker().do(disk.hang_late, LONG)
    assert caught.value.may_change
    message = "the disk has not answered for 10 s; the file may still be changed"
    assert caught.value.strerror == message


async def _jump_past(disk, clock):
    assert await trio.to_thread.run_sync(disk.passed_check.wait, LONG)
    clock.jump(LONG)


async def test_next_operation_waits_for_an_abandoned_one(disk):
    """The abandoned operation may have passed its check already."""
    worker = FileWorker()
    with pytest.raises(DiskTimeout):
        await worker.do(disk.hang, SHORT)
    with pytest.raises(DiskTimeout):
        await worker.do(disk.work, SHORT)
    assert disk.done == []
    disk.may_go_on.set()
    assert await worker.do(disk.work, LONG) == "done"
    assert disk.done == ["new"]
